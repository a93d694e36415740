//! A store whose condition does not hold.

use std::fmt;

use super::BackendProblem;
use crate::condition::Condition;

/// The stored phase does not match `if-match` or `create-only`, so nothing was stored.
#[derive(Debug)]
pub struct Mismatch {
    pub(crate) problem: BackendProblem,
    pub(crate) condition: Condition,
    /// An earlier attempt may have stored the document, and its answer was lost.
    pub(crate) repeated: bool,
}

impl Mismatch {
    /// Returns the backend's problem.
    pub(crate) fn problem(&self) -> &BackendProblem {
        &self.problem
    }

    /// Says what to change on a command line.
    pub(super) fn hint_on_command_line(&self) -> &'static str {
        match (&self.condition, self.problem.current_revision()) {
            _ if self.repeated => self.hint(),
            (Condition::CreateOnly, _) => {
                "Something else stored the phase first. To replace its document, omit create-only."
            }
            (Condition::Tag(_), Some(_)) => {
                "Another document was stored in between. Retrieve it, repeat the change on it, and pass its entity tag as \
                 if-match."
            }
            (_, Some(_)) => {
                "The phase was stored in between. Retrieve it again, repeat the change on it, and pass its revision as \
                 if-match."
            }
            (_, None) => self.hint(),
        }
    }

    /// Says what to change.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        if self.repeated {
            return "An earlier attempt got no answer and may have succeeded; the events of the issue don't \
                    show it. Retrieve the phase and compare. If it is another document, repeat the change on it.";
        }
        match (&self.condition, self.problem.current_revision()) {
            (Condition::CreateOnly, _) => {
                "Another run stored the phase first. To keep its document, run this step only if a retrieve before it \
                 has the output found: false. To replace its document, omit create-only."
            }
            (Condition::Tag(_), Some(_)) => {
                "Another document was stored in between. Retrieve it, repeat the change on it, and pass its entity tag: \
                 `if-match: ${{ steps.<id of the retrieve>.outputs.etag }}`."
            }
            (_, Some(_)) => {
                "Another run stored the phase in between. Retrieve it again, repeat the change on it, and pass its \
                 revision: `if-match: ${{ steps.<id of the retrieve>.outputs.revision }}`."
            }
            (_, None) => {
                "The phase was cleaned up in between. To store it again, omit if-match, or set create-only."
            }
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.condition, self.problem.current_revision()) {
            (Condition::Revision(asked), Some(current)) => {
                write!(f, "if-match requires revision {asked}, but revision {current} is stored")?;
            }
            (Condition::Revision(asked), None) => {
                write!(f, "if-match requires revision {asked}, but nothing is stored")?;
            }
            (Condition::Tag(asked), Some(current)) => {
                write!(
                    f,
                    "if-match requires {asked}, but another document is stored, with revision {current}"
                )?;
            }
            (Condition::Tag(asked), None) => write!(f, "if-match requires {asked}, but nothing is stored")?,
            (Condition::CreateOnly, Some(current)) => {
                write!(f, "create-only requires that nothing is stored, but revision {current} is stored")?;
            }
            _ => f.write_str("a condition of the request does not hold")?,
        }
        write!(f, ", so nothing was stored: {}", self.problem)
    }
}
