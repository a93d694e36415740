//! Claims: who works on a phase of an issue, and who may store it meanwhile.

mod lists;
mod model;
mod places;
mod races;
mod refusals;
mod rules;
mod trouble;
mod walk;

use phase_data_tests::{APP_SECRET, Answer, Backend, LocalIssuer, Tenant};
use serde_json::{Value, json};
use sqlx::{Executor, PgConnection};

/// A backend that takes keys, tokens and the App's deliveries.
struct Stage {
    backend: Backend,
    octo: Tenant,
    admin: String,
    issuer: LocalIssuer,
}

/// A phase of an issue.
#[derive(Debug, Clone, Copy)]
struct Location {
    repository: &'static str,
    issue: u32,
    phase: &'static str,
}

/// The place of most stories.
const HERE: Location = Location { repository: "octo/hello", issue: 42, phase: "mitigate" };

impl Stage {
    async fn start() -> Self {
        let issuer = LocalIssuer::start();
        let settings = [APP_SECRET, ("PHASE_DATA_OIDC_ISSUERS", &issuer.setting())];
        let backend = Backend::start_with(&settings).await;
        let octo = backend.tenant("octo", 9919);
        let admin = backend.key(&octo.account, &["--scope", "admin"]);
        let stage = Self { backend, octo, admin, issuer };
        // The repository has its id before keys name it: in one second, a token would not prove the name.
        let known = Location { issue: 1_000_000, ..HERE };
        assert_eq!(stage.claim(&stage.run(1, 1), known, 1_000_000).await.status, 201);
        stage
    }

    /// A token of this run's attempt.
    fn run(&self, id: u32, attempt: u32) -> String {
        let claims = json!({ "run_id": id.to_string(), "run_attempt": attempt.to_string() });
        self.issuer.token_with(self.backend.url(), &claims)
    }

    async fn call(&self, method: &str, credential: &str, path: &str, body: Option<&Value>) -> Answer {
        let bearer = format!("Bearer {credential}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let headers = if body.is_some() { &headers[..] } else { &headers[..1] };
        let body = body.map_or(String::new(), Value::to_string);
        self.backend.send(method, &format!("/api/v1/{path}"), headers, body).await
    }

    async fn claim_with(&self, credential: &str, place: Location, id: u32, body: Value) -> Answer {
        self.call("PUT", credential, &place.claim(id), Some(&body)).await
    }

    async fn claim(&self, credential: &str, place: Location, id: u32) -> Answer {
        self.claim_with(credential, place, id, json!({})).await
    }

    async fn renew(&self, credential: &str, place: Location, id: u32) -> Answer {
        self.call("POST", credential, &format!("{}/renew", place.claim(id)), Some(&json!({}))).await
    }

    async fn release(&self, credential: &str, place: Location, id: u32) -> Answer {
        self.call("DELETE", credential, &place.claim(id), None).await
    }

    /// Stores a document under the members of `more`, like `claim_id`.
    async fn store(&self, credential: &str, place: Location, data: &str, more: Value) -> Answer {
        let mut body = json!({
            "repository": place.repository, "issue_number": place.issue, "phase": place.phase, "data": data,
        });
        for (name, value) in more.as_object().expect("members") {
            body[name] = value.clone();
        }
        self.call("POST", credential, "phase_data", Some(&body)).await
    }

    /// Stores a document with a claim.
    async fn store_with(&self, credential: &str, place: Location, data: &str, id: u32) -> Answer {
        self.store(credential, place, data, json!({ "claim_id": claim_id(id) })).await
    }

    async fn attempts(&self, place: Location) -> Vec<Value> {
        let path = format!("{}/attempts", place.path());
        let answer = self.call("GET", &self.octo.key, &path, None).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["attempts"].as_array().expect("attempts").clone()
    }

    /// The states of the attempts, the oldest first.
    async fn states(&self, place: Location) -> Vec<String> {
        let attempts = self.attempts(place).await;
        attempts.iter().rev().map(|it| it["state"].as_str().expect("a state").to_owned()).collect()
    }

    /// Lets so many seconds pass for the claim on this issue, by PostgreSQL's clock.
    async fn pass(&self, issue: u32, seconds: u32) {
        let mut database = self.backend.database().await;
        pass(&mut database, issue, seconds).await;
    }
}

async fn pass(database: &mut PgConnection, issue: u32, seconds: u32) {
    let later = sqlx::query(
        "update attempt set lease_ends_at = lease_ends_at - make_interval(secs => $2)
          where issue_number = $1 and ended_at is null",
    );
    let issue = i32::try_from(issue).expect("an issue");
    database.execute(later.bind(issue).bind(f64::from(seconds))).await.expect("time passes");
}

impl Location {
    fn path(self) -> String {
        let Self { repository, issue, phase } = self;
        format!("phase_data/{repository}/{issue}/phases/{phase}")
    }

    fn claim(self, id: u32) -> String {
        format!("{}/claims/{}", self.path(), claim_id(id))
    }
}

/// The claim id of this number.
fn claim_id(number: u32) -> String {
    format!("00000000-0000-4000-8000-{number:012x}")
}

/// The status and, of a problem, its code.
fn result_of(answer: &Answer) -> (u16, String) {
    let code = if answer.status < 400 { String::new() } else { answer.code() };
    (answer.status, code)
}

fn is_claimed() -> (u16, String) {
    (409, "phase_claimed".to_owned())
}

fn is_lost() -> (u16, String) {
    (409, "claim_lost".to_owned())
}

fn done(status: u16) -> (u16, String) {
    (status, String::new())
}
