//! Of a payload nothing is kept but ids, names and times, whatever is wrong with it.

use phase_data_tests::{APP_SECRET, APP_WEBHOOK, Backend, hook_signature, issue_event, repository};
use serde_json::{Value, json};
use sqlx::{Executor, PgConnection};

use super::in_seconds;

/// Nothing of GitHub's can have this name: it has a blank.
const CANARY: &str = "CANARY 1";

/// A payload with every member that is read, and some that are not.
fn payload() -> Value {
    let at = in_seconds(0);
    let mut payload = issue_event("closed", 42, &at);
    payload["issue"]["body"] = json!({ "of": ["any", "shape"] });
    payload["changes"] = json!({
        "new_issue": { "number": 7 },
        "new_repository": repository(9919, 99, "octo/other", &at),
        "repository": { "name": { "from": "hi" } },
    });
    payload["installation"] = json!({ "id": 5, "account": { "id": 9919, "login": "octo", "slug": "octo" } });
    payload["organization"] = json!({ "id": 9919, "login": "octo" });
    payload["repositories_added"] = json!([{ "id": 1, "full_name": "octo/one" }]);
    payload["repositories_removed"] = json!([{ "id": 2, "full_name": "octo/two" }]);
    payload
}

/// Every place in a value, as JSON pointers.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| places(value, &format!("{at}/{name}"), found));
        }
        Value::Array(entries) => {
            entries
                .iter()
                .enumerate()
                .for_each(|(index, value)| places(value, &format!("{at}/{index}"), found));
        }
        _ => {}
    }
}

/// The payload with a canary at this place: instead of what is there, and beside it.
fn with_canary(payload: &Value, place: &str) -> Vec<Value> {
    let instead = [json!(CANARY), json!([CANARY]), json!({ CANARY: CANARY })].map(|canary| {
        let mut changed = payload.clone();
        *changed.pointer_mut(place).expect("the place") = canary;
        changed
    });
    let mut beside = payload.clone();
    if let Some(Value::Object(members)) = beside.pointer_mut(place) {
        members.insert(CANARY.to_owned(), json!(CANARY));
    }
    instead.into_iter().chain([beside]).collect()
}

async fn tables_with_canary(database: &mut PgConnection) -> Vec<String> {
    let tables: Vec<String> =
        sqlx::query_scalar("select tablename::text from pg_tables where schemaname = 'phase_data'")
            .fetch_all(&mut *database)
            .await
            .expect("the tables");
    assert!(tables.len() > 8, "{tables:?}");
    let mut found = Vec::new();
    for table in tables {
        let look = format!("select exists (select from {table} t where t::text ilike '%canary%')");
        let has: bool =
            sqlx::query_scalar(sqlx::AssertSqlSafe(look)).fetch_one(&mut *database).await.expect("a look");
        found.extend(has.then_some(table));
    }
    found
}

async fn post(backend: &Backend, event: &str, id: &str, body: String) -> (u16, String) {
    let headers = [
        ("x-hub-signature-256", hook_signature(APP_SECRET.1, body.as_bytes())),
        ("x-github-event", event.to_owned()),
        ("x-github-delivery", id.to_owned()),
        ("content-type", "application/json".to_owned()),
    ];
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let answer = backend.send("POST", APP_WEBHOOK, &headers, body).await;
    (answer.status, answer.body)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_part_of_a_payload_is_in_an_answer_the_log_the_database_or_the_list() {
    let verbose = ("PHASE_DATA_LOG", "info,phase_data_backend=trace");
    let backend = Backend::start_with(&[APP_SECRET, verbose]).await;
    backend.tenant("octo", 9919);
    let (mut sent, mut all) = (0, Vec::new());
    places(&payload(), "", &mut all);
    for (event, actions) in [
        ("issues", &["closed", "reopened", "deleted", "transferred", "edited"][..]),
        ("repository", &["renamed", "deleted", "archived", "unarchived", "transferred"]),
        ("installation", &["created", "deleted"]),
        ("installation_repositories", &["added", "removed"]),
        ("ping", &[""]),
        ("from_the_future", &["closed"]),
    ] {
        for action in actions {
            let mut payload = payload();
            payload["action"] = json!(action);
            for place in &all {
                for changed in with_canary(&payload, place) {
                    sent += 1;
                    let (status, body) =
                        post(&backend, event, &format!("d-{sent}"), changed.to_string()).await;
                    assert_eq!(status, 202, "{event}.{action} {place}: {body}");
                    assert!(!body.contains("CANARY"), "{event}.{action} {place}: {body}");
                }
            }
        }
        for broken in [CANARY, "{\"CANARY 1\"}", "{\"action\": \"CANARY 1", "{} CANARY", "[CANARY]"] {
            let (status, body) = post(&backend, event, "broken", broken.to_owned()).await;
            assert_eq!((status, body.contains("CANARY")), (400, false), "{event} {broken}: {body}");
        }
    }

    let mut database = backend.database().await;
    let waiting = "select exists (select from webhook_delivery where state = 'pending')";
    while sqlx::query_scalar(waiting).fetch_one(&mut database).await.expect("the queue") {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let states = "select state::text, count(*) from webhook_delivery group by state order by state";
    let states: Vec<(String, i64)> = sqlx::query_as(states).fetch_all(&mut database).await.expect("states");
    let counted = |(_, count): &(String, i64)| *count > 50;
    assert!(states.len() == 3 && states.iter().all(counted), "each kind of outcome: {states:?}");
    assert_eq!(tables_with_canary(&mut database).await, [""; 0]);
    assert!(backend.log().contains("d-1"), "the log has the deliveries");
    assert_eq!(backend.log().lines().find(|line| line.to_lowercase().contains("canary")), None);

    let admin = format!("Bearer {}", backend.key("octo", &["--scope", "admin"]));
    let list = "/api/v1/admin/webhook_deliveries?limit=100&state=failed";
    let list = backend.send("GET", list, &[("authorization", &admin)], "").await;
    let reasons = list.json()["deliveries"].as_array().expect("deliveries").len();
    assert!(reasons > 50 && !list.body.contains("CANARY"), "{reasons}: {}", list.body);
}

#[tokio::test]
async fn a_refusal_of_postgresqls_that_quotes_a_document_is_kept_by_its_code_alone() {
    let backend = Backend::start_with(&[APP_SECRET]).await;
    let octo = backend.tenant("octo", 9919);
    backend.store(&octo.key, "octo/hello", 42, "scan", "\"CANARY 1\"").await;
    let mut database = backend.database().await;
    let quoting = "create function quote() returns trigger language plpgsql as
                   $$ begin perform new.data::text::integer; return new; end $$;
                   create trigger quoting before update on phase_data for each row execute function quote()";
    database.execute(quoting).await.expect("it breaks");
    let closed = issue_event("closed", 42, &in_seconds(0));
    let answer = backend.deliver((APP_WEBHOOK, APP_SECRET.1), "issues", "quoted", &closed).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    let line = backend.logged("is retried later").await;
    assert!(line.contains("the database refused it: SQLSTATE 22P02"), "{line}");
    let reason: Option<String> = sqlx::query_scalar("select reason from webhook_delivery")
        .fetch_one(&mut database)
        .await
        .expect("the delivery");
    assert_eq!(reason.as_deref(), Some("the database refused it: SQLSTATE 22P02"));
    assert!(!backend.log().contains("CANARY"), "{}", backend.log());
}
