//! When an issue's data is hidden, when it is brought back, and what is never touched.
//!
//! An issue is *closed at T* by whoever tells first: the action, the webhook or the sweep. The others tell the
//! same again, late or in another order, and that must change nothing. So the newest word counts, a tie is in
//! favour of what is open, and what was stored after T belongs to a new life of the issue.

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

/// What a word is about. A narrower one knows better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    /// One issue.
    Issue,
    /// A whole repository that was deleted, archived or taken away from us.
    Repository,
    /// A whole account that left.
    Account,
}

/// Something that was said: that it is closed, or open again, since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) closed: bool,
    pub(crate) at: OffsetDateTime,
    /// The forge's own time of what it told, where it names one beside the time of the event.
    pub(crate) as_of: Option<OffsetDateTime>,
}

/// How a word stands to the newest one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Bearing {
    /// It is newer.
    New,
    /// It is the same once more. It is obeyed, for what was still on its way the first time.
    Repeated,
    /// It is older, and changes nothing.
    Late,
}

/// A stored phase, as far as the rule looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Held {
    /// What hid it, if it is hidden.
    pub(crate) closed_by: Option<Scope>,
    /// When somebody last asked to store it.
    pub(crate) last_stored_at: OffsetDateTime,
    /// It has expired, or its grace period is over: only the purge has to do with it.
    pub(crate) is_over: bool,
}

/// What becomes of a stored phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It stays as it is.
    Stays,
    /// It is hidden, and its grace period begins.
    Closes,
    /// It was hidden with more than itself, and is now hidden for its own sake: its repository's return must not
    /// bring it back.
    ClosesOnItsOwn,
    /// It can be seen again.
    Returns,
}

impl Word {
    /// How this word stands to the newest one before it.
    pub(crate) fn bearing(self, newest: Option<Self>) -> Bearing {
        let is_stale = |newest: Self| self.as_of.zip(newest.as_of).is_some_and(|(this, that)| this < that);
        match newest {
            Some(newest) if is_stale(newest) => Bearing::Late,
            Some(newest) if (newest.closed, newest.at) == (self.closed, self.at) => Bearing::Repeated,
            Some(newest) if newest.at > self.at => Bearing::Late,
            Some(newest) if newest.at == self.at && self.closed => Bearing::Late,
            _ => Bearing::New,
        }
    }

    /// The same for a word that was obeyed in part: it stands as it stood then, unless a newer one came since.
    pub(crate) fn bearing_of_rest(self, newest: Option<Self>, before: Bearing) -> Bearing {
        match self.bearing(newest) {
            Bearing::Late => Bearing::Late,
            Bearing::New | Bearing::Repeated => before,
        }
    }

    /// What this word does to a stored phase.
    pub(crate) fn fate(self, bearing: Bearing, scope: Scope, held: Held) -> Fate {
        if bearing == Bearing::Late || held.is_over {
            return Fate::Stays;
        }
        match (self.closed, held.closed_by) {
            (true, None) if self.covers(bearing, held.last_stored_at) => Fate::Closes,
            (true, Some(by)) if scope < by => Fate::ClosesOnItsOwn,
            (false, Some(by)) if scope == Scope::Issue || scope == by => Fate::Returns,
            _ => Fate::Stays,
        }
    }

    /// Whether something was stored before it was closed. The forge counts in whole seconds: a time without a
    /// fraction means all of its second, in which a workflow may well store and then close. Said once more, it
    /// means the second's beginning: what was stored in between is to stay.
    fn covers(self, bearing: Bearing, last_stored_at: OffsetDateTime) -> bool {
        if bearing == Bearing::New && self.at.nanosecond() == 0 {
            return last_stored_at < self.at.saturating_add(Duration::SECOND);
        }
        last_stored_at <= self.at
    }
}

#[cfg(test)]
mod tests;
