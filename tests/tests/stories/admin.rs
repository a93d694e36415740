//! An admin of an account manages its keys over HTTP.

mod reach;

use std::time::Duration;

use phase_data_tests::{Answer, Backend, Tenant};
use serde_json::{Value, json};

pub(super) struct Admin<'a> {
    backend: &'a Backend,
    pub(super) key: String,
}

impl<'a> Admin<'a> {
    pub(super) fn of(backend: &'a Backend, tenant: &Tenant) -> Self {
        Self { backend, key: backend.key(&tenant.account, &["--scope", "admin"]) }
    }

    pub(super) async fn call(&self, method: &str, path: &str, body: Value) -> Answer {
        call(self.backend, &self.key, method, path, body).await
    }

    pub(super) async fn create(&self, request: Value) -> (String, Value) {
        let answer = self.call("POST", "/keys", request).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        let made = answer.json();
        (made["api_key"].as_str().expect("a key").to_owned(), made["key"].clone())
    }

    pub(super) async fn listed(&self, id: &Value) -> Value {
        let keys = self.call("GET", "/keys", Value::Null).await.json();
        let mut keys = keys["keys"].as_array().expect("keys").clone().into_iter();
        keys.find(|key| key["id"] == *id).unwrap_or_default()
    }
}

pub(super) async fn call(backend: &Backend, key: &str, method: &str, path: &str, body: Value) -> Answer {
    let bearer = format!("Bearer {key}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let body = if body.is_null() { String::new() } else { body.to_string() };
    backend.send(method, &format!("/api/v1/admin{path}"), &headers, body).await
}

pub(super) fn at(key: &Value, member: &str) -> String {
    key[member].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_key_lives_from_its_creation_to_its_revocation() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 1);
    let admin = Admin::of(&backend, &octo);
    let request = json!({"name": "CI", "scope": "write", "expires_in_days": 90});
    let answer = admin.call("POST", "/keys", request).await;
    assert_eq!(
        (answer.status, answer.header("cache-control")),
        (201, "private, no-store"),
        "{}",
        answer.body
    );
    let (key, shown) = (answer.json()["api_key"].clone(), answer.json()["key"].clone());
    let key = key.as_str().expect("a key");
    assert!(key.starts_with(&format!("pd_{}", at(&shown, "id"))) && key.len() == 51);
    let members: Vec<_> = shown.as_object().expect("a key").keys().collect();
    assert_eq!(members, ["id", "name", "scope", "created_at", "expires_at"], "{shown:#}");

    assert_eq!(backend.store(key, "octo/hello", 42, "scan", "1").await.status, 201, "it works at once");
    assert_eq!(admin.listed(&shown["id"]).await, shown);
    let list = admin.call("GET", "/keys", Value::Null).await;
    assert_eq!(list.json()["keys"].as_array().map(Vec::len), Some(3));
    assert!(!list.body.contains(&key[15..]), "the secret is shown again");

    let revoked = admin.call("DELETE", &format!("/keys/{}", at(&shown, "id")), Value::Null).await;
    assert_eq!(revoked.status, 200, "{}", revoked.body);
    assert!(revoked.json()["key"]["revoked_at"].is_string(), "{}", revoked.body);
    assert_eq!(backend.retrieve(key, "octo/hello", 42).await.code(), "credential_invalid", "at once");
    let again = admin.call("DELETE", &format!("/keys/{}", at(&shown, "id")), Value::Null).await;
    assert_eq!((again.status, again.body), (200, revoked.body));
    assert!(!backend.log().contains(&key[15..]), "a key reached the log");
}

#[tokio::test]
async fn only_an_admin_key_manages_keys() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 1);
    let reader = backend.key(&octo.account, &["--scope", "read"]);
    let id = &octo.key[3..15];
    for key in [&octo.key, &reader] {
        for (method, path, body) in [
            ("GET", "/keys".to_owned(), Value::Null),
            ("POST", "/keys".to_owned(), json!({"name": "x", "scope": "read"})),
            ("DELETE", format!("/keys/{id}"), Value::Null),
            ("POST", format!("/keys/{id}/rotate"), json!({})),
            ("GET", "/usage".to_owned(), Value::Null),
        ] {
            let answer = call(&backend, key, method, &path, body).await;
            let refusal = (answer.status, answer.code());
            assert_eq!(refusal, (403, "insufficient_scope".to_owned()), "{method} {path}");
            assert!(answer.body.contains("the scope admin, and the credential has"), "{}", answer.body);
        }
    }
    assert_eq!(backend.retrieve(&octo.key, "octo/hello", 42).await.code(), "phase_data_not_found");
}

#[tokio::test]
async fn a_rotated_key_hands_over_to_one_like_it() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 1);
    let admin = Admin::of(&backend, &octo);
    let request =
        json!({"name": "CI", "scope": "write", "repositories": ["octo/hello"], "expires_in_days": 90});
    let (old, shown) = admin.create(request).await;
    let path = format!("/keys/{}/rotate", at(&shown, "id"));
    assert_eq!(backend.store(&old, "octo/hello", 42, "scan", "1").await.status, 201);

    let first = admin.call("POST", &path, json!({})).await;
    assert_eq!((first.status, first.header("cache-control")), (201, "private, no-store"), "{}", first.body);
    let (first, new) = (first.json(), first.json()["api_key"].as_str().expect("a key").to_owned());
    for member in ["name", "scope", "repositories"] {
        assert_eq!(first["key"][member], shown[member], "{member}");
    }
    let day = |key: &Value| at(key, "expires_at")[..10].to_owned();
    assert_eq!(day(&first["key"]), day(&shown), "its life is as long as the old one's was to be");
    assert!(at(&first["old_key"], "expires_at") < at(&shown, "expires_at"), "a day is left");
    for key in [&old, &new] {
        assert_eq!(backend.retrieve(key, "octo/hello", 42).await.status, 200, "both work for a day");
    }

    let second = admin.call("POST", &path, json!({"old_expires_in_hours": 720})).await.json();
    assert_eq!(second["old_key"], first["old_key"], "no rotation makes a life longer");
    assert_eq!(day(&second["key"]), day(&shown));
    assert_eq!(admin.call("POST", &path, json!({"old_expires_in_hours": 0})).await.status, 201);
    assert_eq!(backend.retrieve(&old, "octo/hello", 42).await.code(), "credential_expired", "at once");
    assert_eq!(backend.retrieve(&new, "octo/hello", 42).await.status, 200);
    let refused = admin.call("POST", &path, json!({"old_expires_in_hours": 721})).await;
    assert_eq!((refused.status, refused.code()), (422, "invalid_body".to_owned()));
}

#[tokio::test]
async fn another_process_sees_a_revocation_within_a_second() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 1);
    let admin = Admin::of(&backend, &octo);
    let other = Backend::start_on(backend.database_url().to_owned(), &[]);
    assert_eq!(other.retrieve(&octo.key, "octo/hello", 42).await.code(), "phase_data_not_found");
    admin.call("DELETE", &format!("/keys/{}", &octo.key[3..15]), Value::Null).await;
    tokio::time::sleep(Duration::from_millis(1050)).await;
    assert_eq!(other.retrieve(&octo.key, "octo/hello", 42).await.code(), "credential_invalid");
}

#[tokio::test]
async fn the_last_use_of_a_key_appears_and_survives_the_process() {
    let backend = Backend::start_with(&[("PHASE_DATA_LAST_USED_SECONDS", "1")]).await;
    let octo = backend.tenant("octo", 1);
    let admin = Admin::of(&backend, &octo);
    let id = Value::from(&octo.key[3..15]);
    assert!(admin.listed(&id).await.get("last_used_at").is_none(), "never used");
    backend.retrieve(&octo.key, "octo/hello", 42).await;
    let mut used = String::new();
    for _ in 0..50 {
        used = at(&admin.listed(&id).await, "last_used_at");
        if !used.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(used > at(&admin.listed(&id).await, "created_at"), "{used}");
    assert!(backend.command(&["key", "list"]).contains("last used 20"));

    // One that is used just before the end is written down at the end.
    let slow = Backend::start_on(backend.database_url().to_owned(), &[]);
    tokio::time::sleep(Duration::from_millis(50)).await;
    slow.retrieve(&octo.key, "octo/hello", 42).await;
    slow.signal("TERM");
    assert!(slow.wait());
    assert!(at(&admin.listed(&id).await, "last_used_at") > used);
}

#[tokio::test]
async fn usage_counts_what_is_there_and_what_happened() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 1);
    let admin = Admin::of(&backend, &octo);
    backend.store(&octo.key, "octo/hello", 1, "scan", r#""four""#).await;
    backend.store(&octo.key, "octo/hello", 1, "validate", "1234").await;
    backend.store(&octo.key, "octo/hello", 2, "scan", "1").await;
    backend.store(&octo.key, "octo/other", 1, "scan", "1").await;
    backend.store(&octo.key, "octo/gone", 1, "scan", "1").await;
    backend.delete(&octo.key, "octo/gone", 1).await;
    let (_, revoked) = admin.create(json!({"name": "x", "scope": "read"})).await;
    admin.call("DELETE", &format!("/keys/{}", at(&revoked, "id")), Value::Null).await;
    let usage = admin.call("GET", "/usage", Value::Null).await;
    assert_eq!(
        usage.json(),
        json!({
            "documents": 4, "bytes": 12, "issues": 3, "repository_count": 2,
            "repositories": [
                {"repository": "octo/hello", "documents": 3, "bytes": 11, "issues": 2},
                {"repository": "octo/other", "documents": 1, "bytes": 1, "issues": 1},
            ],
            "active_keys": 2,
            "events_last_30_days": {"stored": 5, "deleted": 1, "restored": 0, "expired": 0, "purged": 0, "moved": 0, "merged": 0},
        }),
        "{}",
        usage.body
    );
}
