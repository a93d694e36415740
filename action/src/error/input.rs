//! A wrong input.

use std::fmt;

/// One problem of the step's `with:` block or of its environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputProblem(pub(crate) String);

impl fmt::Display for InputProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
