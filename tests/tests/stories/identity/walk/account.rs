//! An account of the walk: its credentials, the model beside it, and how it is called.

use std::collections::BTreeMap;

use phase_data_tests::Answer;
use serde_json::{Value, json};

use super::super::Stage;
use super::super::model::Model;

/// Few names, so that they are taken again.
pub(super) const NAMES: [&str; 6] = ["octo/a", "octo/b", "octo/c", "octo/d", "octo/e", "octo/f"];
/// Those that the limited key may use.
pub(super) const LISTED: [&str; 2] = ["octo/a", "octo/b"];

pub(super) struct Account {
    pub(super) owner: u32,
    pub(super) admin: String,
    pub(super) key: String,
    pub(super) listed: String,
    pub(super) model: Model,
    /// The request of each step, as events name it.
    pub(super) requests: BTreeMap<usize, String>,
    /// The content of each entity tag of each URL.
    pub(super) tags: BTreeMap<(String, String), Value>,
    /// A clock of the forge's, hours behind: what goes by it needs no waiting.
    pub(super) past: i64,
    /// Writes by tokens, to be sent once more.
    pub(super) spent: Vec<Spent>,
    /// Deliveries, to be sent once more.
    pub(super) delivered: Vec<Delivered>,
}

/// A write by a token, and its answer.
#[derive(Clone)]
pub(super) struct Spent {
    pub(super) request: Request,
    pub(super) label: String,
    pub(super) answer: (u16, String),
}

/// An event of GitHub.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Statement {
    Renamed { id: i64, old: &'static str, new: &'static str, second: i64 },
    State { id: i64, name: &'static str, issue: i32, closed: bool, second: i64 },
    Transferred { from: (i64, &'static str, i32), to: (i64, &'static str, i32), second: i64 },
}

#[derive(Clone)]
pub(super) struct Delivered {
    pub(super) statement: Statement,
    pub(super) delivery: String,
}

#[derive(Clone)]
pub(super) struct Request {
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) credential: String,
    pub(super) condition: Option<(&'static str, String)>,
    pub(super) body: Value,
}

impl Request {
    pub(super) fn new(method: &'static str, path: String, credential: String) -> Self {
        Self { method, path: format!("/api/v1{path}"), credential, condition: None, body: Value::Null }
    }
}

impl Stage {
    pub(super) async fn send(&self, request: &Request) -> Answer {
        let bearer = format!("Bearer {}", request.credential);
        let kind =
            if request.method == "PATCH" { "application/merge-patch+json" } else { "application/json" };
        let mut headers = vec![("authorization", bearer.as_str())];
        headers.extend(request.condition.as_ref().map(|(name, value)| (*name, value.as_str())));
        let body = match &request.body {
            Value::Null => String::new(),
            body => {
                headers.push(("content-type", kind));
                body.to_string()
            }
        };
        self.backend.send_by(&self.client, request.method, &request.path, &headers, body).await
    }

    /// Registers an account with its keys.
    pub(super) async fn account(&self, owner: u32, now: i64) -> Account {
        let login = format!("octo-{owner}");
        let owner_id = owner.to_string();
        self.backend.command(&["account", "create", "--owner-id", &owner_id, "--login", &login]);
        let admin = self.backend.key(&login, &["--scope", "admin"]);
        let mut keys = Vec::new();
        for expected in [
            json!({"name": "all", "scope": "write"}),
            json!({"name": "listed", "scope": "write", "repositories": LISTED}),
        ] {
            let mut request = Request::new("POST", "/admin/keys".to_owned(), admin.clone());
            request.body = expected;
            let made = self.send(&request).await;
            keys.push(made.json()["api_key"].as_str().expect("a key").to_owned());
        }
        let [key, listed] = <[String; 2]>::try_from(keys).expect("two keys");
        Account {
            owner,
            admin,
            key,
            listed,
            model: Model::default(),
            requests: BTreeMap::new(),
            tags: BTreeMap::new(),
            past: now - 3 * 60 * 60,
            spent: Vec::new(),
            delivered: Vec::new(),
        }
    }
}

impl Account {
    /// Keeps the content that a tag of a URL stands for; answers what it stood for before, if that was another one.
    pub(super) fn remember(&mut self, url: &str, tag: &str, content: &Value) -> Option<Value> {
        let before = self.tags.entry((url.to_owned(), tag.to_owned())).or_insert_with(|| content.clone());
        (before != content).then(|| before.clone())
    }
}
