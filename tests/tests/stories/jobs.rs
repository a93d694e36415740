//! The background jobs have one owner, which logs the counts of each run, why it failed, and when it recovered.

use std::time::Duration;

use phase_data_tests::Backend;
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// Gives a function of the database another name.
async fn rename(database: &mut PgConnection, from: &str, to: &str) {
    let find = "select p.oid::regprocedure::text from pg_proc p
                 where p.proname = $1 and p.pronamespace::regnamespace::text like 'phase_data_fn_%'";
    let function: String =
        sqlx::query_scalar(find).bind(from).fetch_one(&mut *database).await.expect("it is there");
    let rename = AssertSqlSafe(format!("alter function {function} rename to {to}"));
    sqlx::raw_sql(rename).execute(database).await.expect("it is renamed");
}

/// The lines of the log about one job.
fn lines(backend: &Backend, job: &str) -> Vec<Value> {
    let lines =
        backend.log().lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()).collect::<Vec<_>>();
    lines.into_iter().map(|line| line["fields"].clone()).filter(|fields| fields["job"] == job).collect()
}

#[tokio::test]
async fn a_job_logs_its_counts_its_failures_and_its_recovery() {
    let backend = Backend::start_with(&[("PHASE_DATA_PURGE_SECONDS", "1")]).await;
    let octo = backend.tenant("octo", 9919);
    let mut database = backend.database().await;
    rename(&mut database, "purge_batch", "purge_batch_away").await;
    backend.logged("a background job failed").await;
    backend.store(&octo.key, "octo/hello", 1, "scan", "1").await;
    let expire = "update phase_data set expires_at = now() - interval '1 day'";
    sqlx::raw_sql(expire).execute(&mut database).await.expect("it expires");
    tokio::time::sleep(Duration::from_secs(6)).await;
    rename(&mut database, "purge_batch_away", "purge_batch").await;
    backend.logged("a background job completed a run").await;
    database.close().await.expect("it closes");

    let lines = lines(&backend, "purge");
    let of = |message: &str| -> Vec<&Value> {
        lines
            .iter()
            .filter(|line| line["message"].as_str().is_some_and(|text| text.starts_with(message)))
            .collect()
    };
    let failures: Vec<u64> =
        of("a background job failed").iter().filter_map(|line| line["failures"].as_u64()).collect();
    assert!(
        [&[1, 2, 4][..], &[1, 2, 4, 8]].contains(&failures.as_slice()),
        "not each is logged: {failures:?}"
    );
    let error = of("a background job failed")[0]["error"].as_str().unwrap_or_default().to_owned();
    assert!(error.contains("functions"), "{error}");
    let again = of("a background job recovered");
    assert!(
        again.len() == 1 && again[0]["failures"].as_u64() > failures.last().copied().map(|last| last - 1),
        "{again:?}"
    );
    let completed = of("a background job completed a run");
    assert_eq!(completed.iter().map(|line| &line["counts"]).collect::<Vec<_>>(), ["expired 1"]);
    assert!(completed[0]["duration_ms"].is_number(), "{}", completed[0]);
    assert_eq!(backend.send("GET", "/health/live", &[], "").await.status, 200);
}
