//! The rule as a table, and every order of what can happen against a model that knows the truth.

use super::*;

fn at(second: i64) -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + Duration::seconds(second)
}

fn closed(second: i64) -> Word {
    Word { closed: true, at: at(second), as_of: None }
}

fn open(second: i64) -> Word {
    Word { closed: false, at: at(second), as_of: None }
}

#[test]
fn the_newest_word_counts_and_a_tie_is_in_favour_of_what_is_open() {
    use Bearing::{Late, New, Repeated};
    for (newest, word, bearing) in [
        (None, closed(5), New),
        (Some(closed(5)), closed(5), Repeated),
        (Some(closed(5)), closed(6), New),
        (Some(closed(5)), closed(4), Late),
        (Some(closed(5)), open(5), New),
        (Some(closed(5)), open(4), Late),
        (Some(closed(5)), open(6), New),
        (Some(open(5)), closed(5), Late),
        (Some(open(5)), closed(4), Late),
        (Some(open(5)), closed(6), New),
        (Some(open(5)), open(5), Repeated),
    ] {
        assert_eq!(word.bearing(newest), bearing, "{word:?} after {newest:?}");
    }
}

#[test]
fn what_the_forge_told_of_an_earlier_time_is_stale_however_late_it_comes() {
    let told = |word: Word, second| Word { as_of: Some(at(second)), ..word };
    for (newest, word, bearing) in [
        (told(open(5), 2), told(closed(6), 1), Bearing::Late),
        (told(closed(5), 2), told(open(6), 1), Bearing::Late),
        (told(open(5), 2), told(closed(6), 2), Bearing::New),
        (told(open(5), 2), told(closed(6), 3), Bearing::New),
        (told(open(5), 2), closed(6), Bearing::New),
        (open(5), told(closed(6), 1), Bearing::New),
        (told(closed(5), 2), told(closed(5), 2), Bearing::Repeated),
    ] {
        assert_eq!(word.bearing(Some(newest)), bearing, "{word:?} after {newest:?}");
    }
}

#[test]
fn what_was_stored_after_the_close_stays() {
    let held = |millis| Held {
        closed_by: None,
        last_stored_at: at(100) + Duration::milliseconds(millis),
        is_over: false,
    };
    let exact = Word { at: at(100) + Duration::milliseconds(500), ..closed(100) };
    for (word, bearing, millis, fate) in [
        (closed(100), Bearing::New, -1, Fate::Closes),
        (closed(100), Bearing::New, 999, Fate::Closes),
        (closed(100), Bearing::New, 1000, Fate::Stays),
        (closed(100), Bearing::Repeated, 0, Fate::Closes),
        (closed(100), Bearing::Repeated, 1, Fate::Stays),
        (exact, Bearing::New, 500, Fate::Closes),
        (exact, Bearing::New, 501, Fate::Stays),
        (closed(100), Bearing::Late, -1000, Fate::Stays),
    ] {
        assert_eq!(word.fate(bearing, Scope::Issue, held(millis)), fate, "{word:?} {bearing:?} {millis}");
    }
}

#[test]
fn a_repository_brings_back_what_went_with_it_and_no_more() {
    use Scope::{Account, Issue, Repository};
    let held = |closed_by, is_over| Held { closed_by: Some(closed_by), last_stored_at: at(1), is_over };
    for (word, scope, by, fate) in [
        (open(9), Repository, Repository, Fate::Returns),
        (open(9), Repository, Issue, Fate::Stays),
        (open(9), Repository, Account, Fate::Stays),
        (open(9), Account, Account, Fate::Returns),
        (open(9), Issue, Repository, Fate::Returns),
        (closed(9), Issue, Repository, Fate::ClosesOnItsOwn),
        (closed(9), Repository, Issue, Fate::Stays),
        (closed(9), Issue, Issue, Fate::Stays),
    ] {
        assert_eq!(word.fate(Bearing::New, scope, held(by, false)), fate, "{word:?} {scope:?} {by:?}");
        assert_eq!(word.fate(Bearing::New, scope, held(by, true)), Fate::Stays, "what is over is over");
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Step {
    Store,
    StoreOther,
    Close,
    /// The issue is closed, and nobody tells us yet.
    CloseUnheard,
    Reopen,
    /// The issue is opened again, and nobody tells us.
    ReopenUnheard,
    /// The newest close that we heard of once more.
    Duplicate,
    /// The oldest close that we have not heard of, or else the oldest of all once more.
    LateClose,
    /// What the forge says now.
    Sweep,
    Purge,
}

const STEPS: [Step; 10] = [
    Step::Store,
    Step::StoreOther,
    Step::Close,
    Step::CloseUnheard,
    Step::Reopen,
    Step::ReopenUnheard,
    Step::Duplicate,
    Step::LateClose,
    Step::Sweep,
    Step::Purge,
];

/// One phase as the rule keeps it, beside what truly happened on the forge.
#[derive(Debug, Clone, Default)]
struct World {
    now: i64,
    row: Option<(char, Held)>,
    newest: Option<Word>,
    /// What the forge knows: when the issue was last closed, if it is closed.
    closed_at: Option<i64>,
    reopened_at: Option<i64>,
    /// The last reopening that we heard of.
    reopening_heard: Option<i64>,
    heard: Vec<i64>,
    unheard: Vec<i64>,
    /// The model: the content that a user must see now, and the one that reopening must bring back.
    visible: Option<char>,
    hidden: Option<char>,
    stored_at: i64,
}

impl World {
    fn say(&mut self, word: Word) {
        let bearing = word.bearing(self.newest);
        if let Some((_, held)) = &mut self.row {
            match word.fate(bearing, Scope::Issue, *held) {
                Fate::Closes | Fate::ClosesOnItsOwn => held.closed_by = Some(Scope::Issue),
                Fate::Returns => held.closed_by = None,
                Fate::Stays => {}
            }
        }
        if bearing == Bearing::New {
            self.newest = Some(word);
        }
    }

    /// A close reaches us. The model looks at when things happened on the forge, never at the order of words:
    /// it hides what was stored before, unless we know that the issue was opened again since.
    fn hear(&mut self, close: Option<i64>) {
        let Some(second) = close else { return };
        if self.reopening_heard.is_none_or(|reopened| reopened < second) && self.stored_at <= second {
            self.hidden = self.visible.take().or(self.hidden);
        }
        self.say(closed(second));
    }

    /// A reopening reaches us. It brings back what was hidden by closes before it.
    fn reopening(&mut self, second: i64) {
        if self.heard.iter().all(|close| *close <= second) {
            self.visible = self.visible.or(self.hidden.take());
        }
        self.reopening_heard = self.reopening_heard.max(Some(second));
        self.say(open(second));
    }

    /// One step, ten seconds after the one before.
    fn step(&mut self, step: Step) {
        self.now += 10;
        match step {
            Step::Store | Step::StoreOther => {
                let content = if step == Step::Store { 'a' } else { 'b' };
                let held = Held { closed_by: None, last_stored_at: at(self.now), is_over: false };
                self.row = Some((content, held));
                (self.visible, self.hidden, self.stored_at) = (Some(content), None, self.now);
            }
            Step::Close => {
                self.closed_at = Some(self.now);
                self.heard.push(self.now);
                self.hear(Some(self.now));
            }
            Step::CloseUnheard => {
                self.closed_at = Some(self.now);
                self.unheard.push(self.now);
            }
            Step::Reopen => {
                (self.closed_at, self.reopened_at) = (None, Some(self.now));
                self.reopening(self.now);
            }
            Step::ReopenUnheard => (self.closed_at, self.reopened_at) = (None, Some(self.now)),
            Step::Duplicate => self.hear(self.heard.last().copied()),
            Step::LateClose if self.unheard.is_empty() => self.hear(self.heard.first().copied()),
            Step::LateClose => {
                let late = self.unheard.remove(0);
                self.heard.push(late);
                self.hear(Some(late));
            }
            Step::Sweep => match (self.closed_at, self.reopened_at) {
                (Some(closed), _) => self.hear(Some(closed)),
                (None, Some(reopened)) => self.reopening(reopened),
                (None, None) => {}
            },
            Step::Purge => {
                if self.row.is_some_and(|(_, held)| held.closed_by.is_some()) {
                    self.row = None;
                }
                self.hidden = None;
            }
        }
    }

    fn seen(&self) -> Option<char> {
        self.row.filter(|(_, held)| held.closed_by.is_none()).map(|(content, _)| content)
    }
}

#[test]
fn in_every_order_up_to_five_steps_nothing_wanted_is_lost_and_nothing_unwanted_stays() {
    let mut orders = vec![(Vec::new(), World::default())];
    let mut checked = 0;
    for _ in 0..5 {
        let mut longer = Vec::new();
        for (path, world) in &orders {
            for step in STEPS {
                let (mut path, mut world) = (path.clone(), world.clone());
                path.push(step);
                world.step(step);
                assert_eq!(world.seen(), world.visible, "{path:?}: {world:?}");
                checked += 1;
                longer.push((path, world));
            }
        }
        orders = longer;
    }
    assert_eq!(checked, 10 + 100 + 1000 + 10_000 + 100_000);
}
