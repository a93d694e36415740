//! The phases of an issue.

use std::fmt;
use std::str::FromStr;

/// The phases of an issue, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Phase {
    /// A scanner reported a finding, and the issue was opened.
    Scan,
    /// The finding was confirmed or rejected.
    Validate,
    /// The confirmed finding was fixed.
    Mitigate,
}

/// An invalid [`Phase`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PhaseError {
    /// The text is another word for a phase. It is not guessed, so that one phase has one spelling.
    #[error("unknown phase {text:?}: write {meant}")]
    Alias {
        /// The text.
        text: String,
        /// The phase that is probably meant.
        meant: Phase,
    },
    /// The text names more than one phase.
    #[error("one phase is expected, not several (got {0:?})")]
    Several(String),
    /// The text is unknown.
    #[error("unknown phase {0:?}: write scan, validate or mitigate")]
    Unknown(String),
}

impl Phase {
    /// Every phase, in order.
    pub const ALL: [Self; 3] = [Self::Scan, Self::Validate, Self::Mitigate];

    /// Returns the phase as text.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scan => "scan",
            Self::Validate => "validate",
            Self::Mitigate => "mitigate",
        }
    }

    fn meant_by(text: &str) -> Option<Self> {
        let stems = [(Self::Scan, "scan"), (Self::Validate, "valid"), (Self::Mitigate, "mitigat")];
        let text = text.trim().to_ascii_lowercase();
        stems.into_iter().find(|(_, stem)| text.starts_with(stem)).map(|(phase, _)| phase)
    }
}

impl FromStr for Phase {
    type Err = PhaseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(phase) = Self::ALL.into_iter().find(|phase| phase.as_str() == text) {
            return Ok(phase);
        }
        let excerpt: String = text.chars().take(40).collect();
        let mut words = excerpt.split([' ', ',', ';', '+', '/', '|']).filter(|word| !word.is_empty());
        if words.clone().nth(1).is_some() && words.all(|word| Self::meant_by(word).is_some()) {
            return Err(PhaseError::Several(excerpt));
        }
        Err(match Self::meant_by(&excerpt) {
            Some(meant) => PhaseError::Alias { text: excerpt, meant },
            None => PhaseError::Unknown(excerpt),
        })
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

crate::serde_as_string!(Phase);

crate::schema::schema!(
    Phase,
    crate::schema::words(
        "Phase of an issue: `scan` reports a finding, `validate` confirms or rejects it, `mitigate` fixes it.",
        Phase::ALL.into_iter().map(Phase::as_str)
    )
);
crate::schema::parameter!(Phase);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_phase_has_one_spelling() {
        for phase in Phase::ALL {
            assert_eq!(phase.as_str().parse(), Ok(phase));
        }
    }

    #[test]
    fn an_alias_is_refused_with_the_right_word() {
        for (alias, meant) in [
            ("validation", "validate"),
            ("Scan", "scan"),
            ("scanning", "scan"),
            ("mitigation", "mitigate"),
            (" validate", "validate"),
        ] {
            let refusal = alias.parse::<Phase>().expect_err(alias).to_string();
            assert!(refusal.ends_with(&format!("write {meant}")), "{refusal}");
        }
    }

    #[test]
    fn several_phases_are_not_one() {
        for text in ["scan validate", "scan,validate", "scan, validation", "validate;mitigate ", "scan+scan"]
        {
            assert_eq!(text.parse::<Phase>(), Err(PhaseError::Several(text.to_owned())));
        }
        for text in ["scan report", ",", "scan "] {
            assert!(!matches!(text.parse::<Phase>(), Err(PhaseError::Several(_))), "{text}");
        }
    }

    #[test]
    fn an_unknown_word_gets_the_list() {
        let refusal = "triage".parse::<Phase>().expect_err("no such phase").to_string();
        assert_eq!(refusal, r#"unknown phase "triage": write scan, validate or mitigate"#);
    }
}
