//! Changes of a state by a patch, whose query has no `null` of its own.

use std::fmt;
use std::str::FromStr;

use super::{PhaseOutcome, PhaseOutcomeError, Reason, ReasonError};
use crate::OpenEnum;

/// The change of an outcome by a patch: another outcome, or `null`, which removes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutcomeChange(Option<PhaseOutcome>);

/// The change of a reason by a patch: another reason, or `null`, which removes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReasonChange(Option<Reason>);

/// Removes an outcome or a reason in a query, as `null` removes a member in a merge patch.
const REMOVED: &str = "null";

impl OutcomeChange {
    /// Returns the outcome after the change.
    #[must_use]
    pub fn get(self) -> Option<PhaseOutcome> {
        self.0
    }
}

impl From<PhaseOutcome> for OutcomeChange {
    fn from(outcome: PhaseOutcome) -> Self {
        Self(Some(outcome))
    }
}

impl From<Reason> for ReasonChange {
    fn from(reason: Reason) -> Self {
        Self(Some(reason))
    }
}

impl FromStr for OutcomeChange {
    type Err = PhaseOutcomeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == REMOVED { Ok(Self(None)) } else { text.parse().map(|outcome| Self(Some(outcome))) }
    }
}

impl ReasonChange {
    /// Returns the reason after the change.
    #[must_use]
    pub fn get(&self) -> Option<&Reason> {
        self.0.as_ref()
    }
}

impl FromStr for ReasonChange {
    type Err = ReasonError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == REMOVED { Ok(Self(None)) } else { text.parse().map(|reason| Self(Some(reason))) }
    }
}

impl fmt::Display for OutcomeChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.map_or(REMOVED, OpenEnum::as_str))
    }
}

impl fmt::Display for ReasonChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_ref().map_or(REMOVED, Reason::as_str))
    }
}

crate::serde_as_string!(OutcomeChange);
crate::serde_as_string!(ReasonChange);

crate::schema::schema!(
    OutcomeChange,
    crate::schema::words(
        "An outcome, or `null`, which removes the stored one.",
        PhaseOutcome::ALL.into_iter().map(OpenEnum::as_str).chain([REMOVED])
    )
);
crate::schema::parameter!(OutcomeChange);

crate::schema::schema!(
    ReasonChange,
    super::reason::schema("A reason, or `null`, which removes the stored one.")
);
crate::schema::parameter!(ReasonChange);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_removes_an_outcome_or_a_reason() {
        assert_eq!("null".parse::<OutcomeChange>().map(OutcomeChange::get), Ok(None));
        assert_eq!(
            "confirmed".parse::<OutcomeChange>().map(OutcomeChange::get),
            Ok(Some(PhaseOutcome::Confirmed))
        );
        let change = "null".parse::<ReasonChange>().expect("a change");
        assert_eq!((change.get(), change.to_string()), (None, "null".to_owned()));
    }
}
