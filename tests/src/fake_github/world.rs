//! The state of this GitHub.

mod comments;
mod faults;
mod issues;
mod json;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::dispatch::{Dispatched, Workflow};
pub use comments::Comment;
use faults::Change;
pub use faults::Fault;

/// Repositories, issues and comments, and what goes wrong.
pub struct World {
    pub(super) public: String,
    pub(super) repositories: BTreeMap<i64, Repository>,
    pub(super) renamed: BTreeMap<String, i64>,
    pub(super) issues: BTreeMap<(i64, i64), Issue>,
    /// The events of each issue with their times: `closed`, `reopened`.
    events: BTreeMap<(i64, i64), Vec<(&'static str, String)>>,
    faults: Vec<(String, Fault)>,
    /// The fault of every request.
    lasting: Option<Fault>,
    /// The App's public key, where one is registered.
    pub(super) app_key: Option<Vec<u8>>,
    installed_by: BTreeSet<i64>,
    enterprises: BTreeSet<i64>,
    /// Of all repositories that ever were.
    ids: BTreeSet<i64>,
    /// The planned changes, each before a request, counted from now on.
    changes: Vec<(usize, Change)>,
    /// For how many requests an installation's token is good, as GitHub's are for an hour.
    pub token_uses: Option<usize>,
    tokens: BTreeMap<String, usize>,
    /// Repositories that the App was taken from.
    pub(super) without_app: BTreeSet<i64>,
    /// Every request, as `GET /user`.
    pub asked: Vec<String>,
    /// The comments, in the order of their making.
    pub comments: Vec<Comment>,
    /// Whose the token is; an app's if nobody's.
    pub login: Option<String>,
    /// The user of the app whose token it is, if it is an app's.
    pub app_user: String,
    /// `true` if the GraphQL API answers.
    pub has_graphql: bool,
    /// `true` if the token may write comments.
    pub may_comment: bool,
    /// The numbers of the issues that nobody may comment on.
    pub locked: BTreeSet<i64>,
    /// Comments that somebody deletes right after they were listed, by their index.
    pub deleted_after_listing: BTreeSet<usize>,
    /// The workflows.
    pub workflows: Vec<Workflow>,
    /// The branches of every repository.
    pub branches: BTreeSet<String>,
    /// The workflows that were started.
    pub dispatches: Vec<Dispatched>,
    /// `true` if the token may start workflows.
    pub may_dispatch: bool,
    /// `true` if a started run is reported. Older Enterprise Servers don't know the parameter for it.
    pub reports_runs: bool,
    /// The delay of every answer.
    pub delay: Duration,
    /// The maximum size of a page, also if a larger one is requested.
    pub largest_page: usize,
}

#[derive(Clone)]
pub(super) struct Repository {
    pub(super) name: String,
    pub(super) owner_id: i64,
    pub(super) has_issues: bool,
    archived: bool,
    created_at: String,
}

/// The state of an issue.
#[derive(Debug, Clone)]
pub enum Issue {
    /// It is there, closed at that time if any; the other time is of its last change.
    Here {
        /// RFC 3339.
        closed_at: Option<String>,
        /// RFC 3339.
        updated_at: String,
    },
    /// It is in the repository of this id now, with this number.
    MovedTo(i64, i64),
    /// It was deleted.
    Deleted,
    /// GitHub answers with this status and message.
    Refused(u16, &'static str),
}

impl World {
    pub(super) fn new(public: String) -> Self {
        Self {
            public,
            repositories: BTreeMap::new(),
            renamed: BTreeMap::new(),
            issues: BTreeMap::new(),
            events: BTreeMap::new(),
            faults: Vec::new(),
            lasting: None,
            app_key: None,
            installed_by: BTreeSet::new(),
            enterprises: BTreeSet::new(),
            ids: BTreeSet::new(),
            changes: Vec::new(),
            token_uses: None,
            tokens: BTreeMap::new(),
            without_app: BTreeSet::new(),
            asked: Vec::new(),
            comments: Vec::new(),
            login: None,
            app_user: "github-actions[bot]".to_owned(),
            has_graphql: true,
            may_comment: true,
            locked: BTreeSet::new(),
            deleted_after_listing: BTreeSet::new(),
            workflows: Vec::new(),
            branches: BTreeSet::from(["main".to_owned()]),
            dispatches: Vec::new(),
            may_dispatch: true,
            reports_runs: true,
            delay: Duration::ZERO,
            largest_page: 100,
        }
    }

    /// Makes a repository, or gives it this name and owner: its old name leads there, unless another one takes it.
    pub fn repository(&mut self, id: i64, name: &str, owner_id: i64) {
        if let Some(repository) = self.repositories.get_mut(&id) {
            let old = std::mem::replace(&mut repository.name, name.to_owned());
            repository.owner_id = owner_id;
            self.renamed.insert(old, id);
            return;
        }
        let created_at = "2011-01-26T19:01:12Z".to_owned();
        let new =
            Repository { name: name.to_owned(), owner_id, has_issues: true, archived: false, created_at };
        self.ids.insert(id);
        self.repositories.insert(id, new);
    }

    /// Its name and its owner's id, if it is there.
    pub fn name_and_owner(&self, id: i64) -> Option<(String, i64)> {
        let repository = self.repositories.get(&id)?;
        Some((repository.name.clone(), repository.owner_id))
    }

    /// Returns `true` if a sweep can read all of its issues: they are enabled, it is not archived, and the app is installed.
    pub fn is_in_use(&self, id: i64) -> bool {
        let is_open = |repository: &Repository| repository.has_issues && !repository.archived;
        self.repositories.get(&id).is_some_and(is_open) && self.installation_on(id).is_some()
    }

    /// Returns `true` if a repository of this id exists or existed.
    pub fn was_there(&self, id: i64) -> bool {
        self.ids.contains(&id)
    }

    /// The last number that an issue of the repository ever had.
    pub fn last_number(&self, id: i64) -> i64 {
        self.issues.range((id, 0)..(id + 1, 0)).next_back().map_or(0, |((_, number), _)| *number)
    }

    /// The issues that are in a repository.
    pub fn issues_here(&self) -> Vec<(i64, i64)> {
        let here = self.issues.iter().filter(|(_, issue)| matches!(issue, Issue::Here { .. }));
        here.map(|(place, _)| *place).collect()
    }

    /// Where an issue of this place is now, and how it stands there.
    pub fn whereabouts(&self, mut place: (i64, i64)) -> ((i64, i64), Option<Issue>) {
        while let Some(Issue::MovedTo(repository, number)) = self.issues.get(&place) {
            place = (*repository, *number);
        }
        (place, self.issues.get(&place).cloned())
    }

    /// Hides it from the token, or deletes it: that looks the same.
    pub fn hide(&mut self, id: i64) {
        self.repositories.remove(&id);
    }

    /// Switches its issues off.
    pub fn without_issues(&mut self, id: i64) {
        self.switch_issues(id, false);
    }

    /// Switches its issues on or off.
    pub fn switch_issues(&mut self, id: i64, on: bool) {
        if let Some(repository) = self.repositories.get_mut(&id) {
            repository.has_issues = on;
        }
    }

    /// Makes it one that was made at this time.
    pub fn created_at(&mut self, id: i64, at: &str) {
        if let Some(repository) = self.repositories.get_mut(&id) {
            at.clone_into(&mut repository.created_at);
        }
    }

    /// Archives it, or makes it one to work in again.
    pub fn archive(&mut self, id: i64, archived: bool) {
        if let Some(repository) = self.repositories.get_mut(&id) {
            repository.archived = archived;
        }
    }

    /// The owner of this id installs the app.
    pub fn install(&mut self, owner_id: i64) {
        self.installed_by.insert(owner_id);
    }

    /// The owner of this id no longer has the app installed.
    pub fn uninstall(&mut self, owner_id: i64) {
        self.installed_by.remove(&owner_id);
    }

    /// The owner takes the app from this repository, or gives it back.
    pub fn give_app(&mut self, repository: i64, given: bool) {
        if given {
            self.without_app.remove(&repository);
        } else {
            self.without_app.insert(repository);
        }
    }

    /// The enterprise of this id installs the app. It owns no repositories, and may have an owner's number.
    pub fn install_for_enterprise(&mut self, id: i64) {
        self.enterprises.insert(id);
    }

    pub(super) fn new_token(&mut self, installation: &str) -> String {
        let token = format!("ghs_{installation}_{}", self.tokens.len());
        self.tokens.insert(token.clone(), 0);
        token
    }

    /// Returns `true` if a token is valid. Tokens that no App has requested always are.
    pub(super) fn is_good(&mut self, bearer: &str) -> bool {
        let Some(uses) = self.tokens.get_mut(bearer.trim_start_matches("Bearer ")) else { return true };
        *uses += 1;
        self.token_uses.is_none_or(|most| *uses <= most)
    }

    pub(super) fn called(&self, name: &str) -> Option<i64> {
        self.repositories.iter().find(|(_, repository)| repository.name == name).map(|(id, _)| *id)
    }

    /// Where a redirect leads to.
    pub(super) fn address(&self, id: i64) -> String {
        format!("{}/repositories/{id}", self.public)
    }
}
