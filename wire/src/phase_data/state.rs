//! The state of a phase's result: how the phase ended, what `validate` decided, and why.

use std::fmt;
use std::str::FromStr;

use crate::OpenEnum;

/// The end of a phase.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PhaseStatus {
    /// The phase did its work.
    #[default]
    Completed,
    /// The phase could not do its work.
    Failed,
}

/// The decision of `validate` about the finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhaseOutcome {
    /// The finding is real.
    Confirmed,
    /// The finding is not real.
    FalsePositive,
    /// It could not be decided.
    Inconclusive,
}

/// The reason of a status or an outcome, in the words of who stored it: 1 to 1,000 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason(String);

/// The change of an outcome by a patch: another outcome, or `null`, which removes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutcomeChange(Option<PhaseOutcome>);

/// The change of a reason by a patch: another reason, or `null`, which removes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReasonChange(Option<Reason>);

/// An invalid [`PhaseStatus`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown status {text:?}: write {}", nearest.unwrap_or("completed or failed"))]
pub struct PhaseStatusError {
    text: String,
    nearest: Option<&'static str>,
}

/// An invalid [`PhaseOutcome`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown outcome {text:?}: write {}", nearest.unwrap_or("confirmed, false_positive or inconclusive"))]
pub struct PhaseOutcomeError {
    text: String,
    nearest: Option<&'static str>,
}

/// An invalid [`Reason`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReasonError {
    /// The reason is empty or too long.
    #[error("a reason must have 1 to 1000 characters (got {0})")]
    Length(usize),
    /// The reason contains a control character that could change what is shown around it.
    #[error("a reason must not contain control characters, except line breaks and tabs (got {0:?})")]
    Control(char),
}

impl PhaseStatus {
    /// Every status.
    pub const ALL: [Self; 2] = [Self::Completed, Self::Failed];
    /// Beginnings of words that people write instead.
    const STEMS: [(&'static str, Self); 8] = [
        ("complet", Self::Completed),
        ("succe", Self::Completed),
        ("done", Self::Completed),
        ("finish", Self::Completed),
        ("ok", Self::Completed),
        ("fail", Self::Failed),
        ("err", Self::Failed),
        ("cancel", Self::Failed),
    ];
}

impl PhaseOutcome {
    /// Every outcome.
    pub const ALL: [Self; 3] = [Self::Confirmed, Self::FalsePositive, Self::Inconclusive];
    /// Beginnings of words that people write instead.
    const STEMS: [(&'static str, Self); 9] = [
        ("confirm", Self::Confirmed),
        ("true", Self::Confirmed),
        ("valid", Self::Confirmed),
        ("false", Self::FalsePositive),
        ("reject", Self::FalsePositive),
        ("invalid", Self::FalsePositive),
        ("inconclu", Self::Inconclusive),
        ("unknown", Self::Inconclusive),
        ("unclear", Self::Inconclusive),
    ];
}

/// Returns what is probably meant by a text. It is named in the refusal, and never used instead.
fn nearest<T: OpenEnum>(stems: &[(&str, T)], text: &str) -> Option<&'static str> {
    let text = text.trim().to_ascii_lowercase();
    stems.iter().find(|(stem, _)| text.starts_with(stem)).map(|(_, meant)| meant.as_str())
}

/// The start of a text, for an error.
fn excerpt(text: &str) -> String {
    text.chars().take(40).collect()
}

impl FromStr for PhaseStatus {
    type Err = PhaseStatusError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|status| status.as_str() == text);
        known.ok_or_else(|| PhaseStatusError { text: excerpt(text), nearest: nearest(&Self::STEMS, text) })
    }
}

impl FromStr for PhaseOutcome {
    type Err = PhaseOutcomeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|outcome| outcome.as_str() == text);
        known.ok_or_else(|| PhaseOutcomeError { text: excerpt(text), nearest: nearest(&Self::STEMS, text) })
    }
}

impl Reason {
    /// The longest reason, in characters.
    pub const MAX_CHARS: usize = 1000;

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Reason {
    type Err = ReasonError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let length = text.chars().count();
        if !(1..=Self::MAX_CHARS).contains(&length) {
            return Err(ReasonError::Length(length));
        }
        let is_refused = |one: &char| one.is_control() && !matches!(one, '\n' | '\r' | '\t');
        match text.chars().find(is_refused) {
            Some(control) => Err(ReasonError::Control(control)),
            None => Ok(Self(text.to_owned())),
        }
    }
}

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

/// Removes an outcome or a reason in a query, as `null` removes a member in a merge patch.
const REMOVED: &str = "null";

impl fmt::Display for PhaseStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for PhaseOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
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

impl OpenEnum for PhaseStatus {
    const NAME: &'static str = "StoredStatus";
    const DESCRIPTION: &'static str = "Status of a result: `completed`, or `failed` if the phase could not do its work. Later \
        releases may add others: treat unknown ones as not completed.";
    const EXAMPLE: Self = Self::Completed;

    fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }
}

impl OpenEnum for PhaseOutcome {
    const NAME: &'static str = "StoredOutcome";
    const DESCRIPTION: &'static str = "Decision of `validate`: the finding is `confirmed`, a `false_positive`, or it could not \
        be decided (`inconclusive`). Later releases may add others: treat unknown ones as not confirmed.";
    const EXAMPLE: Self = Self::Confirmed;

    fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::FalsePositive => "false_positive",
            Self::Inconclusive => "inconclusive",
        }
    }
}

crate::serde_as_string!(PhaseStatus);
crate::serde_as_string!(PhaseOutcome);
crate::serde_as_string!(Reason);
crate::serde_as_string!(OutcomeChange);
crate::serde_as_string!(ReasonChange);

crate::schema::schema!(
    PhaseStatus,
    crate::schema::words(
        "Status of a result: `completed`, or `failed` if the phase could not do its work.",
        PhaseStatus::ALL.into_iter().map(OpenEnum::as_str)
    )
);
crate::schema::parameter!(PhaseStatus);

crate::schema::schema!(
    PhaseOutcome,
    crate::schema::words(
        "Decision of `validate`: the finding is `confirmed`, a `false_positive`, or it could not be decided (`inconclusive`).",
        PhaseOutcome::ALL.into_iter().map(OpenEnum::as_str)
    )
);
crate::schema::parameter!(PhaseOutcome);

crate::schema::schema!(
    OutcomeChange,
    crate::schema::words(
        "An outcome, or `null`, which removes the stored one.",
        PhaseOutcome::ALL.into_iter().map(OpenEnum::as_str).chain([REMOVED])
    )
);
crate::schema::parameter!(OutcomeChange);

/// Returns the schema of a reason.
#[cfg(feature = "openapi")]
fn reason(description: &'static str) -> poem_openapi::registry::MetaSchema {
    poem_openapi::registry::MetaSchema {
        min_length: Some(1),
        max_length: Some(Reason::MAX_CHARS),
        pattern: Some(r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]+$".to_owned()),
        example: Some("The value is a constant: no input reaches the query.".into()),
        ..crate::schema::string(description)
    }
}

crate::schema::schema!(
    Reason,
    reason("Reason, for people: text without control characters, except line breaks and tabs.")
);

crate::schema::parameter!(Reason);

crate::schema::schema!(ReasonChange, reason("A reason, or `null`, which removes the stored one."));
crate::schema::parameter!(ReasonChange);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_and_outcome_has_one_spelling_and_others_are_refused_with_the_right_word() {
        for status in PhaseStatus::ALL {
            assert_eq!(status.as_str().parse(), Ok(status));
        }
        for outcome in PhaseOutcome::ALL {
            assert_eq!(outcome.as_str().parse(), Ok(outcome));
        }
        for (text, meant) in [("Completed", "completed"), ("success", "completed"), ("failure", "failed")] {
            let refusal = text.parse::<PhaseStatus>().expect_err(text).to_string();
            assert_eq!(refusal, format!("unknown status {text:?}: write {meant}"));
        }
        for (text, meant) in [
            ("false-positive", "false_positive"),
            ("true_positive", "confirmed"),
            ("invalid", "false_positive"),
            ("unknown", "inconclusive"),
        ] {
            let refusal = text.parse::<PhaseOutcome>().expect_err(text).to_string();
            assert_eq!(refusal, format!("unknown outcome {text:?}: write {meant}"));
        }
        let refusal = "null".parse::<PhaseOutcome>().expect_err("null").to_string();
        assert_eq!(refusal, r#"unknown outcome "null": write confirmed, false_positive or inconclusive"#);
        let refusal = "running".parse::<PhaseStatus>().expect_err("running").to_string();
        assert_eq!(refusal, r#"unknown status "running": write completed or failed"#);
    }

    #[test]
    fn a_reason_is_a_short_text_that_changes_nothing_around_it() {
        for good in ["x", "two\r\n\tlines", "<b>|&", &"ü".repeat(1000)] {
            assert_eq!(good.parse::<Reason>().map(|reason| reason.to_string()), Ok(good.to_owned()));
        }
        for bad in ["", &"x".repeat(1001), "a\u{0}", "a\u{1b}[31m", "a\u{85}"] {
            assert!(bad.parse::<Reason>().is_err(), "{bad:?}");
        }
    }

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
