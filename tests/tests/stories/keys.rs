//! API keys through their life.

use std::time::Duration;

use phase_data_tests::Backend;

#[tokio::test]
async fn a_read_key_reads_and_does_not_write() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let reader = backend.key(&octo.account, &["--scope", "read"]);
    backend.store(&octo.key, "octo/hello", 42, "scan", "1").await;
    assert_eq!(backend.retrieve(&reader, "octo/hello", 42).await.status, 200);
    for answer in [
        backend.store(&reader, "octo/hello", 42, "scan", "2").await,
        backend.delete(&reader, "octo/hello", 42).await,
    ] {
        assert_eq!((answer.status, answer.code()), (403, "insufficient_scope".to_owned()));
        assert!(answer.body.contains("the scope write, and the credential has read"), "{}", answer.body);
    }
}

#[tokio::test]
async fn a_revoked_key_stops_working_within_a_second_and_others_go_on() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let old = backend.key(&octo.account, &[]);
    assert_eq!(backend.store(&old, "octo/hello", 42, "scan", "1").await.status, 201);
    backend.command(&["key", "revoke", &old[3..15]]);
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(backend.store(&old, "octo/hello", 42, "scan", "2").await.status, 401);
    assert_eq!(backend.store(&octo.key, "octo/hello", 42, "scan", "2").await.status, 200);
    let listed = backend.command(&["key", "list", "--account", &octo.account]);
    assert_eq!(listed.lines().filter(|line| line.contains("revoked")).count(), 1, "{listed}");
}

#[tokio::test]
async fn an_expired_key_is_told_so_and_a_guess_is_not() {
    use sqlx::Executor;
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let key = backend.key(&octo.account, &["--expires-in-days", "1"]);
    let past = "update api_key set expires_at = now() - interval '1 hour' where expires_at is not null";
    backend.database().await.execute(past).await.expect("time passes");
    let answer = backend.retrieve(&key, "octo/hello", 42).await;
    assert_eq!((answer.status, answer.code()), (401, "credential_expired".to_owned()));
}

#[tokio::test]
async fn keys_are_stored_as_digests_and_shown_once() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let rows: Vec<String> = sqlx::query_scalar("select k::text from api_key k")
        .fetch_all(&mut backend.database().await)
        .await
        .expect("the keys' rows");
    assert_eq!(rows.len(), 1);
    assert!(!rows[0].contains(&octo.key[15..]), "the secret is in the row");
    assert!(!backend.command(&["key", "list"]).contains(&octo.key[15..]));
}

#[tokio::test]
async fn every_change_leaves_a_receipt_without_the_payload() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    backend.store(&octo.key, "octo/hello", 42, "scan", r#""payload-a""#).await;
    backend.store(&octo.key, "octo/hello", 42, "scan", r#""payload-a""#).await;
    backend.store(&octo.key, "octo/hello", 42, "scan", r#""payload-b""#).await;
    backend.delete(&octo.key, "octo/hello", 42).await;
    let events: Vec<String> = sqlx::query_scalar(
        "select kind || ' ' || phase || ' ' || revision || ' ' || (actor ->> 'key_id') from phase_event order by id",
    )
    .fetch_all(&mut backend.database().await)
    .await
    .expect("the events");
    let key = &octo.key[3..15];
    assert_eq!(
        events,
        [format!("stored scan 1 {key}"), format!("stored scan 2 {key}"), format!("deleted scan 2 {key}")]
    );
    let whole: Vec<String> = sqlx::query_scalar("select e::text from phase_event e")
        .fetch_all(&mut backend.database().await)
        .await
        .expect("the events");
    assert!(whole.iter().all(|row| !row.contains("payload-")), "{whole:?}");
}
