//! Why there is no credential to send, and options to get one.

use crate::text::plural;

/// Why the step has no credential.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// There is neither a key nor an id token.
    #[error("api-key is empty, and {}", not_offered(*.fork))]
    Missing {
        /// Whether the workflow runs for a pull request from a fork.
        fork: bool,
    },
    /// The workflow asks for an id token, and the job gets none.
    #[error("auth is oidc, and {}", not_offered(*.fork))]
    NoIdToken {
        /// Whether the workflow runs for a pull request from a fork.
        fork: bool,
    },
    /// The runner's token service refuses the job.
    #[error("the runner's token service refuses this job an id token ({status})")]
    Denied {
        /// The HTTP status.
        status: u16,
    },
    /// The runner's token service answers something else than a token.
    #[error("the runner's token service answered {status} without an id token")]
    NoToken {
        /// The HTTP status.
        status: u16,
    },
    /// The runner's token service does not answer.
    #[error("the runner's token service was not reached ({attempts} {}, {seconds:.1} s): {cause}", plural(*.attempts))]
    Unreachable {
        /// Why not, the last time.
        cause: String,
        /// How often it was tried.
        attempts: u32,
        /// For how long it was tried.
        seconds: f64,
    },
    /// The backend names an audience that is not its own.
    #[error(
        "the backend at {backend} asks for an id token for the audience {audience:?}, which is not its own \
         address: whoever gets such a token could use it at that other service"
    )]
    ForeignAudience {
        /// What the backend named.
        audience: String,
        /// The backend's address, which is the audience that it may name.
        backend: String,
    },
    /// Anybody on the way could name the audience.
    #[error(
        "backend-url is plain http ({origin}), where anybody on the way could name the audience of the id \
         token, and use the token at that other service"
    )]
    PlainDiscovery {
        /// The backend's scheme, host and port.
        origin: String,
    },
    /// The backend does not know id tokens.
    #[error("this backend takes no id tokens (OIDC)")]
    NotTaken,
}

impl CredentialError {
    pub(crate) fn title(&self) -> &'static str {
        match self {
            Self::Missing { .. } | Self::NoIdToken { .. } => "phase-data: no credential",
            Self::Denied { .. } | Self::NoToken { .. } | Self::Unreachable { .. } => {
                "phase-data: no id token"
            }
            Self::ForeignAudience { .. } | Self::PlainDiscovery { .. } => "phase-data: audience not trusted",
            Self::NotTaken => "phase-data: id tokens not taken",
        }
    }

    /// Whether it was tried until the time was over.
    pub(crate) fn is_transient(&self) -> bool {
        matches!(self, Self::NoToken { status: 408 | 429 | 500.. } | Self::Unreachable { .. })
    }

    /// What to change.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Missing { fork: true } | Self::NoIdToken { fork: true } => {
                "GitHub gives the pull request of a fork neither an id token nor secrets, whatever \
                 `permissions` says. Run this step on an event of the repository itself (issues, push, \
                 workflow_dispatch), and skip it here: \
                 `if: github.event.pull_request.head.repo.id == github.event.pull_request.base.repo.id`."
            }
            Self::Missing { fork: false } => {
                "Add to the job: `permissions: { contents: read, id-token: write }`; then no secret is needed. \
                 Or pass a key: `api-key: ${{ secrets.PHASE_DATA_API_KEY }}`, and see that this secret is set. \
                 A pull request from a fork gets neither an id token nor secrets."
            }
            Self::NoIdToken { fork: false } => {
                "Add to the job: `permissions: { contents: read, id-token: write }`. A reusable workflow needs \
                 it in the job that calls it, too. A pull request from a fork gets no id token."
            }
            Self::Denied { .. } => {
                "Add to the job: `permissions: { contents: read, id-token: write }`. If it is there, run the \
                 job again: a token can only be asked for while its own job runs."
            }
            Self::NoToken { .. } | Self::Unreachable { .. } => {
                "GitHub's side may have trouble (https://www.githubstatus.com): run the job again later, or \
                 raise timeout-seconds. A runner of your own must reach GitHub's token service."
            }
            Self::ForeignAudience { .. } => {
                "Have the backend's operator set PHASE_DATA_PUBLIC_URL to the address that backend-url names. \
                 Or name the audience yourself, if you know it to be this backend's: `oidc-audience`."
            }
            Self::PlainDiscovery { .. } => {
                "Use https in backend-url. Or name the audience yourself, so that the backend need not be asked: \
                 `oidc-audience`, with the value that the operator set as PHASE_DATA_PUBLIC_URL."
            }
            Self::NotTaken => {
                "Pass a key: `api-key: ${{ secrets.PHASE_DATA_API_KEY }}`. Or have the backend's operator set \
                 up OIDC, and check that backend-url is the right backend."
            }
        }
    }
}

fn not_offered(fork: bool) -> &'static str {
    if fork {
        "this run is for a pull request from a fork, which GitHub gives no id token"
    } else {
        "this job is offered no id token: it lacks the permission id-token: write"
    }
}

/// The credential that a request carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialKind {
    /// None: the call needs none.
    Nothing,
    /// An API key.
    ApiKey,
    /// An id token.
    IdToken,
}
