//! The hint of each error: what to change in the workflow.

use phase_data_github::GitHubError;
use phase_data_wire::ProblemCode;

use super::{BackendProblem, CredentialKind, Error};
use crate::usage::Usage;

mod command_line;

impl Error {
    /// Says what to change in the workflow or on the command line, or whom to ask.
    #[must_use]
    pub fn hint(&self, usage: Usage) -> String {
        let own = match usage {
            Usage::Step => None,
            Usage::CommandLine => self.hint_on_command_line(),
        };
        own.unwrap_or_else(|| self.hint_for_all(usage))
    }

    fn hint_for_all(&self, usage: Usage) -> String {
        let hint = match self {
            Self::Dispatch(error) => return error.hint(usage),
            Self::Refused { versions: Some(versions), .. } => return versions.hint(),
            Self::Inputs(_) => "Correct the step's `with:` block. action.yml describes each input.",
            Self::Doctor { fix, .. } => fix,
            Self::CaFile { .. } => {
                "Set ca-file to a path relative to the workspace, and create the file before this step."
            }
            Self::Credential(error) => error.hint(),
            Self::Issue(error) => error.hint(),
            Self::Payload(error) => error.hint(),
            Self::NotFound { .. } => {
                "The phase has not stored a document for this issue yet, or the data was cleaned up. Check the issue \
                 number and the phase, or set if-not-found to warn or ignore."
            }
            Self::TimeIsUp { .. } => {
                "Increase timeout-seconds, which limits the whole operation. Or run it again: it continues with the \
                 remaining work."
            }
            Self::GitHub(error) => github_hint(error),
            Self::Stale(_) => {
                "Store the phase again for this commit. To require another commit, set commit-sha; to accept any \
                 commit, omit require-fresh."
            }
            Self::Query { .. } => {
                "Correct query, or what stores the phase. To see the whole document, omit query."
            }
            Self::Refused { problem, credential, .. } => refusal_hint(problem, *credential),
            Self::Mismatch(mismatch) => mismatch.hint(),
            Self::NotPhaseData { status: 408 | 429 | 502..=504 } => {
                "A proxy answered instead of the backend. Check that the backend runs, and check backend-url. If the \
                 backend is busy, increase timeout-seconds."
            }
            Self::NotPhaseData { status: 413 } => {
                "The request did not reach the backend. Ask the operator of the proxy to raise its limit to that of the backend \
                 (nginx: client_max_body_size, which is 1m by default; Apache: LimitRequestBody). Or store less: only what \
                 the next phase needs."
            }
            Self::NotPhaseData { .. } => {
                "Check backend-url: the backend's /health/live must answer below it. Include the path prefix, if there \
                 is one. A proxy or a login page in between can answer like this, too."
            }
            Self::Redirected { .. } => {
                "Set backend-url to the target of the redirect. A redirected request would lose the document."
            }
            Self::AnswerTooLarge { .. } => {
                "Check backend-url. If the documents are this large, retrieve one phase at a time."
            }
            Self::WrongAnswer { .. } => "A cache in front of the backend may return the answers of other requests. Check its configuration.",
            Self::DocumentAltered { .. } => {
                "A proxy in front of the backend may change answers. Check its configuration."
            }
            Self::Unreachable { proxy: Some(_), .. } => PROXY_HINT,
            Self::Proxy { .. } => {
                "Correct this variable. To reach the host without a proxy, add it to no_proxy."
            }
            Self::Unreachable { .. } => {
                "Check backend-url, that the backend runs, and that this machine can reach it. If the backend is slow, \
                 increase timeout-seconds."
            }
            Self::WrongScheme { is_tls: false, .. } => {
                "If the port is one for TLS, write https:// in backend-url. Otherwise check the port."
            }
            Self::WrongScheme { proxy: Some(_), .. } => {
                "Check the port in backend-url: it must be the one for https. If the address of the proxy begins with https:// and \
                 the proxy does not speak TLS, write http:// in the named variable."
            }
            Self::WrongScheme { .. } => {
                "Use the port of the backend's TLS proxy, often 443. If there is none and the network is trusted (a service \
                 container), write http:// and set allow-insecure-http to true."
            }
            Self::Certificate { cause, .. } if cause.contains(CA_AS_SERVER) => SELF_SIGNED_HINT,
            Self::Certificate { .. } => {
                "If a private CA issued it, write the CA certificate to a file (PEM) and set ca-file to that file. \
                 Otherwise use an address whose host name is in the certificate."
            }
            Self::OutputsFile { .. } => {
                "Other steps can't read the outputs of this step. What it changed on the backend stays changed. The runner makes \
                 this file before the step: check that the container sees it, and if the runner's disk is full."
            }
            Self::LocalFile { .. } => {
                "Find what changes files below RUNNER_TEMP/phase-data."
            }
            Self::DocumentFile { source, .. } => source.hint().unwrap_or(
                "Set output-file to a path relative to the workspace: the action runs in a container, which has no \
                 other directory of the runner. Check if the disk is full.",
            ),
            Self::Delimiter { .. } => "Try again.",
            Self::NoRandomness => {
                "The kernel is too old, or its sandbox blocks getrandom(2): allow that call."
            }
            Self::Client(_) => "Report this problem with the whole message.",
        };
        hint.to_owned()
    }
}

/// The error for a server's certificate that is one of a CA, in the words of the TLS library.
const CA_AS_SERVER: &str = "CaUsedAsEndEntity";
const SELF_SIGNED_HINT: &str = "The server uses the certificate of a CA as its own, as `openssl req -x509` makes it. Make one for a server: \
                                add `-addext basicConstraints=critical,CA:FALSE -addext subjectAltName=DNS:HOST` to that command, with \
                                the host name of backend-url, and set ca-file to the new certificate. Or let a CA sign the certificate \
                                of the server, and set ca-file to that of the CA.";

const PROXY_HINT: &str = "Check that the proxy runs, that its address, user name and password in the named variable are right, and that it \
                          allows this host. To reach the host without the proxy, add it to no_proxy. If the backend is slow, increase \
                          timeout-seconds.";

/// Says what to change if a request to GitHub failed.
pub(super) fn github_hint(error: &GitHubError) -> &'static str {
    match error {
        GitHubError::RateLimited(_) => {
            "Try again later: the work continues where it stopped. Or increase timeout-seconds so that it can wait."
        }
        GitHubError::Unreachable(_) | GitHubError::Failing(_) => {
            "Try again later. Check https://www.githubstatus.com, and that this machine can reach GitHub's API, \
             through the proxy if one is named."
        }
        GitHubError::Unauthorized(_) | GitHubError::UnfitToken => {
            "Omit github-token, or set it to a token that is valid for this repository."
        }
        GitHubError::Forbidden { .. } => {
            "Add to the job's `permissions:`: `issues: read` for a sweep, `issues: write` for a comment."
        }
        GitHubError::Locked(_) => {
            "Unlock the conversation of the issue on GitHub, or omit comment for locked issues."
        }
        // GitHub answers 404 for what the token may not read.
        GitHubError::Refused { status: 404 | 410, .. } => {
            "Check that github-token may read the issues of the repository. The job needs `issues: read`, for a comment `issues: write`."
        }
        GitHubError::NoRepository(_) => {
            "Check the input repository, and that github-token may read it. The job's own token reads only the job's repository."
        }
        GitHubError::IssuesOff(_) => {
            "Enable issues in the settings of the repository, or clean up by issue-number."
        }
        GitHubError::OtherOwner(_) => {
            "Run the sweep for the account of its new owner, in a workflow of that repository."
        }
        GitHubError::Address(_) => {
            "The runner sets GITHUB_API_URL, for example to https://api.github.com. Check what changed it."
        }
        GitHubError::Refused { .. } | GitHubError::Unreadable(_) => {
            "Report this problem with the whole message."
        }
    }
}

/// Returns the backend's hint, except where the author of a workflow must do something else.
fn refusal_hint(problem: &BackendProblem, credential: CredentialKind) -> &str {
    let with_key = credential == CredentialKind::ApiKey;
    if with_key && problem.is(ProblemCode::InsufficientScope) {
        return "Set api-key to a key with the right scope: store, cleanup and restore need the scope write.";
    }
    if problem.is(ProblemCode::RouteNotFound) {
        return "Check backend-url: the backend's /health/live must answer below it. Omit /api/v1, and include the path \
                prefix, if there is one. If it is right, the backend is older than this action and does not have this call: \
                update it, or use the action of its version.";
    }
    if with_key && problem.is(ProblemCode::CredentialExpired) {
        return "Create a new key (`phase-data-backend key create`, or ask the operator), and replace the old one in api-key.";
    }
    let of_document = [ProblemCode::NumberTooLong, ProblemCode::DuplicateKey, ProblemCode::NestingTooDeep];
    if let Some(code) = of_document.into_iter().find(|code| problem.is(*code)) {
        return match code {
            ProblemCode::NumberTooLong => "Store the number as a string, or with fewer digits.",
            ProblemCode::DuplicateKey => "Remove one of the two members: only one of them could be stored.",
            _ => "Flatten the document, or store the part below that place as a string.",
        };
    }
    match problem.status() {
        401 if with_key => {
            "Check the key in api-key: it must be the whole key, for this backend, and not revoked."
        }
        429 => "Try again later, or increase timeout-seconds so that it can wait.",
        _ if problem.hint().is_empty() => "Ask the operator of the backend, and name the request id.",
        _ => problem.hint(),
    }
}
