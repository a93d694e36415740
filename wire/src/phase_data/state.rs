//! The state of a phase's result: how the phase ended, what `validate` decided, and why.

mod change;
mod reason;

use std::fmt;
use std::str::FromStr;

pub use change::{OutcomeChange, ReasonChange};
pub use reason::{Reason, ReasonError};

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

/// An invalid [`PhaseStatus`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown status {text:?}: use {}", nearest.unwrap_or("completed or failed"))]
pub struct PhaseStatusError {
    text: String,
    nearest: Option<&'static str>,
}

/// An invalid [`PhaseOutcome`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown outcome {text:?}: use {}", nearest.unwrap_or("confirmed, false_positive or inconclusive"))]
pub struct PhaseOutcomeError {
    text: String,
    nearest: Option<&'static str>,
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
            assert_eq!(refusal, format!("unknown status {text:?}: use {meant}"));
        }
        for (text, meant) in [
            ("false-positive", "false_positive"),
            ("true_positive", "confirmed"),
            ("invalid", "false_positive"),
            ("unknown", "inconclusive"),
        ] {
            let refusal = text.parse::<PhaseOutcome>().expect_err(text).to_string();
            assert_eq!(refusal, format!("unknown outcome {text:?}: use {meant}"));
        }
        let refusal = "null".parse::<PhaseOutcome>().expect_err("null").to_string();
        assert_eq!(refusal, r#"unknown outcome "null": use confirmed, false_positive or inconclusive"#);
        let refusal = "running".parse::<PhaseStatus>().expect_err("running").to_string();
        assert_eq!(refusal, r#"unknown status "running": use completed or failed"#);
    }
}
