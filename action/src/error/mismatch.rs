//! A store whose condition does not hold.

use std::fmt;

use super::BackendProblem;
use crate::condition::Condition;

/// What is stored is not what the step's `if-match` or `create-only` asks for, so nothing was stored.
#[derive(Debug)]
pub struct Mismatch {
    pub(crate) problem: BackendProblem,
    pub(crate) condition: Condition,
    /// Whether an attempt before may have stored the document, and only its answer was lost.
    pub(crate) repeated: bool,
}

impl Mismatch {
    /// The backend's own words.
    pub(crate) fn problem(&self) -> &BackendProblem {
        &self.problem
    }

    /// What to change.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        if self.repeated {
            return "An earlier attempt of this step got no answer, and may have succeeded: the events of the issue do \
                    not tell. Retrieve the phase and compare. If it is another document, repeat the change on it.";
        }
        match (&self.condition, self.problem.current_revision()) {
            (Condition::CreateOnly, _) => {
                "Another run stored the phase first. To keep what it stored, let this step run only if a \
                 retrieve before it has the output found: false; to replace it, leave create-only out."
            }
            (Condition::Tag(_), Some(_)) => {
                "Another document was stored in between. Retrieve it, repeat the change on what is there now, and pass \
                 its entity tag on: `if-match: ${{ steps.<id of the retrieve>.outputs.etag }}`."
            }
            (_, Some(_)) => {
                "Another run stored the phase in between. Retrieve it again, repeat the change on what is there \
                 now, and pass that revision on: `if-match: ${{ steps.<id of the retrieve>.outputs.revision }}`."
            }
            (_, None) => {
                "The phase was cleaned up in between. To store it anew, leave if-match out, or set create-only."
            }
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.condition, self.problem.current_revision()) {
            (Condition::Revision(asked), Some(current)) => {
                write!(f, "if-match asks for revision {asked}, and revision {current} is stored")?;
            }
            (Condition::Revision(asked), None) => {
                write!(f, "if-match asks for revision {asked}, and nothing is stored")?;
            }
            (Condition::Tag(asked), Some(current)) => {
                write!(
                    f,
                    "if-match asks for {asked}, and another document is stored, with revision {current}"
                )?;
            }
            (Condition::Tag(asked), None) => write!(f, "if-match asks for {asked}, and nothing is stored")?,
            (Condition::CreateOnly, Some(current)) => {
                write!(f, "create-only asks for nothing to be there, and revision {current} is stored")?;
            }
            _ => f.write_str("the backend found a condition that does not hold")?,
        }
        write!(f, ", so nothing was stored: {}", self.problem)
    }
}
