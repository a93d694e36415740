//! The title of each error.

use super::Error;

impl Error {
    /// Names the kind of failure in a few words. "Not found", "not allowed" and "not reachable" are always distinct.
    #[must_use]
    pub fn title(&self) -> &'static str {
        match self {
            Self::Inputs(_) | Self::CaFile { .. } | Self::Proxy { .. } => "phase-data: wrong input",
            Self::Doctor { .. } => "phase-data: the doctor found problems",
            Self::Credential(error) => error.title(),
            Self::Issue(_) => "phase-data: no issue",
            Self::Payload(_) => "phase-data: no valid document",
            Self::TimeIsUp { cause, .. } => cause.title(),
            Self::GitHub(error) if error.is_passing() => "phase-data: GitHub is not available",
            Self::GitHub(_) => "phase-data: the request to GitHub failed",
            Self::Dispatch(error) if error.is_unconfirmed() => {
                "phase-data: start of the workflow not confirmed"
            }
            Self::Dispatch(_) => "phase-data: workflow not started",
            Self::NotFound { .. } => "phase-data: not found",
            Self::Stale(_) => "phase-data: stale",
            Self::Query { .. } => "phase-data: query without a match",
            Self::Refused { problem, .. } => refusal_title(problem.status()),
            Self::Mismatch(_) => "phase-data: another revision is stored",
            // A proxy's own page with such a status means the same.
            Self::NotPhaseData { status: status @ (408 | 429 | 502..=504) } => refusal_title(*status),
            Self::NotPhaseData { status: 413 } => "phase-data: refused",
            Self::NotPhaseData { .. } | Self::Redirected { .. } => "phase-data: not a phase-data backend",
            Self::WrongAnswer { .. } | Self::DocumentAltered { .. } | Self::AnswerTooLarge { .. } => {
                "phase-data: the backend failed"
            }
            Self::Unreachable { .. } | Self::WrongScheme { .. } | Self::Certificate { .. } => {
                "phase-data: not reachable"
            }
            Self::DocumentFile { .. } | Self::OutputsFile { .. } => "phase-data: file not written",
            Self::LocalFile { .. } => "phase-data: file not read",
            Self::Delimiter { .. } | Self::NoRandomness | Self::Client(_) => "phase-data: the action failed",
        }
    }
}

fn refusal_title(status: u16) -> &'static str {
    match status {
        401 | 403 => "phase-data: not allowed",
        408 | 502..=504 => "phase-data: not available",
        429 => "phase-data: too many requests",
        500.. => "phase-data: the backend failed",
        _ => "phase-data: refused",
    }
}
