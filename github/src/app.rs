//! Requests that a GitHub App makes for itself, with a JSON Web Token that it has signed.
//! <https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app>

use std::pin::Pin;
use std::sync::Arc;

use http::{Method, StatusCode};
use phase_data_wire::LenientTime;
use serde::Deserialize;
use serde::de::IgnoredAny;
use time::OffsetDateTime;

use crate::page::PER_PAGE;
use crate::{GitHub, GitHubError};

/// Makes a new token of an installation.
pub type RenewToken =
    Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<String, GitHubError>> + Send>> + Send + Sync>;

/// An account that has installed the app.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Installation {
    /// Its number.
    pub id: i64,
    /// The account that has installed the app.
    pub account: Option<InstallationAccount>,
    #[serde(default)]
    target_type: Option<TargetType>,
    /// The time at which the installation was suspended, if it is.
    #[serde(default)]
    suspended_at: Option<IgnoredAny>,
    #[serde(default)]
    updated_at: Option<LenientTime>,
}

// An installation has a fixed size, whatever GitHub answers: all of them are in memory at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
enum TargetType {
    Organization,
    User,
    /// `Enterprise`, and types that later versions of GitHub add.
    #[serde(other)]
    Other,
}

/// An organisation, a user or an enterprise. Enterprises are numbered separately from organisations and users.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct InstallationAccount {
    /// The numeric id.
    pub id: i64,
    /// The name of an enterprise, which has no login.
    #[serde(default)]
    slug: Option<IgnoredAny>,
}

impl Installation {
    /// Returns the id of the organisation or user that has installed the app; none for an enterprise, which owns no
    /// repositories.
    #[must_use]
    pub fn owner_id(&self) -> Option<i64> {
        let account = self.account.as_ref()?;
        let is_owner = match self.target_type {
            Some(target_type) => target_type != TargetType::Other,
            None => account.slug.is_none(),
        };
        is_owner.then_some(account.id)
    }

    /// Returns the time of the installation's last change.
    #[must_use]
    pub fn updated_at(&self) -> Option<OffsetDateTime> {
        self.updated_at.and_then(LenientTime::get)
    }

    /// Returns whether the installation is suspended: requests for it fail then.
    #[must_use]
    pub fn is_suspended(&self) -> bool {
        self.suspended_at.is_some()
    }
}

#[derive(Deserialize)]
struct Token {
    token: String,
}

impl GitHub {
    /// `GET /app/installations`: all accounts that have installed the app.
    ///
    /// # Errors
    /// See [`GitHubError`].
    pub async fn installations(&self) -> Result<Vec<Installation>, GitHubError> {
        let mut all = Vec::new();
        let first = self.at(&format!("/app/installations?per_page={PER_PAGE}"));
        self.pages(&first, |page: Vec<Installation>| {
            all.extend(page);
            true
        })
        .await?;
        Ok(all)
    }

    /// `GET /repos/{owner}/{repo}/installation`, with the repository's id for its name: whether the app is installed on
    /// this repository.
    ///
    /// # Errors
    /// See [`GitHubError`].
    pub async fn is_installed_on(&self, repository_id: i64) -> Result<bool, GitHubError> {
        let answer = self.follow(&self.at(&format!("/repositories/{repository_id}/installation"))).await?;
        match answer.status {
            StatusCode::NOT_FOUND => Ok(false),
            _ => answer.expected().map(|_| true),
        }
    }

    /// `POST /app/installations/{installation_id}/access_tokens`: a token for an hour.
    ///
    /// # Errors
    /// See [`GitHubError`].
    pub async fn installation_token(&self, installation: i64) -> Result<String, GitHubError> {
        let uri = self.at(&format!("/app/installations/{installation}/access_tokens"));
        let answer = self.send::<()>(Method::POST, &uri, None).await?;
        Ok(answer.expected()?.read::<Token>()?.token)
    }
}
