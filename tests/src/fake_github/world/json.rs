//! The answers about the state.

use poem::Response;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::super::shown;
use super::{Comment, Issue, Repository, World};

impl World {
    pub(in crate::fake_github) fn list(&self, id: i64, query: &str) -> Vec<Value> {
        let state = parameter(query, "state").unwrap_or_else(|| "open".to_owned());
        let since = parameter(query, "since").map(|since| time(&since));
        let here = self.issues.range((id, 0)..(id + 1, 0));
        let here = here.filter(|(_, issue)| match issue {
            Issue::Here { closed_at, updated_at } => {
                let is = if closed_at.is_some() { "closed" } else { "open" };
                (state == "all" || state == is) && since.is_none_or(|since| time(updated_at) >= since)
            }
            _ => false,
        });
        let mut rows: Vec<_> = here.map(|((_, number), issue)| self.issue_json(id, *number, issue)).collect();
        // Issues are made in the order of their numbers here.
        if parameter(query, "sort").as_deref() == Some("updated") {
            rows.sort_by_key(|row| row["updated_at"].as_str().map(time));
        }
        rows
    }

    pub(in crate::fake_github) fn comments_of(&mut self, id: i64, number: i64) -> Vec<Value> {
        let all = self.comments.iter().enumerate().filter(|(_, comment)| !comment.deleted);
        let of = all.filter(|(_, comment)| (comment.repository, comment.issue) == (id, number));
        let listed = of.map(|(index, comment)| self.comment_json(index, comment)).collect();
        for index in std::mem::take(&mut self.deleted_after_listing) {
            self.remove(index + 1);
        }
        listed
    }

    pub(in crate::fake_github) fn installations(&self) -> Vec<Value> {
        let owners = self.installed_by.iter().map(|owner_id| self.installation_json(*owner_id));
        owners.chain(self.enterprises.iter().map(|id| self.enterprise_installation_json(*id))).collect()
    }

    /// The installation that reaches this repository, if any does.
    pub(in crate::fake_github) fn installation_on(&self, id: i64) -> Option<Value> {
        let owner_id = self.repositories.get(&id)?.owner_id;
        let reaches = self.installed_by.contains(&owner_id) && !self.without_app.contains(&id);
        reaches.then(|| self.installation_json(owner_id))
    }

    fn installation_json(&self, owner_id: i64) -> Value {
        let mut account = self.user("octo", "Organization");
        account["id"] = json!(owner_id);
        let id = owner_id + 1000;
        let target =
            json!({"id": id, "target_type": "Organization", "target_id": owner_id, "account": account});
        from_template(INSTALLATION, target)
    }

    fn enterprise_installation_json(&self, id: i64) -> Value {
        let account = from_template(ENTERPRISE, json!({"id": id}));
        let members = json!({"target_type": "Enterprise", "target_id": id, "account": account});
        from_template(INSTALLATION, members)
    }

    /// Returns the events of an issue, oldest first.
    pub(in crate::fake_github) fn events_of(&self, id: i64, number: i64) -> Vec<Value> {
        let events = self.events.get(&(id, number)).into_iter().flatten().enumerate();
        let json = events.map(|(index, (event, at))| {
            let actor = self.user("mona", "User");
            from_template(EVENT, json!({"id": index + 1, "actor": actor, "event": event, "created_at": at}))
        });
        json.collect()
    }

    /// One page, with links to its neighbours.
    pub(in crate::fake_github) fn page(&self, path: &str, query: &str, all: Vec<Value>) -> Response {
        let number = |name| parameter(query, name).and_then(|text| text.parse::<usize>().ok());
        let size = number("per_page").unwrap_or(30).min(self.largest_page).max(1);
        let page = number("page").unwrap_or(1).max(1);
        let last = all.len().div_ceil(size).max(1);
        let items: Vec<_> = all.into_iter().skip((page - 1) * size).take(size).collect();
        let mut response = shown(&Value::Array(items));
        let rest: String =
            query.split('&').filter(|part| !part.starts_with("page=")).collect::<Vec<_>>().join("&");
        let link =
            |page: usize, rel: &str| format!("<{}{path}?{rest}&page={page}>; rel=\"{rel}\"", self.public);
        let mut links = vec![link(last, "last"), link(1, "first")];
        if page < last {
            links.insert(0, link(page + 1, "next"));
        }
        response.headers_mut().insert("link", links.join(", ").parse().expect("a header"));
        response
    }

    pub(in crate::fake_github) fn user(&self, login: &str, kind: &str) -> Value {
        from_template(USER, json!({"login": login, "id": 1, "type": kind}))
    }

    pub(in crate::fake_github) fn repository_json(&self, id: i64, repository: &Repository) -> Value {
        let (owner, name) = repository.name.split_once('/').expect("owner/name");
        let mut user = self.user(owner, "Organization");
        user["id"] = json!(repository.owner_id);
        from_template(
            REPOSITORY,
            json!({
                "id": id, "name": name, "full_name": repository.name, "owner": user,
                "has_issues": repository.has_issues, "archived": repository.archived,
                "created_at": repository.created_at,
            }),
        )
    }

    pub(in crate::fake_github) fn issue_json(&self, id: i64, number: i64, issue: &Issue) -> Value {
        let name = self.repositories.get(&id).map_or("", |repository| &repository.name);
        let Issue::Here { closed_at, updated_at } = issue else { return Value::Null };
        from_template(
            ISSUE,
            json!({
                "number": number, "closed_at": closed_at, "updated_at": updated_at,
                "state": if closed_at.is_some() { "closed" } else { "open" },
                "repository_url": format!("{}/repos/{name}", self.public),
            }),
        )
    }

    pub(super) fn comment_json(&self, index: usize, comment: &Comment) -> Value {
        let user = self.user(&comment.login, comment.kind);
        from_template(COMMENT, json!({"id": index + 1, "user": user, "body": comment.body}))
    }
}

const REPOSITORY: &str = include_str!("../../../payloads/github/repository.json");
const ISSUE: &str = include_str!("../../../payloads/github/issue.json");
const COMMENT: &str = include_str!("../../../payloads/github/comment.json");
const EVENT: &str = include_str!("../../../payloads/github/event.json");
const USER: &str = include_str!("../../../payloads/github/user.json");
const ENTERPRISE: &str = include_str!("../../../payloads/github/enterprise.json");
const INSTALLATION: &str = include_str!("../../../payloads/github/installation.json");

/// All that GitHub's description requires, with these members.
fn from_template(template: &str, members: Value) -> Value {
    let mut value: Value = serde_json::from_str(template).expect("a template");
    for (name, member) in members.as_object().expect("members") {
        value[name] = member.clone();
    }
    value
}

fn time(text: &str) -> OffsetDateTime {
    OffsetDateTime::parse(text, &Rfc3339).expect("a time")
}

fn parameter(query: &str, name: &str) -> Option<String> {
    let value = query.split('&').find_map(|part| part.strip_prefix(name)?.strip_prefix('='))?;
    Some(percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned())
}
