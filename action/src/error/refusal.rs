//! The errors that are refusals of the backend: the problem, and the versions that may explain it.

use phase_data_wire::ProblemCode;

use super::{BackendProblem, Error, Versions};

impl Error {
    /// Returns `true` if the refusal is of a request that this version of the action takes for valid: a backend of another
    /// version may have another contract.
    pub(crate) fn is_about_contract(&self) -> bool {
        let Self::Refused { problem, .. } = self else { return false };
        [
            ProblemCode::InvalidParameter,
            ProblemCode::RouteNotFound,
            ProblemCode::MethodNotAllowed,
            ProblemCode::UnsupportedMediaType,
            ProblemCode::InvalidBody,
        ]
        .iter()
        .any(|code| problem.is(*code))
    }

    /// Names the place of a refused document within the document, instead of within the request.
    pub(crate) fn within_document(self) -> Self {
        match self {
            Self::Refused { problem, credential, versions } => {
                Self::Refused { problem: problem.within_document().into(), credential, versions }
            }
            error => error,
        }
    }

    /// Adds the version of the backend to a refusal.
    pub(crate) fn of_backend(self, version: &str) -> Self {
        match self {
            Self::Refused { problem, credential, .. } => {
                Self::Refused { problem, credential, versions: Versions::of(version) }
            }
            error => error,
        }
    }

    /// Returns the problem that the backend answered with.
    pub(crate) fn problem(&self) -> Option<&BackendProblem> {
        match self {
            Self::Refused { problem, .. } => Some(problem),
            Self::Mismatch(mismatch) => Some(mismatch.problem()),
            Self::TimeIsUp { cause, .. } => cause.problem(),
            _ => None,
        }
    }

    /// Returns the claims of the refused id token, for debugging. May be empty.
    #[must_use]
    pub fn claims(&self) -> &[(String, String)] {
        self.problem().map(BackendProblem::claims).unwrap_or_default()
    }
}
