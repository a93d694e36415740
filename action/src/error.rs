//! Everything that fails a step, each with what to change in the workflow.

use std::io;
use std::path::Path;

use phase_data_forge::ForgeError;

use crate::text::plural;

mod credential;
mod event;
mod file;
mod hint;
mod input;
mod mismatch;
mod payload;
mod pointer;
mod problem;
mod title;

pub use credential::{CredentialError, CredentialKind};
pub use event::EventError;
pub use file::FileError;
pub use input::InputProblem;
pub use mismatch::Mismatch;
pub use payload::{PayloadError, PayloadProblem};
pub use pointer::PointerError;
pub use problem::BackendProblem;

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
    /// What is stored was made for another commit, and the step needs it for this one.
    #[error("{0}")]
    Stale(String),
    /// The part that the step asks for is not in the document.
    #[error("query {query:?} leads nowhere in what is stored for {what}: {source}")]
    Query {
        /// The pointer, as it was given.
        query: String,
        /// The issue, and the phases that were asked for.
        what: String,
        /// Which part of the pointer leads nowhere.
        source: PointerError,
    },
    /// The backend said no, or that it can't.
    #[error("{problem}")]
    Refused {
        /// The backend's own words.
        problem: Box<BackendProblem>,
        /// With what credential it was asked.
        sent: CredentialKind,
    },
    /// What is stored is not what the store was to replace.
    #[error("{0}")]
    Mismatch(Box<Mismatch>),
    /// Something answered that is no backend of ours.
    #[error("the answer ({status}) does not look like one of a phase-data backend")]
    NotPhaseData {
        /// The HTTP status.
        status: u16,
    },
    /// The answer has more bytes than are read.
    #[error("the backend's answer has more than {limit} bytes")]
    AnswerTooLarge {
        /// The most that is read.
        limit: usize,
    },
    /// The backend's answer is about something else than was asked.
    #[error("the backend's answer is about something else than {asked}")]
    WrongAnswer {
        /// What was asked about.
        asked: String,
    },
    /// The document in an answer is not the one that the answer describes.
    #[error("the document of {what} does not have the size and the digest that the backend's answer names")]
    DocumentAltered {
        /// The issue and the phase.
        what: String,
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
    /// The doctor found something.
    #[error("{}", .failed.join("\n"))]
    Doctor {
        /// The checks that failed, each with its cause.
        failed: Vec<String>,
        /// What to do about the first of them.
        fix: String,
    },
    /// The step's time was over before its work was done.
    #[error(
        "timeout-seconds ({seconds} s) is over, and not all is done: {done}. The last thing was: {cause}"
    )]
    TimeIsUp {
        /// The step's time.
        seconds: u64,
        /// The work done by then.
        done: String,
        /// The request that failed when the time was over.
        cause: Box<Error>,
    },
    /// GitHub did not answer what a sweep has to know.
    #[error("{0}")]
    GitHub(#[from] ForgeError),
    /// The file with further certification authorities is none.
    #[error("ca-file {path}: {cause}")]
    CaFile {
        /// The file.
        path: String,
        /// What is wrong with it.
        cause: String,
    },
    /// The file for the document can't be written.
    #[error("can't write the document to {path}: {source}")]
    DocumentFile {
        /// The file.
        path: String,
        /// Why not.
        source: FileError,
    },
    /// What an earlier step of the job kept on the runner can't be read.
    #[error("can't read what an earlier step kept in {path}: {cause}")]
    LocalFile {
        /// The file.
        path: String,
        /// Why not.
        cause: String,
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
    pub(crate) fn document_file(path: &Path, source: FileError) -> Self {
        Self::DocumentFile { path: path.display().to_string(), source }
    }

    pub(crate) fn outputs_file(path: &Path, source: io::Error) -> Self {
        Self::OutputsFile { path: path.display().to_string(), source }
    }

    pub(crate) fn client(error: &dyn std::error::Error) -> Self {
        Self::Client(error.to_string())
    }

    /// Whether it was the way to the backend or a backend in trouble, and no refusal.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Credential(error) => error.is_transient(),
            Self::Refused { problem, .. } => matches!(problem.status(), 408 | 429 | 500..),
            Self::NotPhaseData { status } => matches!(status, 408 | 429 | 500..),
            _ => false,
        }
    }

    /// Tells whether more time might have helped.
    pub(crate) fn is_waiting(&self) -> bool {
        self.is_transient() || matches!(self, Self::GitHub(error) if error.is_passing())
    }

    /// The problem that the backend answered with.
    pub(crate) fn problem(&self) -> Option<&BackendProblem> {
        match self {
            Self::Refused { problem, .. } => Some(problem),
            Self::Mismatch(mismatch) => Some(mismatch.problem()),
            Self::TimeIsUp { cause, .. } => cause.problem(),
            _ => None,
        }
    }

    /// The claims of the id token that the backend refused, for debugging. There may be none.
    #[must_use]
    pub fn claims(&self) -> &[(String, String)] {
        self.problem().map(BackendProblem::claims).unwrap_or_default()
    }
}

fn lines(problems: &[InputProblem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
