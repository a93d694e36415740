//! Comments on issues.

use serde_json::Value;

use super::World;

/// A comment on an issue.
#[derive(Debug, Clone)]
pub struct Comment {
    /// The repository's id.
    pub repository: i64,
    /// The issue's number.
    pub issue: i64,
    /// The author.
    pub login: String,
    /// `User` or `Bot`.
    pub kind: &'static str,
    /// The text.
    pub body: String,
    /// `true` if it was deleted.
    pub deleted: bool,
}

impl World {
    pub(in crate::fake_github) fn comment(&mut self, repository: i64, issue: i64, body: &str) -> Value {
        let (login, kind) = match &self.login {
            Some(login) => (login.clone(), "User"),
            None => (self.app_user.clone(), "Bot"),
        };
        let comment = Comment { repository, issue, login, kind, body: body.to_owned(), deleted: false };
        let json = self.comment_json(self.comments.len(), &comment);
        self.comments.push(comment);
        json
    }

    pub(in crate::fake_github) fn edit(&mut self, id: usize, body: &str) -> Option<Value> {
        let index = id.checked_sub(1)?;
        self.comments.get_mut(index).filter(|comment| !comment.deleted)?.body = body.to_owned();
        Some(self.comment_json(index, self.comments.get(index)?))
    }

    /// Deletes a comment. Returns `true` if it existed.
    pub(in crate::fake_github) fn remove(&mut self, id: usize) -> bool {
        let comment = id.checked_sub(1).and_then(|index| self.comments.get_mut(index));
        comment.is_some_and(|comment| !std::mem::replace(&mut comment.deleted, true))
    }

    /// The comments that were not deleted.
    pub fn comments_left(&self) -> Vec<Comment> {
        self.comments.iter().filter(|comment| !comment.deleted).cloned().collect()
    }
}
