//! Two tenants with the same repository name and issue number never meet.

mod by_contract;

use phase_data_tests::{Answer, Backend, Tenant};

/// An answer without what names the request itself.
fn bytes(answer: &Answer) -> (u16, String) {
    let id = answer.header("x-request-id");
    assert!(!id.is_empty());
    (answer.status, answer.body.replace(id, "REQUEST"))
}

async fn two_tenants(backend: &Backend) -> (Tenant, Tenant) {
    let (octo, rival) = (backend.tenant("octo", 1), backend.tenant("rival", 2));
    let stored = backend.store(&octo.key, "octo/hello", 42, "scan", r#"{"secret":"octo's"}"#).await;
    assert_eq!(stored.status, 201, "{}", stored.body);
    (octo, rival)
}

#[tokio::test]
async fn what_belongs_to_another_is_answered_byte_for_byte_like_what_is_not_there() {
    let backend = Backend::start().await;
    let (_, rival) = two_tenants(&backend).await;
    let theirs = backend.retrieve(&rival.key, "octo/hello", 42).await;
    let nothing = backend.retrieve(&rival.key, "octo/hello", 43).await;
    let (status, body) = bytes(&nothing);
    assert_eq!(bytes(&theirs), (status, body.replace("43", "42")));
    assert_eq!(theirs.code(), "phase_data_not_found");

    let theirs = backend.delete(&rival.key, "octo/hello", 42).await;
    let nothing = backend.delete(&rival.key, "octo/hello", 43).await;
    let (status, body) = bytes(&nothing);
    assert_eq!(bytes(&theirs), (status, body.replace("43", "42")));
}

#[tokio::test]
async fn a_tenant_neither_overwrites_nor_deletes_anothers_data() {
    let backend = Backend::start().await;
    let (octo, rival) = two_tenants(&backend).await;
    let before = backend.retrieve(&octo.key, "octo/hello", 42).await;

    let own = backend.store(&rival.key, "octo/hello", 42, "scan", r#"{"secret":"rival's"}"#).await;
    assert_eq!((own.status, own.json()["revision"].as_i64()), (201, Some(1)), "{}", own.body);
    let replaced =
        backend.store_if(&rival.key, "octo/hello", 42, "validate", "1", &[("if-match", "*")]).await;
    assert_eq!((replaced.status, replaced.code()), (412, "revision_mismatch".to_owned()));
    assert_eq!(backend.delete(&rival.key, "octo/hello", 42).await.status, 200);
    let purge = format!("Bearer {}", rival.key);
    let purged = backend
        .send("DELETE", "/api/v1/phase_data/octo/hello/42?purge=true", &[("authorization", &purge)], "")
        .await;
    assert_eq!(purged.status, 200, "{}", purged.body);

    let after = backend.retrieve(&octo.key, "octo/hello", 42).await;
    assert_eq!(after.body, before.body);
}

#[tokio::test]
async fn a_query_without_its_tenant_sees_nothing_behind_the_second_fence() {
    use sqlx::{Connection, Executor, Row};
    let backend = Backend::start().await;
    let (octo, _) = two_tenants(&backend).await;
    let mut database = backend.database().await;
    database.execute("set role phase_data_app").await.expect("the server's role");
    // The statement of a handler without its `where forge_account_id = …`.
    let unfiltered = "select count(*) from phase_data";
    let count = |row: sqlx::postgres::PgRow| row.get::<i64, _>(0);
    let seen = database.fetch_one(unfiltered).await.map(count).expect("a query without a tenant");
    assert_eq!(seen, 0);

    #[expect(clippy::disallowed_methods, reason = "a connection of the test's own")]
    let mut transaction = database.begin().await.expect("a transaction");
    let tenant = "select set_config('phase_data.account', $1, true)";
    sqlx::query(tenant).bind(&octo.account).execute(&mut *transaction).await.expect("a tenant");
    let seen = transaction.fetch_one(unfiltered).await.map(count).expect("a query with a tenant");
    assert_eq!(seen, 1);
    transaction.rollback().await.expect("the end");

    for forbidden in ["update phase_event set at = now()", "truncate phase_event"] {
        let refusal = database.execute(forbidden).await.expect_err(forbidden).to_string();
        assert!(refusal.contains("permission denied"), "{forbidden}: {refusal}");
    }
    // Events end after their time, which is a day at least, and by the one task that ends them.
    for task in ["", "purge", "webhook", "events"] {
        let names =
            "select set_config('phase_data.account', $1, false), set_config('phase_data.task', $2, false)";
        sqlx::query(names).bind(&octo.account).bind(task).execute(&mut database).await.expect("a tenant");
        let gone = database.execute("delete from phase_event").await.expect("a statement");
        assert_eq!(gone.rows_affected(), 0, "{task}");
    }
}
