//! Many issues in one repository: each call reads about as many rows as it answers, by statistics from before they came, and
//! lists lead to every issue nevertheless.

use phase_data_tests::{Backend, Step, Tenant};
use serde_json::json;
use sqlx::{AssertSqlSafe, Executor, PgConnection, Row};

use super::admin::Admin;

/// The rows of the benchmark, of which this is a small version.
const FILL: &str = include_str!("../../../bench/lists-fill.sql");
const ISSUES: i64 = 20_000;
/// The most pages of tables and indexes that a call may read. All of the repository would be more than 60,000.
const MOST_PAGES: i64 = 16_000;

async fn execute(database: &mut PgConnection, sql: String) {
    database.execute(AssertSqlSafe(sql)).await.expect("a statement");
}

/// A server whose database has many issues of one kind, and never learned so.
async fn filled(mix: &str) -> (Backend, Tenant) {
    let backend = Backend::start_with(&[("PHASE_DATA_PURGE_SECONDS", "86400")]).await;
    let octo = backend.tenant("octo", 9919);
    let mut database = backend.database().await;
    for table in ["phase_data", "phase_event", "lifecycle"] {
        execute(&mut database, format!("alter table {table} set (autovacuum_enabled = false)")).await;
    }
    let account = &octo.account;
    execute(
        &mut database,
        format!(
            "set lists.account = '{account}'; set lists.mix = '{mix}'; set lists.issues = {ISSUES}; {FILL}"
        ),
    )
    .await;
    (backend, octo)
}

/// Returns the number of pages of tables and indexes that a call of the server reads.
async fn pages_read(database: &mut PgConnection, call: &str) -> i64 {
    let sql = format!("explain (analyze, buffers, timing off, format json) select * from {call}");
    let row = database.fetch_one(AssertSqlSafe(sql)).await.expect("a plan");
    let plan = row.get::<serde_json::Value, _>(0);
    let count = |name: &str| plan[0]["Plan"][name].as_i64().expect("a count");
    count("Shared Hit Blocks") + count("Shared Read Blocks")
}

#[tokio::test(flavor = "multi_thread")]
async fn no_call_reads_more_than_a_page_of_it_shows() {
    for mix in ["complete", "hidden", "over"] {
        let (backend, octo) = filled(mix).await;
        let account = &octo.account;
        let mut database = backend.database().await;
        let repository = database.fetch_one("select id::text from repository").await.expect("the repository");
        let repository: String = repository.get(0);
        execute(&mut database, "set role phase_data_app; set jit = off".to_owned()).await;
        let mut calls = Vec::new();
        for (closed, by_time) in [(false, false), (false, true), (true, false), (true, true)] {
            for filters in [
                "'mitigate', null, null, null, null, null, null",
                "null, 'mitigate', null, null, null, null, null",
                "null, null, repeat('a', 40), null, null, null, null",
                "null, null, null, 'failed', null, null, null",
                "null, null, null, null, 'false_positive', null, null",
                "null, null, null, null, null, 1e9, null",
                "null, null, null, null, null, null, true",
                "null, null, null, null, null, null, false",
            ] {
                calls.push(format!(
                    "list_issues(('{account}', 'octo/lists', null, null)::repository_ref, ({closed}, {filters})::issue_filter,
                                 {by_time}, null, null, 100)"
                ));
            }
        }
        calls.extend([
            format!("account_usage('{account}', 100, 5000)"),
            "count_usage('00000000-0000-0000-0000-000000000000', 100, 2500, 5000)".to_owned(),
            format!(
                "sweep_repositories('{account}', '{{}}', '00000000-0000-0000-0000-000000000000', 100, 200)"
            ),
            format!("sweep_account_closed('{account}', 200)"),
            format!("sweep_issues('{account}', '{repository}', '{{}}', 1000, 2000)"),
            format!("prune_lifecycle(interval '30 days', '{account}', '{repository}', 1000, 1000)"),
            "prune_events('00000000-0000-0000-0000-000000000000', interval '1 day', null, 500)".to_owned(),
            "purge_batch(100, null, null)".to_owned(),
        ]);
        for call in calls {
            let pages = pages_read(&mut database, &call).await;
            assert!(pages < MOST_PAGES, "{mix}: {call} read {pages} pages");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_leads_to_the_one_issue_that_matches_over_pages_without_any() {
    let (backend, octo) = filled("complete").await;
    for sort in ["issue_number", "updated_at"] {
        let (mut found, mut empty, mut cursor) = (Vec::new(), 0, String::new());
        loop {
            let path = format!(
                "/api/v1/repositories/octo/lists/issues?pending=validate&sort={sort}&limit=100{cursor}"
            );
            let bearer = format!("Bearer {}", octo.key);
            let page = backend.send("GET", &path, &[("authorization", &bearer)], "").await.json();
            let issues = page["issues"].as_array().unwrap_or_else(|| panic!("{page:#}")).clone();
            empty += i64::from(issues.is_empty());
            found.extend(issues.into_iter().map(|issue| issue["issue_number"].clone()));
            let Some(next) = page["next"].as_str() else { break };
            assert_ne!(format!("&cursor={next}"), cursor, "it leads on");
            cursor = format!("&cursor={next}");
        }
        assert_eq!(found, [json!(ISSUES)], "{sort}");
        assert!(empty > 10, "{sort}: only {empty} pages were empty");
    }
    let step = Step::new("list", backend.url(), &octo.key, 1).input("repository", "octo/lists");
    let listed = step.input("pending", "validate").run();
    assert_eq!(listed.output("issue-numbers"), format!("[{ISSUES}]"), "{}", listed.log);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_large_account_keeps_is_counted_in_the_background_and_is_right() {
    let (backend, octo) = filled("complete").await;
    let admin = Admin::of(&backend, &octo);
    let usage = async || admin.call("GET", "/usage", json!(null)).await;
    let early = usage().await;
    assert_eq!((early.code().as_str(), early.header("retry-after")), ("usage_not_counted", "60"));
    // Two at once, as two instances: each slice is counted once.
    let others = [0, 1].map(|_| Backend::start_on(backend.database_url().to_owned(), &[]));
    let counted = loop {
        let answer = usage().await;
        if answer.status == 200 {
            break answer.json();
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    };
    drop(others);
    let mut expected = json!({
        "documents": 3 * ISSUES - 2, "bytes": 8 * (3 * ISSUES - 2), "issues": ISSUES, "repository_count": 1,
        "repositories": [{
            "repository": "octo/lists", "documents": 3 * ISSUES - 2, "bytes": 8 * (3 * ISSUES - 2), "issues": ISSUES,
        }],
        "active_keys": 2,
        "events_last_30_days": {
            "stored": 2 * ISSUES, "deleted": ISSUES, "restored": 0, "expired": 0, "purged": 0, "moved": 0, "merged": 0,
        },
    });
    expected["counted_at"] = counted["counted_at"].clone();
    assert_eq!(counted, expected);
    assert_eq!(usage().await.json(), counted, "it was counted once, and is shown again");
}
