//! Deleted data is kept for the grace period and not longer.

use std::time::Duration;

use phase_data_tests::Backend;
use sqlx::Executor;

async fn rows(backend: &Backend) -> i64 {
    let count = "select count(*) from phase_data";
    sqlx::query_scalar(count).fetch_one(&mut backend.database().await).await.expect("a count")
}

#[tokio::test]
async fn what_was_deleted_is_removed_for_good_when_its_grace_period_is_over() {
    let backend = Backend::start_with(&[("PHASE_DATA_PURGE_SECONDS", "1")]).await;
    let octo = backend.tenant("octo", 9919);
    for issue in [1, 2, 3] {
        backend.store(&octo.key, "octo/hello", issue, "scan", "1").await;
    }
    backend.delete(&octo.key, "octo/hello", 1).await;
    backend.delete(&octo.key, "octo/hello", 2).await;
    let past = "update phase_data set deleted_at = now() - interval '8 days' where issue_number = 1";
    backend.database().await.execute(past).await.expect("time passes");
    backend.logged("purged deleted data").await;
    assert_eq!(rows(&backend).await, 2, "one is past its grace period, one within it, one was never deleted");
    assert_eq!(backend.retrieve(&octo.key, "octo/hello", 3).await.status, 200);
    let bearer = format!("Bearer {}", octo.key);
    let path = "/api/v1/phase_data/octo/hello/1/events?limit=1";
    let receipts = backend.send("GET", path, &[("authorization", &bearer)], "").await.json();
    assert_eq!(receipts["events"][0]["kind"], "purged");
    assert_eq!(receipts["events"][0]["actor"]["kind"], "system");
}

#[tokio::test]
async fn without_a_grace_period_deleted_data_is_gone_at_once() {
    let settings = [("PHASE_DATA_PURGE_SECONDS", "1"), ("PHASE_DATA_GRACE_DAYS", "0")];
    let backend = Backend::start_with(&settings).await;
    let octo = backend.tenant("octo", 9919);
    backend.store(&octo.key, "octo/hello", 1, "scan", "1").await;
    backend.delete(&octo.key, "octo/hello", 1).await;
    backend.logged("purged deleted data").await;
    assert_eq!(rows(&backend).await, 0);
}

#[tokio::test]
async fn purging_right_away_skips_the_grace_period() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    backend.store(&octo.key, "octo/hello", 1, "scan", "1").await;
    backend.store(&octo.key, "octo/hello", 1, "validate", "1").await;
    backend.delete(&octo.key, "octo/hello", 1).await;
    tokio::time::sleep(Duration::from_millis(10)).await;
    let bearer = format!("Bearer {}", octo.key);
    let path = "/api/v1/phase_data/octo/hello/1?purge=true";
    let purged = backend.send("DELETE", path, &[("authorization", &bearer)], "").await;
    assert_eq!(purged.json()["deleted"], serde_json::json!(["scan", "validate"]), "the hidden ones, too");
    assert_eq!(rows(&backend).await, 0);
}
