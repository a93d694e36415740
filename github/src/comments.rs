//! One comment that is kept up to date.

use http::{Method, StatusCode};
use phase_data_wire::{IssueNumber, Repository};
use serde::{Deserialize, Serialize};

use crate::page::PER_PAGE;
use crate::{GitHub, GitHubError};

/// The result of updating the comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Commented {
    /// The issue had none.
    Created,
    /// It had another text.
    Updated,
    /// It has the same text already.
    Unchanged,
}

#[derive(Deserialize)]
struct Comment {
    id: i64,
    body: Option<String>,
    user: Option<User>,
}

#[derive(Deserialize)]
struct User {
    login: String,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Serialize)]
struct Body<'a> {
    body: &'a str,
}

/// Only GitHub's GraphQL API returns an app's own user; the REST API does not.
/// <https://docs.github.com/en/graphql/reference/queries#viewer>
const VIEWER: Query = Query { query: "query { viewer { login } }" };

#[derive(Serialize)]
struct Query {
    query: &'static str,
}

#[derive(Deserialize)]
struct Viewed {
    data: Option<Data>,
}

#[derive(Deserialize)]
struct Data {
    viewer: Viewer,
}

#[derive(Deserialize)]
struct Viewer {
    login: String,
}

/// The author of the comments of this credential.
enum Author {
    User(String),
    /// The user of an app has this name before `[bot]`.
    App(String),
}

/// The app of the job's own token. <https://github.com/apps/github-actions>
const JOBS_APP: &str = "github-actions";

impl GitHub {
    /// Updates the issue's comment that begins with the marker and was written by this credential, or creates it. Anybody
    /// can write the marker, so the author is checked, too. If two concurrent callers each created one, the older one
    /// stays.
    ///
    /// # Errors
    /// See [`GitHubError`]; [`GitHubError::Forbidden`] if the credential may not comment, [`GitHubError::Locked`] if nobody
    /// may.
    pub async fn keep_comment(
        &self,
        repository: &Repository,
        issue_number: IssueNumber,
        marker: &str,
        text: &str,
    ) -> Result<Commented, GitHubError> {
        let on_issue = self.at(&format!("/repos/{repository}/issues/{issue_number}/comments"));
        let one = |id: i64| self.at(&format!("/repos/{repository}/issues/comments/{id}"));
        let own = self.own_comments(&on_issue, marker).await?;
        let outcome = match own.first() {
            Some(comment) if comment.body.as_deref() == Some(text) => Commented::Unchanged,
            Some(comment) if self.edit(&one(comment.id), text).await? => Commented::Updated,
            // None, or it was deleted since.
            _ => {
                let made = self.send(Method::POST, &on_issue, Some(&Body { body: text })).await;
                made.map_err(locked)?.expected()?;
                Commented::Created
            }
        };
        for twin in own.iter().skip(1) {
            self.remove(&one(twin.id), text).await?;
        }
        Ok(outcome)
    }

    /// Returns the comments that begin with the marker and were written by this credential, oldest first: those of the
    /// page with the first one, and of the next page.
    async fn own_comments(&self, on_issue: &str, marker: &str) -> Result<Vec<Comment>, GitHubError> {
        let author = self.author().await?;
        let mut own: Vec<Comment> = Vec::new();
        self.pages(&format!("{on_issue}?per_page={PER_PAGE}"), |page: Vec<Comment>| {
            let is_last = !own.is_empty();
            own.extend(
                page.into_iter().filter(|comment| comment.is_by(&author) && comment.begins_with(marker)),
            );
            !is_last
        })
        .await?;
        Ok(own)
    }

    /// Replaces the text. Returns whether the comment was still there.
    async fn edit(&self, uri: &str, text: &str) -> Result<bool, GitHubError> {
        let answer = self.send(Method::PATCH, uri, Some(&Body { body: text })).await.map_err(locked)?;
        if matches!(answer.status, StatusCode::NOT_FOUND | StatusCode::GONE) {
            return Ok(false);
        }
        answer.expected().map(|_| true)
    }

    /// Removes a second comment. One that can't be removed gets the new text, so that it is not out of date.
    async fn remove(&self, uri: &str, text: &str) -> Result<(), GitHubError> {
        match self.send::<()>(Method::DELETE, uri, None).await {
            Ok(answer) if !answer.status.is_redirection() => Ok(()),
            Err(error) if error.is_passing() => Err(error),
            _ => self.edit(uri, text).await.map(drop),
        }
    }

    /// `GET /user`, which is forbidden for an app's token.
    async fn author(&self) -> Result<Author, GitHubError> {
        match self.get(&self.at("/user")).await {
            Ok(answer) => Ok(Author::User(answer.expected()?.read::<User>()?.login)),
            Err(GitHubError::Forbidden { .. }) => self.app().await.map(Author::App),
            Err(error) => Err(error),
        }
    }

    /// Returns the app of this token; the job's own app, if GitHub does not state it.
    async fn app(&self) -> Result<String, GitHubError> {
        // On an Enterprise Server, the REST API is below /api/v3 and the GraphQL API at /api/graphql.
        let uri = format!("{}/graphql", self.base.strip_suffix("/v3").unwrap_or(&self.base));
        let viewed = match self.send(Method::POST, &uri, Some(&VIEWER)).await {
            Ok(answer) => answer.expected().and_then(|answer| answer.read::<Viewed>()).ok(),
            Err(error) if error.is_passing() => return Err(error),
            Err(_) => None,
        };
        let login = viewed.and_then(|viewed| viewed.data).map(|data| data.viewer.login);
        Ok(login.map_or_else(|| JOBS_APP.to_owned(), |login| app_of(&login).to_owned()))
    }
}

/// Returns the app's name, from the name of its user.
fn app_of(login: &str) -> &str {
    login.strip_suffix("[bot]").unwrap_or(login)
}

/// Converts the refusal of a locked issue to [`GitHubError::Locked`].
fn locked(error: GitHubError) -> GitHubError {
    match error {
        GitHubError::Forbidden { message, .. } if message.to_ascii_lowercase().contains("locked") => {
            GitHubError::Locked(message)
        }
        error => error,
    }
}

impl Comment {
    fn is_by(&self, author: &Author) -> bool {
        self.user.as_ref().is_some_and(|user| match author {
            Author::User(login) => user.login == *login,
            Author::App(name) => user.kind == "Bot" && app_of(&user.login) == name,
        })
    }

    fn begins_with(&self, marker: &str) -> bool {
        self.body.as_ref().is_some_and(|body| body.starts_with(marker))
    }
}
