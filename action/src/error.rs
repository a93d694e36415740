//! Everything that fails a step, each with what to change in the workflow.

use std::io;
use std::path::Path;

use phase_data_wire::ProblemCode;

use crate::auth::CredentialError;
use crate::client::{BackendProblem, Sent};
use crate::event::EventError;
use crate::inputs::InputProblem;
use crate::payload::PayloadError;
use crate::text::plural;

/// Why the step fails.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The step's `with:` block is wrong; every problem with it is here.
    #[error("{}", lines(.0))]
    Inputs(Vec<InputProblem>),
    /// There is no credential to send.
    #[error("{0}")]
    Credential(#[from] CredentialError),
    /// No issue was named, and the event has none.
    #[error("{0}")]
    Issue(#[from] EventError),
    /// There is no document to store.
    #[error("{0}")]
    Payload(#[from] PayloadError),
    /// Nothing is stored, and the step needs it.
    #[error("nothing is stored for {what}")]
    NotFound {
        /// The issue, and the phase if one was asked for.
        what: String,
    },
    /// The backend said no, or that it can't.
    #[error("{problem}")]
    Refused {
        /// The backend's own words.
        problem: Box<BackendProblem>,
        /// With what credential it was asked.
        sent: Sent,
    },
    /// Something answered that is no backend of ours.
    #[error("the answer ({status}) does not look like one of a phase-data backend")]
    NotPhaseData {
        /// The HTTP status.
        status: u16,
    },
    /// The backend's answer is about something else than was asked.
    #[error("the backend's answer is about something else than {asked}")]
    WrongAnswer {
        /// What was asked about.
        asked: String,
    },
    /// The address redirects, which the action does not follow.
    #[error("backend-url redirects ({status}) to {location}")]
    Redirected {
        /// The HTTP status.
        status: u16,
        /// Where to.
        location: String,
    },
    /// No answer came.
    #[error("{backend} was not reached ({attempts} {}, {seconds:.1} s): {cause}", plural(*.attempts))]
    Unreachable {
        /// The backend's address.
        backend: String,
        /// Why not, the last time.
        cause: String,
        /// How often it was tried.
        attempts: u32,
        /// For how long it was tried.
        seconds: f64,
    },
    /// The other side's certificate is not trusted.
    #[error("{backend} shows a certificate that is not trusted: {cause}")]
    Certificate {
        /// The backend's address.
        backend: String,
        /// What is wrong with it.
        cause: String,
    },
    /// The file for the document can't be written.
    #[error("can't write the document to {path}: {source}")]
    DocumentFile {
        /// The file.
        path: String,
        /// Why not.
        source: io::Error,
    },
    /// The runner's file for the outputs can't be written.
    #[error("can't write the outputs to {path}: {source}")]
    OutputsFile {
        /// The file.
        path: String,
        /// Why not.
        source: io::Error,
    },
    /// A value holds the random delimiter that was made for it.
    #[error("the value of the output {output} holds its own random delimiter")]
    Delimiter {
        /// The output.
        output: &'static str,
    },
    /// The kernel gives no random numbers, which delimiters are made of.
    #[error("the system gives no random numbers")]
    NoRandomness,
    /// The HTTP client can't be made, or not make the request.
    #[error("the request can't be made: {0}")]
    Client(String),
}

impl Error {
    pub(crate) fn document_file(path: &Path, source: io::Error) -> Self {
        Self::DocumentFile { path: path.display().to_string(), source }
    }

    pub(crate) fn outputs_file(path: &Path, source: io::Error) -> Self {
        Self::OutputsFile { path: path.display().to_string(), source }
    }

    pub(crate) fn client(error: &dyn std::error::Error) -> Self {
        Self::Client(error.to_string())
    }

    /// What kind of failure it is, in a few words. "Not there", "not allowed" and "not reachable"
    /// never look alike.
    #[must_use]
    pub fn title(&self) -> &'static str {
        match self {
            Self::Inputs(_) => "phase-data: wrong input",
            Self::Credential(error) => error.title(),
            Self::Issue(_) => "phase-data: no issue",
            Self::Payload(_) => "phase-data: no valid document",
            Self::NotFound { .. } => "phase-data: not there",
            Self::Refused { problem, .. } => refusal_title(problem.status()),
            // A proxy says it in its own words, but it says the same.
            Self::NotPhaseData { status: status @ (408 | 429 | 502..=504) } => refusal_title(*status),
            Self::NotPhaseData { .. } | Self::Redirected { .. } => "phase-data: not a phase-data backend",
            Self::WrongAnswer { .. } => "phase-data: the backend failed",
            Self::Unreachable { .. } | Self::Certificate { .. } => "phase-data: not reachable",
            Self::DocumentFile { .. } | Self::OutputsFile { .. } => "phase-data: file not written",
            Self::Delimiter { .. } | Self::NoRandomness | Self::Client(_) => "phase-data: the action failed",
        }
    }

    /// What to change in the workflow, or whom to ask.
    #[must_use]
    pub fn hint(&self) -> &str {
        match self {
            Self::Inputs(_) => "Correct the step's `with:` block; action.yml describes each input.",
            Self::Credential(error) => error.hint(),
            Self::Issue(error) => error.hint(),
            Self::Payload(error) => error.hint(),
            Self::NotFound { .. } => {
                "The phase that stores it has not run for this issue, or was cleaned up. Check the issue's \
                 number and the phase, or set if-not-found to warn or ignore."
            }
            Self::Refused { problem, sent } => refusal_hint(problem, *sent),
            Self::NotPhaseData { status: 408 | 429 | 502..=504 } => {
                "A proxy answered in the backend's place. See whether the backend runs, and check backend-url; \
                 if it is only busy, raise timeout-seconds."
            }
            Self::NotPhaseData { .. } => {
                "Check backend-url: it is the address where the backend's /health/live answers, with its \
                 path prefix if it has one. A proxy or login page in between answers like this, too."
            }
            Self::Redirected { .. } => {
                "Set backend-url to the address that it redirects to; a redirect would lose the document."
            }
            Self::WrongAnswer { .. } => "A cache between the runner and the backend may mix answers up.",
            Self::Unreachable { .. } => {
                "Check backend-url, that the backend runs, and that this runner may reach it. If it is \
                 only slow, raise timeout-seconds."
            }
            Self::Certificate { .. } => {
                "Use an address whose name the certificate has, with a certificate of a public authority."
            }
            Self::OutputsFile { .. } => {
                "The operation itself was done, but no other step can see it. Is the runner's disk full?"
            }
            Self::DocumentFile { .. } => {
                "Write output-file relative to the workspace: the action runs in a container, which sees \
                 no other directory of the runner. Is the disk full?"
            }
            Self::Delimiter { .. } => "Run the step again.",
            Self::NoRandomness => {
                "The runner's kernel is too old or its sandbox too narrow: allow getrandom(2)."
            }
            Self::Client(_) => "Please report this with the whole message.",
        }
    }

    /// The claims of the id token that the backend refused, for debugging. There may be none.
    #[must_use]
    pub fn claims(&self) -> &[(String, String)] {
        match self {
            Self::Refused { problem, .. } => problem.claims(),
            _ => &[],
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

/// The backend's hint, except where a workflow's author has to do something else than a client's.
fn refusal_hint(problem: &BackendProblem, sent: Sent) -> &str {
    let with_key = sent == Sent::ApiKey;
    if with_key && problem.is(ProblemCode::InsufficientScope) {
        return "Give api-key a key that may do this: store and cleanup need the scope write.";
    }
    match problem.status() {
        401 if with_key => {
            "Check the secret behind api-key: is it the whole key, for this backend, and not revoked?"
        }
        429 => "Run the step again later, or raise timeout-seconds so that it can wait.",
        _ if problem.hint().is_empty() => "Ask the backend's operator, with the request's id.",
        _ => problem.hint(),
    }
}

fn lines(problems: &[InputProblem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
