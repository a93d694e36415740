//! Every operation of the contract, called by one tenant on what another has: with keys, with id tokens and
//! mixed. The operations come from the contract itself, so that a new one can't escape.

use phase_data_tests::{Answer, Backend, LocalIssuer, Step, Tenant};
use serde_json::{Value, json};

/// A text that only the victim may see.
const SECRET: &str = "only-the-victim-knows";
const UNKNOWN_KEY: &str = "0123456789aZ";
/// The claim of the victim, whose id the rival found out.
const CLAIM: &str = "phases/validate/claims/7d0c0b0e-3c1e-4e0c-9d2c-5a1f5f0c6b11";

struct Stage {
    issuer: LocalIssuer,
    backend: Backend,
    victim: Tenant,
    rival: Tenant,
}

/// Both tenants have a repository called `octo/hello` with an issue 42; only the victim has data there.
async fn stage(victim_writes_by_token: bool) -> Stage {
    let issuer = LocalIssuer::start();
    let backend = Backend::start_with(&[("PHASE_DATA_OIDC_ISSUERS", &issuer.setting())]).await;
    let (mut victim, mut rival) = (backend.tenant("octo", 9919), backend.tenant("rival", 666));
    for tenant in [&mut victim, &mut rival] {
        tenant.key = backend.key(&tenant.account, &["--scope", "admin"]);
    }
    let data = format!("{{\"secret\":\"{SECRET}\"}}");
    if victim_writes_by_token {
        let step = issuer.permit(Step::new("store", backend.url(), "", 42));
        let stored = step.input("phase", "scan").input("data", &data).run();
        assert!(stored.success, "{}", stored.log);
    } else {
        assert_eq!(backend.store(&victim.key, "octo/hello", 42, "scan", &data).await.status, 201);
    }
    let claim = format!("/api/v1/phase_data/octo/hello/42/{CLAIM}");
    let bearer = format!("Bearer {}", victim.key);
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    assert_eq!(backend.send("PUT", &claim, &headers, "{}").await.status, 201);
    // From here on tokens are the rival's: another owner with the same names.
    issuer.claim(json!({ "repository_owner_id": "666", "repository_id": "667" }));
    Stage { issuer, backend, victim, rival }
}

impl Stage {
    /// A call of the rival's on these things.
    async fn attack(&self, by_token: bool, operation: &Operation, issue: u32, key_id: &str) -> Answer {
        let token = self.issuer.token(self.backend.url());
        let bearer = format!("Bearer {}", if by_token { &token } else { &self.rival.key });
        let headers = [("authorization", bearer.as_str()), ("content-type", operation.content_type.as_str())];
        let body = operation.body(issue).map_or(String::new(), |body| body.to_string());
        let path = operation.path.replace("{issue_number}", &issue.to_string()).replace("{key_id}", key_id);
        self.backend.send(&operation.method, &path, &headers, body).await
    }

    /// All that the victim can see of its own.
    async fn victims_view(&self) -> Vec<Value> {
        let bearer = format!("Bearer {}", self.victim.key);
        let mut view = Vec::new();
        for path in [
            "phase_data/octo/hello/42",
            "phase_data/octo/hello/42/events",
            "phase_data/octo/hello/42/phases/validate/attempts",
            "admin/keys",
            "admin/policy",
            "admin/retention",
            "admin/usage",
            "admin/webhook_secret",
            "admin/webhook_deliveries",
        ] {
            let headers = [("authorization", bearer.as_str())];
            let answer = self.backend.send("GET", &format!("/api/v1/{path}"), &headers, "").await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.body);
            let mut json = answer.json();
            redact(&mut json, &["last_used_at"]);
            view.push(json);
        }
        view
    }
}

struct Operation {
    id: String,
    method: String,
    path: String,
    wants_body: bool,
    content_type: String,
}

/// The operations that want a credential, with a value for every parameter but those that attacks choose.
async fn operations(backend: &Backend) -> Vec<Operation> {
    let contract = backend.send("GET", "/openapi.json", &[], "").await.json();
    let mut operations = Vec::new();
    for (path, methods) in contract["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("operations") {
            if operation["security"].as_array().is_some_and(Vec::is_empty) {
                continue;
            }
            let path = path.replace("{repository}", "octo%2Fhello");
            let path = path.replace("phases/{phase}/claims/{claim_id}", CLAIM).replace("{phase}", "validate");
            let rest = path.replace("{issue_number}", "").replace("{key_id}", "");
            assert!(!rest.contains('{'), "{path}: say here what a rival would give for its parameters");
            let id = operation["operationId"].as_str().expect("an id").to_owned();
            let content = operation["requestBody"]["content"].as_object();
            let content_type = content.and_then(|content| content.keys().next().cloned());
            operations.push(Operation {
                path: format!("{path}{}", rival_query(&id)),
                id,
                method: method.to_uppercase(),
                wants_body: content.is_some(),
                content_type: content_type.unwrap_or_default(),
            });
        }
    }
    operations
}

/// Returns the query that a rival sends with an operation: what it requires, and what could change or find another's state.
fn rival_query(id: &str) -> &'static str {
    match id {
        "merge_phase_data" => "?phase=scan&status=failed&reason=theirs",
        "list_issues" => "?status=completed&older_than=1",
        _ => "",
    }
}

impl Operation {
    fn names_an_issue(&self) -> bool {
        self.wants_body || self.path.contains("{issue_number}")
    }

    fn body(&self, issue: u32) -> Option<Value> {
        self.wants_body.then(|| match self.id.as_str() {
            "store_phase_data" => {
                json!({ "repository": "octo/hello", "issue_number": issue, "phase": "scan", "status": "failed", "reason": "theirs",
                    "data": "theirs" })
            }
            "claim_phase" | "renew_claim" => json!({}),
            "merge_phase_data" => json!({ "mine": "theirs" }),
            "create_key" => json!({ "name": "rival", "scope": "read" }),
            "make_webhook_secret" => json!({ "old_expires_in_hours": 0 }),
            "rotate_key" => json!({ "old_expires_in_hours": 0 }),
            "put_retention" => json!({ "grace_days": 0 }),
            "put_policy" => json!({ "events": { "push": false } }),
            other => panic!("{other}: say here what a rival would send"),
        })
    }
}

/// Takes out what differs from one call to the next by its nature.
fn redact(json: &mut Value, members: &[&str]) {
    match json {
        Value::Object(object) => {
            for (name, value) in object {
                if members.contains(&name.as_str()) { *value = Value::Null } else { redact(value, members) }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| redact(value, members)),
        _ => {}
    }
}

/// An answer without what differs by the issue and the key that were asked about. A call that names no issue is
/// the same both times, and so must be all of its answer.
fn comparable(answer: &Answer, operation: &Operation, issue: u32, key_id: &str) -> (u16, String) {
    if answer.body.is_empty() {
        return (answer.status, String::new());
    }
    let mut json = answer.json();
    let own = [
        "request_id",
        "created_at",
        "updated_at",
        "started_at",
        "lease_ends_at",
        "ended_at",
        "at",
        "id",
        "api_key",
        "secret",
        "expires_at",
        "last_used_at",
        "claims",
        "etag",
    ];
    redact(&mut json, &own);
    let text = json.to_string().replace(key_id, "KEY");
    if !operation.names_an_issue() {
        return (answer.status, text);
    }
    let text = text
        .replace(&format!("\"issue_number\":{issue}"), "ISSUE")
        .replace(&format!("ssue {issue}"), "ISSUE");
    (answer.status, text)
}

async fn nobody_reaches_what_is_anothers(victim_by_token: bool, rival_by_token: bool) {
    let stage = stage(victim_by_token).await;
    let before = stage.victims_view().await;
    let victims_key = &stage.victim.key[3..15];
    let operations = operations(&stage.backend).await;
    assert!(operations.len() >= 13, "{}", operations.len());
    // Twice: what a rival has left behind must open nothing, either.
    for operation in operations.iter().chain(&operations) {
        let theirs = stage.attack(rival_by_token, operation, 42, victims_key).await;
        let nothing = stage.attack(rival_by_token, operation, 43, UNKNOWN_KEY).await;
        assert_eq!(
            comparable(&theirs, operation, 42, victims_key),
            comparable(&nothing, operation, 43, UNKNOWN_KEY),
            "{}: another's data is told apart from none",
            operation.id
        );
        for owned in [SECRET, &stage.victim.account] {
            assert!(!theirs.body.contains(owned), "{}: {}", operation.id, theirs.body);
        }
        assert!(theirs.status < 500, "{}: {}", operation.id, theirs.body);
    }
    assert_eq!(stage.victims_view().await, before, "the rival changed what is the victim's");
}

#[tokio::test]
async fn a_rival_with_a_key_reaches_nothing_of_a_victim_with_a_key() {
    nobody_reaches_what_is_anothers(false, false).await;
}

#[tokio::test]
async fn a_rival_with_a_token_reaches_nothing_of_a_victim_with_a_key() {
    nobody_reaches_what_is_anothers(false, true).await;
}

#[tokio::test]
async fn a_rival_with_a_key_reaches_nothing_of_a_victim_with_tokens() {
    nobody_reaches_what_is_anothers(true, false).await;
}

#[tokio::test]
async fn a_rival_with_a_token_reaches_nothing_of_a_victim_with_tokens() {
    nobody_reaches_what_is_anothers(true, true).await;
}
