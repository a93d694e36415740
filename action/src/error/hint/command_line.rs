//! Hints for a command line, where those for a step name parts of a workflow.

use phase_data_github::GitHubError;

use crate::error::{CredentialError, Error, EventError, FileError, PayloadProblem};

impl Error {
    /// Says what to change on a command line. `None`: the same as in a workflow.
    pub(super) fn hint_on_command_line(&self) -> Option<String> {
        let hint = match self {
            Self::Inputs(_) => "Correct the flags. `phase-data-action --help` describes each of them.",
            Self::CaFile { .. } => "Set ca-file to a file with the CA certificate (PEM).",
            Self::Credential(error) => return credential(error).map(str::to_owned),
            Self::Issue(EventError::PullRequest(_)) => return None,
            Self::Issue(_) => "Set issue-number to the number of the issue, like 42.",
            Self::Payload(error) => match error.problem() {
                PayloadProblem::Unreadable(error) => file(error).unwrap_or("Check the path of data-file."),
                _ => return None,
            },
            Self::DocumentFile { source, .. } => file(source)
                .unwrap_or("Check that the directory exists and can be written to, and if the disk is full."),
            Self::OutputsFile { .. } => {
                "The result can't be written. What was changed on the backend stays changed. Check where standard output \
                 leads, and if the disk is full."
            }
            Self::Mismatch(mismatch) => mismatch.hint_on_command_line(),
            Self::GitHub(error) => return github(error).map(str::to_owned),
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

fn credential(error: &CredentialError) -> Option<&'static str> {
    match error {
        CredentialError::Missing { .. } | CredentialError::NotAccepted => {
            Some("Set the variable PHASE_DATA_API_KEY to an API key of this backend (pd_…).")
        }
        CredentialError::NoIdToken { .. } | CredentialError::Denied { .. } => Some(
            "GitHub issues id tokens only to its own jobs, and only with the permission `id-token: write`. Otherwise set the \
             variable PHASE_DATA_API_KEY to an API key of this backend (pd_…), and omit auth.",
        ),
        CredentialError::NoToken { .. } | CredentialError::Unreachable { .. } => Some(
            "Check ACTIONS_ID_TOKEN_REQUEST_URL. GitHub may have a problem (https://www.githubstatus.com): try again later, \
             or increase timeout-seconds.",
        ),
        CredentialError::PlainDiscovery { .. } => Some(
            "Use https in backend-url. Or set oidc-audience to the value of the backend's PHASE_DATA_PUBLIC_URL.",
        ),
        CredentialError::ForeignAudience { .. } => None,
    }
}

fn file(error: &FileError) -> Option<&'static str> {
    match error {
        FileError::Outside => Some(
            "Use a file below the current directory, or set allow-outside-workspace if you trust all links in the path.",
        ),
        FileError::NoDirectory(_) => Some("Create that directory."),
        error => error.hint(),
    }
}

fn github(error: &GitHubError) -> Option<&'static str> {
    match error {
        GitHubError::Forbidden { .. } => {
            Some("Use a token that may read the issues of the repository, and for a comment may write them.")
        }
        GitHubError::Refused { status: 404 | 410, .. } => {
            Some("Check that github-token may read the issues of the repository.")
        }
        GitHubError::NoRepository(_) => Some("Check repository, and that github-token may read it."),
        GitHubError::OtherOwner(_) => Some("Run the sweep for the account of its new owner."),
        GitHubError::Address(_) => Some("Correct GITHUB_API_URL, for example to https://api.github.com."),
        _ => None,
    }
}
