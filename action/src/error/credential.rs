//! The step has no credential.

use super::through;
use crate::text::plural;

/// The step has no credential.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// The step has neither a key nor an id token.
    #[error("api-key is empty{}", reason(.offer))]
    Missing {
        /// The reason why the job gets no id token. `None`: no job runs.
        offer: Option<NoOffer>,
    },
    /// `auth` is `oidc`, and the job gets no id token.
    #[error("auth is oidc{}", reason(.offer))]
    NoIdToken {
        /// The reason why the job gets no id token. `None`: no job runs.
        offer: Option<NoOffer>,
    },
    /// The runner's token service refused the request.
    #[error("the runner's token service refused to issue an id token for this job ({status})")]
    Denied {
        /// The HTTP status.
        status: u16,
    },
    /// The runner's token service answered without a token.
    #[error("the runner's token service answered {status} without an id token")]
    NoToken {
        /// The HTTP status.
        status: u16,
    },
    /// The runner's token service did not answer.
    #[error("the runner's token service could not be reached ({attempts} {}, {seconds:.1} s){}: {cause}", plural(*.attempts), through(.proxy))]
    Unreachable {
        /// The proxy, and the variable that names it.
        proxy: Option<String>,
        /// The cause of the last failure.
        cause: String,
        /// The number of attempts.
        attempts: u32,
        /// The duration of all attempts.
        seconds: f64,
    },
    /// The backend names an audience that is not its own.
    #[error(
        "the backend at {backend} requests an id token for the audience {audience:?}, which is not its own \
         address: the backend could use such a token at that other service"
    )]
    ForeignAudience {
        /// The audience that the backend named.
        audience: String,
        /// The backend's address, the only audience that it may name.
        backend: String,
    },
    /// The backend is reached over plain HTTP, where others could name the audience.
    #[error(
        "backend-url uses plain http ({origin}). Anyone on the network path could name the audience of the id \
         token, and use the token at another service"
    )]
    PlainDiscovery {
        /// The backend's scheme, host and port.
        origin: String,
    },
    /// The backend accepts no id tokens.
    #[error("this backend does not accept id tokens (OIDC)")]
    NotAccepted,
}

impl CredentialError {
    pub(crate) fn title(&self) -> &'static str {
        match self {
            Self::Missing { .. } | Self::NoIdToken { .. } => "phase-data: no credential",
            Self::Denied { .. } | Self::NoToken { .. } | Self::Unreachable { .. } => {
                "phase-data: no id token"
            }
            Self::ForeignAudience { .. } | Self::PlainDiscovery { .. } => "phase-data: audience not trusted",
            Self::NotAccepted => "phase-data: id tokens not accepted",
        }
    }

    /// Returns `true` if a later attempt may succeed.
    pub(crate) fn is_transient(&self) -> bool {
        matches!(self, Self::NoToken { status: 408 | 429 | 500.. } | Self::Unreachable { .. })
    }

    /// Says what to change.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Missing { offer: Some(NoOffer::Fork) } | Self::NoIdToken { offer: Some(NoOffer::Fork) } => {
                "GitHub gives a pull request from a fork neither an id token nor secrets, whatever `permissions` says. \
                 Run this step on an event of the repository itself (issues, push, workflow_dispatch), and skip it \
                 here: \
                 `if: github.event.pull_request.head.repo.id == github.event.pull_request.base.repo.id`."
            }
            Self::Missing { .. } => {
                "Add to the job: `permissions: { contents: read, id-token: write }`. Then no secret is needed. \
                 Or pass a key: `api-key: ${{ secrets.PHASE_DATA_API_KEY }}`, and check that this secret is set. \
                 A pull request from a fork gets neither an id token nor secrets."
            }
            Self::NoIdToken { .. } => {
                "Add to the job: `permissions: { contents: read, id-token: write }`. For a reusable \
                 workflow, add it to the calling job, too. A pull request from a fork gets no id token."
            }
            Self::Denied { .. } => {
                "Add to the job: `permissions: { contents: read, id-token: write }`. If the job \
                 has it, run the job again: GitHub issues a token only while the job runs."
            }
            Self::NoToken { .. } | Self::Unreachable { .. } => {
                "GitHub may have a problem (https://www.githubstatus.com). Run the job again later, or increase \
                 timeout-seconds. A self-hosted runner must be able to reach GitHub's token service."
            }
            Self::ForeignAudience { .. } => {
                "Ask the operator of the backend to set PHASE_DATA_PUBLIC_URL to the address in backend-url. If you are \
                 sure that the audience belongs to this backend, set `oidc-audience` to it."
            }
            Self::PlainDiscovery { .. } => {
                "Use https in backend-url. Or set `oidc-audience` to the value of the backend's PHASE_DATA_PUBLIC_URL, \
                 so that the step does not request it from the backend."
            }
            Self::NotAccepted => {
                "Pass a key: `api-key: ${{ secrets.PHASE_DATA_API_KEY }}`. Or ask the operator of the \
                 backend to configure OIDC. Check that backend-url names the right backend."
            }
        }
    }
}

/// The reason why a job gets no id token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoOffer {
    /// The workflow runs for a pull request from a fork.
    Fork,
    /// The job lacks the permission.
    Permission,
}

fn reason(offer: &Option<NoOffer>) -> &'static str {
    match offer {
        Some(NoOffer::Fork) => {
            ", and this run is for a pull request from a fork, to which GitHub gives no id token"
        }
        Some(NoOffer::Permission) => {
            ", and this job gets no id token: it lacks the permission id-token: write"
        }
        None => ", and ACTIONS_ID_TOKEN_REQUEST_URL names no service for id tokens",
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
