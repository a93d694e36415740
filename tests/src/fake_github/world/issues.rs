//! The life of issues.

use super::{Issue, World};

impl World {
    /// An open issue, last changed a long time ago.
    pub fn open(&mut self, repository: i64, number: i64) {
        let issue = Issue::Here { closed_at: None, updated_at: "2020-01-01T00:00:00Z".to_owned() };
        self.issues.insert((repository, number), issue);
    }

    /// A closed issue.
    pub fn close(&mut self, repository: i64, number: i64, at: &str) {
        let issue = Issue::Here { closed_at: Some(at.to_owned()), updated_at: at.to_owned() };
        self.issues.insert((repository, number), issue);
        self.events.entry((repository, number)).or_default().push(("closed", at.to_owned()));
    }

    /// Opens an issue again.
    pub fn reopen(&mut self, repository: i64, number: i64, at: &str) {
        let issue = Issue::Here { closed_at: None, updated_at: at.to_owned() };
        self.issues.insert((repository, number), issue);
        self.events.entry((repository, number)).or_default().push(("reopened", at.to_owned()));
    }

    /// Moves an issue away, or deletes it.
    pub fn set_issue(&mut self, repository: i64, number: i64, issue: Issue) {
        self.issues.insert((repository, number), issue);
    }

    /// An issue goes to another place, with its state and its events. Its old one leads there.
    pub fn transfer(&mut self, (repository, number): (i64, i64), to: (i64, i64)) {
        if let Some(issue) = self.issues.insert((repository, number), Issue::MovedTo(to.0, to.1)) {
            self.issues.insert(to, issue);
        }
        if let Some(events) = self.events.remove(&(repository, number)) {
            self.events.insert(to, events);
        }
    }
}
