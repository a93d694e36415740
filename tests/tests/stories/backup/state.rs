//! The data of two tenants, by all calls that return it.

use phase_data_tests::{Backend, Tenant, issue_event};
use serde_json::Value;

use crate::webhook::in_seconds;

/// The paths of the calls.
const PATHS: [&str; 9] = [
    "/api/v1/phase_data/octo/hello/42",
    "/api/v1/phase_data/octo/hello/43",
    "/api/v1/phase_data/octo/hello/42/events",
    "/api/v1/phase_data/octo/hello/43/events",
    "/api/v1/repositories/octo/hello/issues",
    "/api/v1/repositories/octo/hello/issues?closed=true",
    "/api/v1/admin/keys",
    "/api/v1/admin/policy",
    "/api/v1/admin/retention",
];

/// Answers, each with its path, status and entity tag.
pub(super) struct State(Vec<(String, u16, String, Value)>);

impl State {
    pub(super) async fn of(backend: &Backend, tenants: &[Tenant]) -> Self {
        let mut answers = Vec::new();
        for tenant in tenants {
            let authorization = format!("Bearer {}", tenant.key);
            for path in PATHS {
                let answer = backend.send("GET", path, &[("authorization", &authorization)], "").await;
                assert!([200, 404].contains(&answer.status), "{path}: {}", answer.body);
                let (tag, mut body) = (answer.header("etag").to_owned(), answer.json());
                // Each answer's own, and what a request changes by itself.
                body.as_object_mut().expect("an object").remove("request_id");
                for key in body.get_mut("keys").and_then(Value::as_array_mut).into_iter().flatten() {
                    key.as_object_mut().expect("an object").remove("last_used_at");
                }
                answers.push((path.to_owned(), answer.status, tag, body));
            }
        }
        Self(answers)
    }

    /// Compares with what another backend shows now.
    pub(super) async fn assert_holds(&self, backend: &Backend, tenants: &[Tenant]) {
        assert_eq!(self.0, Self::of(backend, tenants).await.0);
    }
}

/// Makes two tenants with documents, events, keys, settings, deliveries, and an issue that is closed. Their keys are admins'.
pub(super) async fn fill(backend: &Backend) -> Vec<Tenant> {
    let mut tenants = Vec::new();
    for (login, owner_id) in [("octo", 9919), ("rival", 2)] {
        let Tenant { account, .. } = backend.tenant(login, owner_id);
        let key = backend.key(&account, &["--scope", "admin"]);
        for (issue, phase, data) in [
            (
                42,
                "scan",
                format!(r#"{{"of":"{login}","text":"ü \" \\ \n","number":1234567890123456789012345.678}}"#),
            ),
            (42, "validate", "[true,null,{}]".to_owned()),
            (43, "scan", format!(r#"{{"closed":"{login}"}}"#)),
        ] {
            let stored = backend.store(&key, "octo/hello", issue, phase, &data).await;
            assert_eq!(stored.status, 201, "{}", stored.body);
        }
        assert_eq!(backend.store(&key, "octo/hello", 42, "validate", "[2]").await.status, 200);
        let headers =
            [("authorization", format!("Bearer {key}")), ("content-type", "application/json".to_owned())];
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
        let retention = r#"{"grace_days":2,"expires_in_seconds":86400,"event_days":30}"#;
        let set = backend.send("PUT", "/api/v1/admin/retention", &headers, retention).await;
        assert_eq!(set.status, 200, "{}", set.body);
        tenants.push(Tenant { account, key });
    }
    let closed = issue_event("closed", 43, &in_seconds(0));
    assert_eq!(backend.deliver_and_finish("issues", "closes", &closed).await.0, "done");
    assert_eq!(backend.retrieve(&tenants[0].key, "octo/hello", 43).await.status, 404);
    assert_eq!(backend.retrieve(&tenants[1].key, "octo/hello", 43).await.status, 200);
    tenants
}

/// Writes and goes on counting, brings back what was hidden, and keeps tenants apart.
pub(super) async fn assert_goes_on(backend: &Backend, tenants: &[Tenant]) {
    let [octo, rival] = tenants else { panic!("two tenants") };
    let before = backend.retrieve(&rival.key, "octo/hello", 42).await.body;
    let replaced = backend.store(&octo.key, "octo/hello", 42, "scan", "2").await;
    assert_eq!((replaced.status, &replaced.json()["revision"]), (200, &Value::from(2)), "{}", replaced.body);
    assert_eq!(backend.store(&octo.key, "octo/hello", 45, "scan", "3").await.status, 201);
    assert_eq!(backend.delete(&octo.key, "octo/hello", 42).await.status, 200);
    assert_eq!(backend.retrieve(&rival.key, "octo/hello", 42).await.body, before);
    assert_eq!(backend.retrieve(&rival.key, "octo/hello", 45).await.status, 404);
    let reopened = issue_event("reopened", 43, &in_seconds(1));
    assert_eq!(backend.deliver_and_finish("issues", "reopens", &reopened).await.0, "done");
    assert_eq!(backend.retrieve(&octo.key, "octo/hello", 43).await.status, 200);
}
