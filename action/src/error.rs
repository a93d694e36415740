//! Every error that fails a step, each with a hint.
//!
//! `title` names the kind of failure, `hint` says what to change in the workflow. The other modules have the errors of
//! one part each; nothing here depends on that part.

use std::io;
use std::path::Path;

use phase_data_github::GitHubError;

use crate::text::{one_line, plural};

mod credential;
mod dispatch;
mod event;
mod file;
mod hint;
mod input;
mod mismatch;
mod payload;
mod pointer;
mod problem;
mod refusal;
mod title;
mod versions;

pub use credential::{CredentialError, CredentialKind, NoOffer};
pub use dispatch::DispatchError;
pub use event::EventError;
pub use file::FileError;
pub use input::InputProblem;
pub use mismatch::Mismatch;
pub use payload::{Flaw, ForeignFormat, PayloadError, PayloadProblem, Position};
pub use pointer::PointerError;
pub use problem::BackendProblem;
pub use versions::Versions;

/// An error that fails the step.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The step's `with:` block is wrong. Lists every problem.
    #[error("{}", lines(.0))]
    Inputs(Vec<InputProblem>),
    /// The step has no credential.
    #[error("{0}")]
    Credential(#[from] CredentialError),
    /// No input names an issue, and the event has none.
    #[error("{0}")]
    Issue(#[from] EventError),
    /// The document to store is missing or not valid.
    #[error("{0}")]
    Payload(#[from] PayloadError),
    /// The requested phases are not stored.
    #[error("nothing is stored for {what}")]
    NotFound {
        /// The issue, and the requested phases.
        what: String,
    },
    /// A document was stored for another commit, and the step requires its own.
    #[error("{0}")]
    Stale(String),
    /// The document has no value at `query`.
    #[error("query {query:?} matches nothing in the data of {what}: {source}")]
    Query {
        /// The pointer.
        query: String,
        /// The issue, and the requested phases.
        what: String,
        /// The part of the pointer that has no match.
        source: PointerError,
    },
    /// The backend refused the request or failed.
    #[error("{problem}")]
    Refused {
        /// The backend's problem.
        problem: Box<BackendProblem>,
        /// The credential that the request carried.
        credential: CredentialKind,
        /// The versions, if the backend's is another one, which may explain the refusal.
        versions: Option<Versions>,
    },
    /// The condition of a store does not hold.
    #[error("{0}")]
    Mismatch(Box<Mismatch>),
    /// The answer is not from a phase-data backend.
    #[error("{}", not_phase_data(*.status))]
    NotPhaseData {
        /// The HTTP status.
        status: u16,
    },
    /// The answer is too large.
    #[error("the backend's answer is larger than {limit} bytes")]
    AnswerTooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The answer does not match the request.
    #[error("the backend's answer does not match the request for {asked}")]
    WrongAnswer {
        /// The subject of the request.
        asked: String,
    },
    /// The document in an answer does not match the answer's description of it.
    #[error("the document of {what} does not match the size and digest in the backend's answer")]
    DocumentAltered {
        /// The issue and the phase.
        what: String,
    },
    /// The backend's address redirects. The action follows no redirect.
    #[error("backend-url redirects ({status}) to {location}")]
    Redirected {
        /// The HTTP status.
        status: u16,
        /// The target.
        location: String,
    },
    /// The backend did not answer.
    #[error("{backend} could not be reached ({attempts} {}, {seconds:.1} s){}: {cause}", plural(*.attempts), through(.proxy))]
    Unreachable {
        /// The backend's address.
        backend: String,
        /// The proxy, and the variable that names it.
        proxy: Option<String>,
        /// The cause of the last failure.
        cause: String,
        /// The number of attempts.
        attempts: u32,
        /// The duration of all attempts.
        seconds: f64,
    },
    /// The server's certificate is not trusted.
    #[error("the certificate of {backend}{} is not trusted: {cause}", through(.proxy))]
    Certificate {
        /// The backend's address.
        backend: String,
        /// The proxy, and the variable that names it. It may have replaced the certificate.
        proxy: Option<String>,
        /// The cause.
        cause: String,
    },
    /// The server speaks TLS and the address begins with `http://`, or the other way around.
    #[error("{}{}", wrong_scheme(*.is_tls), through(.proxy))]
    WrongScheme {
        /// The proxy, and the variable that names it.
        proxy: Option<String>,
        /// The address begins with `https://`.
        is_tls: bool,
    },
    /// The proxy that the environment names can't be used.
    #[error("the variable {variable} names no usable proxy: {cause}")]
    Proxy {
        /// The variable.
        variable: &'static str,
        /// The cause.
        cause: &'static str,
    },
    /// A check of `doctor` failed.
    #[error("{}", .failed.join("\n"))]
    Doctor {
        /// The failed checks, each with its cause.
        failed: Vec<String>,
        /// The fix for the first of them.
        fix: String,
    },
    /// `timeout-seconds` elapsed before the work was complete.
    #[error(
        "timeout-seconds ({seconds} s) elapsed before the work was complete: {done}. Last error: {cause}"
    )]
    TimeIsUp {
        /// The value of `timeout-seconds`.
        seconds: u64,
        /// The completed work.
        done: String,
        /// The error of the last request.
        cause: Box<Error>,
    },
    /// A request to GitHub failed.
    #[error("{0}")]
    GitHub(#[from] GitHubError),
    /// The workflow was not started.
    #[error("{0}")]
    Dispatch(#[from] Box<DispatchError>),
    /// `ca-file` can't be used.
    #[error("ca-file {path}: {cause}")]
    CaFile {
        /// The file.
        path: String,
        /// The cause.
        cause: String,
    },
    /// The document can't be written to its file.
    #[error("can't write the document to {path}: {source}")]
    DocumentFile {
        /// The file.
        path: String,
        /// The cause.
        source: FileError,
    },
    /// A document that an earlier step saved on the runner can't be read.
    #[error("can't read the document that an earlier step saved in {path}: {cause}")]
    LocalFile {
        /// The file.
        path: String,
        /// The cause.
        cause: String,
    },
    /// The outputs can't be written to the runner's file.
    #[error("can't write the outputs to {path}: {source}")]
    OutputsFile {
        /// The file.
        path: String,
        /// The cause.
        source: io::Error,
    },
    /// The value of an output contains its random delimiter.
    #[error("the value of the output {output} contains its own random delimiter")]
    Delimiter {
        /// The output.
        output: &'static str,
    },
    /// The kernel returned no random numbers.
    #[error("the system returned no random numbers")]
    NoRandomness,
    /// The HTTP client or the request can't be created.
    #[error("the request can't be created: {0}")]
    Client(String),
}

impl Error {
    pub(crate) fn document_file(path: &Path, source: FileError) -> Self {
        Self::DocumentFile { path: shown(path), source }
    }

    pub(crate) fn outputs_file(path: &Path, source: io::Error) -> Self {
        Self::OutputsFile { path: shown(path), source }
    }

    pub(crate) fn client(error: &dyn std::error::Error) -> Self {
        Self::Client(error.to_string())
    }

    /// Returns `true` if the inputs or the variables are wrong, not what they asked for.
    #[must_use]
    pub fn is_wrong_input(&self) -> bool {
        matches!(self, Self::Inputs(_) | Self::CaFile { .. } | Self::Proxy { .. })
    }

    /// Returns `true` if the connection or the backend failed, and the same request may succeed later.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Credential(error) => error.is_transient(),
            Self::Refused { problem, .. } => matches!(problem.status(), 408 | 429 | 500..),
            Self::NotPhaseData { status } => matches!(status, 408 | 429 | 500..),
            _ => false,
        }
    }

    /// Returns `true` if more time might have helped.
    pub(crate) fn is_waiting(&self) -> bool {
        self.is_transient() || matches!(self, Self::GitHub(error) if error.is_passing())
    }
}

/// Returns a path without line breaks and terminal escapes: a workflow may take it from an event.
pub(crate) fn shown(path: &Path) -> String {
    one_line(&path.display().to_string(), 300)
}

/// Names the proxy of a connection.
fn through(proxy: &Option<String>) -> String {
    proxy.as_ref().map(|proxy| format!(" through the proxy {proxy}")).unwrap_or_default()
}

fn not_phase_data(status: u16) -> String {
    match status {
        413 => {
            "a proxy in front of the backend refuses the request, because it is too large (413)".to_owned()
        }
        _ => format!("the answer ({status}) is not from a phase-data backend"),
    }
}

fn wrong_scheme(is_tls: bool) -> &'static str {
    match is_tls {
        true => "backend-url begins with https://, but the server at its port does not speak TLS",
        false => "backend-url begins with http://, but the server at its port does not speak plain HTTP",
    }
}

fn lines(problems: &[InputProblem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
