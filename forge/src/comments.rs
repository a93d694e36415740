//! One comment that is kept up to date.

use http::Method;
use phase_data_wire::{IssueNumber, Repository};
use serde::{Deserialize, Serialize};

use crate::page::PER_PAGE;
use crate::{Forge, ForgeError};

/// What became of the comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Commented {
    /// There was none.
    Created,
    /// It said something else.
    Updated,
    /// It says the same already.
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

/// Whose comments are ours.
enum Author {
    User(String),
    /// The token is an app's, which GitHub does not tell the name of.
    App,
}

impl Forge {
    /// Puts this text into the issue's comment that begins with the marker and was written by this credential;
    /// there will be one from now on. Anybody can write the marker, so the author counts, too.
    ///
    /// # Errors
    /// See [`ForgeError`]; [`ForgeError::Forbidden`] if the credential may not comment.
    pub async fn keep_comment(
        &self,
        repository: &Repository,
        issue_number: IssueNumber,
        marker: &str,
        text: &str,
    ) -> Result<Commented, ForgeError> {
        let author = self.author().await?;
        let comments = self.at(&format!("/repos/{repository}/issues/{issue_number}/comments"));
        let mut found: Option<Comment> = None;
        self.pages(&format!("{comments}?per_page={PER_PAGE}"), |page: Vec<Comment>| {
            found = page.into_iter().find(|comment| comment.is_by(&author) && comment.begins_with(marker));
            found.is_none()
        })
        .await?;
        let body = Body { body: text };
        match found {
            Some(comment) if comment.body.as_deref() == Some(text) => Ok(Commented::Unchanged),
            Some(comment) => {
                let uri = self.at(&format!("/repos/{repository}/issues/comments/{}", comment.id));
                self.send(Method::PATCH, &uri, Some(&body)).await?.expected()?;
                Ok(Commented::Updated)
            }
            None => {
                self.send(Method::POST, &comments, Some(&body)).await?.expected()?;
                Ok(Commented::Created)
            }
        }
    }

    /// `GET /user`, which an app's token may not ask.
    async fn author(&self) -> Result<Author, ForgeError> {
        match self.get(&self.at("/user")).await {
            Ok(answer) => Ok(Author::User(answer.expected()?.read::<User>()?.login)),
            Err(ForgeError::Forbidden { .. }) => Ok(Author::App),
            Err(error) => Err(error),
        }
    }
}

impl Comment {
    fn is_by(&self, author: &Author) -> bool {
        self.user.as_ref().is_some_and(|user| match author {
            Author::User(login) => user.login == *login,
            Author::App => user.kind == "Bot",
        })
    }

    fn begins_with(&self, marker: &str) -> bool {
        self.body.as_ref().is_some_and(|body| body.starts_with(marker))
    }
}
