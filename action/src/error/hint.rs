//! What to change in the workflow, for each error.

use phase_data_forge::ForgeError;
use phase_data_wire::ProblemCode;

use super::{BackendProblem, CredentialKind, Error};

impl Error {
    /// What to change in the workflow, or whom to ask.
    #[must_use]
    pub fn hint(&self) -> &str {
        match self {
            Self::Inputs(_) => "Correct the step's `with:` block; action.yml describes each input.",
            Self::Doctor { fix, .. } => fix,
            Self::CaFile { .. } => {
                "Write ca-file relative to the workspace, and check out or write the file before this step."
            }
            Self::Credential(error) => error.hint(),
            Self::Issue(error) => error.hint(),
            Self::Payload(error) => error.hint(),
            Self::NotFound { .. } => {
                "The phase that stores it has not run for this issue, or was cleaned up. Check the issue's \
                 number and the phase, or set if-not-found to warn or ignore."
            }
            Self::TimeIsUp { .. } => {
                "Raise timeout-seconds: it is for all that the step does. Or run the step again: what is done stays done, \
                 and it goes on with the rest."
            }
            Self::GitHub(error) => github_hint(error),
            Self::Stale(_) => {
                "Run the workflow that stores the phase again for this commit. If another commit is the right \
                 one, set commit-sha to it; if any will do, leave require-fresh out."
            }
            Self::Query { .. } => {
                "Correct query, or the step that stores the phase. Without query the step hands on the whole \
                 document: look at its file, the output data-file."
            }
            Self::Refused { problem, sent } => refusal_hint(problem, *sent),
            Self::Mismatch(mismatch) => mismatch.hint(),
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
            Self::AnswerTooLarge { .. } => {
                "Check backend-url. If documents are this large, retrieve one phase at a time."
            }
            Self::WrongAnswer { .. } => "A cache between the runner and the backend may mix answers up.",
            Self::DocumentAltered { .. } => {
                "Something between the runner and the backend may change answers: see which proxy."
            }
            Self::Unreachable { .. } => {
                "Check backend-url, that the backend runs, and that this runner may reach it. If it is \
                 only slow, raise timeout-seconds."
            }
            Self::Certificate { .. } => {
                "If a private authority made it, put that authority's certificate into a file (PEM) and set ca-file to it. \
                 Else use an address whose name the certificate has."
            }
            Self::OutputsFile { .. } => {
                "The operation itself was done, but no other step can see it. Is the runner's disk full?"
            }
            Self::LocalFile { .. } => {
                "See which step of this job changes files below RUNNER_TEMP/phase-data."
            }
            Self::DocumentFile { source, .. } => source.hint().unwrap_or(
                "Write output-file relative to the workspace: the action runs in a container, which sees \
                 no other directory of the runner. Is the disk full?",
            ),
            Self::Delimiter { .. } => "Run the step again.",
            Self::NoRandomness => {
                "The runner's kernel is too old or its sandbox too narrow: allow getrandom(2)."
            }
            Self::Client(_) => "Please report this with the whole message.",
        }
    }
}

/// What to change where GitHub does not answer.
fn github_hint(error: &ForgeError) -> &'static str {
    match error {
        ForgeError::RateLimited(_) => {
            "Run the step again later: it goes on where it ended. Or raise timeout-seconds so that it can wait."
        }
        ForgeError::Unreachable(_) | ForgeError::Failing(_) => {
            "Run the step again later; see https://www.githubstatus.com, and that this runner may reach GitHub's API."
        }
        ForgeError::Unauthorized(_) | ForgeError::UnfitToken => {
            "Leave github-token out, or give it a token that is valid for this repository."
        }
        ForgeError::Forbidden { .. } => {
            "Give the job the permission: `issues: read` for a sweep, `issues: write` for a comment (in `permissions:`)."
        }
        ForgeError::Locked(_) => {
            "Unlock the issue's conversation on GitHub, or leave comment out for issues that are locked."
        }
        // GitHub hides what a token may not see.
        ForgeError::Refused { status: 404 | 410, .. } => {
            "May github-token see the repository's issues? The job needs `issues: read`, for a comment `issues: write`."
        }
        ForgeError::NoRepository(_) => {
            "Check the input repository, and that github-token may see it: the job's own token sees only its own."
        }
        ForgeError::IssuesOff(_) => {
            "Switch issues on in the repository's settings, or clean up by issue-number."
        }
        ForgeError::OtherOwner(_) => {
            "Sweep it from a workflow of the repository itself, with its new owner's account."
        }
        ForgeError::Address(_) => "GITHUB_API_URL is set by the runner, like https://api.github.com.",
        ForgeError::Refused { .. } | ForgeError::Unreadable(_) => {
            "Please report this with the whole message."
        }
    }
}

/// The backend's hint, except where a workflow's author has to do something else than a client's.
fn refusal_hint(problem: &BackendProblem, sent: CredentialKind) -> &str {
    let with_key = sent == CredentialKind::ApiKey;
    if with_key && problem.is(ProblemCode::InsufficientScope) {
        return "Give api-key a key that may do this: store, cleanup and restore need the scope write.";
    }
    if problem.is(ProblemCode::RouteNotFound) {
        return "The backend has no such call: it is older than this action, so update it, or use the action of the \
                backend's version. Unless backend-url is wrong: it is the address where the backend's /health/live \
                answers, without /api/v1, and with its path prefix if it has one.";
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
