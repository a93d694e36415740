//! What a sweep found, and what it did about it.

use phase_data_wire::IssueNumber;

use crate::store::sweep::Effects;

/// What was found about one repository, or about all of an owner's.
#[derive(Debug)]
pub(crate) struct Swept {
    pub(crate) of: String,
    pub(crate) done: Vec<Done>,
    /// What was left alone, and why.
    pub(crate) left: Vec<String>,
}

/// Something that was done.
#[derive(Debug)]
pub(crate) struct Done {
    /// About which issue; about all of them, if none is named.
    pub(crate) issue: Option<IssueNumber>,
    /// Why.
    pub(crate) why: String,
    pub(crate) deed: Deed,
}

/// What was done with data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    CleanedUp,
    BroughtBack,
    /// It is found where the issue or the repository is now.
    TakenAlong,
}

impl Swept {
    pub(super) fn new(of: impl Into<String>) -> Self {
        Self { of: of.into(), done: Vec::new(), left: Vec::new() }
    }

    /// Notes what was done about an issue, or about all of them, as far as anything changed.
    pub(super) fn note(&mut self, issue: Option<IssueNumber>, why: impl Into<String>, effects: Effects) {
        let deed = match effects {
            Effects { renamed: true, .. } | Effects { moved: 1.., .. } => Deed::TakenAlong,
            Effects { restored: 1.., .. } => Deed::BroughtBack,
            Effects { closed: 1.., .. } => Deed::CleanedUp,
            _ => return,
        };
        self.done.push(Done { issue, why: why.into(), deed });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.done.is_empty() && self.left.is_empty()
    }

    /// Logs it.
    pub(super) fn tell(&self) {
        let Self { of, done, left } = self;
        if !done.is_empty() {
            let count = |deed| done.iter().filter(|done| done.deed == deed).count();
            let (cleaned_up, brought_back) = (count(Deed::CleanedUp), count(Deed::BroughtBack));
            let taken_along = count(Deed::TakenAlong);
            tracing::info!(of, cleaned_up, brought_back, taken_along, "swept what no event told");
        }
        if !left.is_empty() {
            tracing::warn!(of, left = left.join("; "), "the sweep left issues alone");
        }
    }
}
