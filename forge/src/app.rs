//! What a GitHub App asks for itself, with a JSON Web Token that it has signed.
//! <https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app>

use http::{Method, StatusCode};
use phase_data_wire::Repository;
use serde::Deserialize;

use crate::page::PER_PAGE;
use crate::{Forge, ForgeError};

/// An account that has installed the app.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Installation {
    /// Its number.
    pub id: i64,
    /// Who has installed the app. An enterprise has no repositories, and no id that is looked at here.
    pub account: Option<Owner>,
    /// When the installation was suspended, if it is: nothing can be asked for it then.
    pub suspended_at: Option<String>,
}

/// An organisation or a user.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Owner {
    /// The numeric id.
    pub id: i64,
}

#[derive(Deserialize)]
struct Token {
    token: String,
}

impl Forge {
    /// `GET /app/installations`: everyone who has installed the app.
    ///
    /// # Errors
    /// See [`ForgeError`].
    pub async fn installations(&self) -> Result<Vec<Installation>, ForgeError> {
        let mut all = Vec::new();
        let first = self.at(&format!("/app/installations?per_page={PER_PAGE}"));
        self.pages(&first, |page: Vec<Installation>| {
            all.extend(page);
            true
        })
        .await?;
        Ok(all)
    }

    /// `GET /repos/{owner}/{repo}/installation`: whether the app is installed on this repository.
    ///
    /// # Errors
    /// See [`ForgeError`].
    pub async fn is_installed_on(&self, repository: &Repository) -> Result<bool, ForgeError> {
        let answer = self.follow(&self.at(&format!("/repos/{repository}/installation"))).await?;
        match answer.status {
            StatusCode::NOT_FOUND => Ok(false),
            _ => answer.expected().map(|_| true),
        }
    }

    /// `POST /app/installations/{installation_id}/access_tokens`: a token for an hour.
    ///
    /// # Errors
    /// See [`ForgeError`].
    pub async fn installation_token(&self, installation: i64) -> Result<String, ForgeError> {
        let uri = self.at(&format!("/app/installations/{installation}/access_tokens"));
        let answer = self.send::<()>(Method::POST, &uri, None).await?;
        Ok(answer.expected()?.read::<Token>()?.token)
    }
}
