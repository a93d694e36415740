//! The purge: its command, its batches, and rows that can't be removed.

use phase_data_tests::Backend;
use serde_json::json;
use sqlx::{Connection, Executor};

use super::{call, kinds, let_grace_end, rows};

/// Waits until so many rows are left.
async fn until_rows(backend: &Backend, left: i64) {
    let began = std::time::Instant::now();
    while rows(backend).await != left {
        assert!(began.elapsed().as_secs() < 30, "{} rows: {}", rows(backend).await, backend.log());
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn the_purge_command_says_what_it_would_do_and_then_does_it() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    for issue in [1, 2] {
        backend.store(&octo.key, "octo/hello", issue, "scan", "1").await;
        backend.delete(&octo.key, "octo/hello", issue).await;
    }
    assert_eq!(backend.command(&["purge", "--dry-run"]).trim(), "nothing is due");
    let_grace_end(&backend, 1).await;
    let due = |done| format!("{}  {done} 1 past their grace period, 0 expired", octo.account);
    assert_eq!(backend.command(&["purge", "--dry-run"]).trim(), due("would remove"));
    assert_eq!(rows(&backend).await, 2);
    assert_eq!(backend.command(&["purge"]).trim(), due("removed"));
    assert_eq!(rows(&backend).await, 1);
}

#[tokio::test]
async fn what_has_expired_goes_even_while_it_could_otherwise_be_brought_back() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    for issue in [1, 2] {
        backend.store(&octo.key, "octo/hello", issue, "scan", "1").await;
        backend.delete(&octo.key, "octo/hello", issue).await;
    }
    let past = "update phase_data set expires_at = now() - interval '1 second' where issue_number = 1";
    backend.database().await.execute(past).await.expect("time passes");
    let due = |done| format!("{}  {done} 0 past their grace period, 1 expired", octo.account);
    assert_eq!(backend.command(&["purge", "--dry-run"]), due("would remove"));
    assert_eq!(call(&backend, &octo.key, "POST", "1/restore").await.json()["restored"], json!([]));
    assert_eq!(backend.command(&["purge"]), due("removed"));
    assert_eq!(kinds(&backend, &octo.key, 1).await, ["stored", "deleted", "expired"]);
    assert_eq!(call(&backend, &octo.key, "POST", "2/restore").await.json()["restored"], json!(["scan"]));
}

#[tokio::test]
async fn a_purge_goes_through_all_batches_and_leaves_what_is_locked_to_the_next_one() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    backend.store(&octo.key, "octo/hello", 1, "scan", "1").await;
    // Issues 2 to 251 are past their grace period, some at the same time; 252 to 501 have expired.
    let copy = "insert into phase_data (forge_account_id, repository_id, repository, issue_number, phase, data, data_bytes, data_sha256,
                                        revision, created_at, updated_at, deleted_at, purge_at, closed_by, expires_at)
                select d.forge_account_id, d.repository_id, d.repository, n, d.phase, d.data, d.data_bytes, d.data_sha256, 1,
                       d.created_at, d.updated_at, case when n < 252 then now() end,
                       case when n < 252 then now() - interval '1 minute' * (n / 10) end,
                       case when n < 252 then 'issue' end,
                       case when n > 251 then now() - interval '1 second' * n end
                  from phase_data d, generate_series(2, 501) n";
    backend.database().await.execute(copy).await.expect("more rows");
    let mut database = backend.database().await;
    #[expect(clippy::disallowed_methods, reason = "a connection of the test's own")]
    let mut locking = database.begin().await.expect("a transaction");
    locking
        .execute("select from phase_data where issue_number in (7, 300) for update")
        .await
        .expect("a lock");
    let removed = |closed, expired| {
        format!("{}  removed {closed} past their grace period, {expired} expired", octo.account)
    };
    assert_eq!(backend.command(&["purge"]), removed(249, 249));
    locking.rollback().await.expect("unlocked");
    assert_eq!(backend.command(&["purge"]), removed(1, 1));
    assert_eq!(rows(&backend).await, 1);
}

#[tokio::test]
async fn words_about_what_has_data_are_remembered_and_others_forgotten_after_a_month() {
    let backend = Backend::start().await;
    let (octo, rival) = (backend.tenant("octo", 9919), backend.tenant("rival", 666));
    // Live, hidden, and without any data; each was closed and opened or not.
    for (tenant, issues) in [(&octo, [1, 2, 3, 4]), (&rival, [5, 6, 7, 8])] {
        backend.store(&tenant.key, "octo/hello", 99, "scan", "1").await;
        for issue in issues {
            backend.delete(&tenant.key, "octo/hello", issue).await;
        }
        let [live, hidden, _, _] = issues;
        for issue in [live, hidden] {
            backend.store(&tenant.key, "octo/hello", issue, "scan", "1").await;
        }
        backend.delete(&tenant.key, "octo/hello", hidden).await;
    }
    let past = "update lifecycle set at = at - interval '31 days' where issue_number not in (4, 8)";
    backend.database().await.execute(past).await.expect("time passes");
    assert_eq!(backend.command(&["purge"]), "nothing is due");
    let left = "select array_agg(issue_number order by issue_number) from lifecycle";
    let left: Vec<i32> =
        sqlx::query_scalar(left).fetch_one(&mut backend.database().await).await.expect("issues");
    assert_eq!(left, [1, 2, 4, 5, 6, 8]);
}

#[tokio::test]
async fn a_document_that_cannot_be_purged_keeps_no_other_and_is_set_aside() {
    let backend = Backend::start_with(&[("PHASE_DATA_PURGE_SECONDS", "1")]).await;
    let octo = backend.tenant("octo", 9919);
    for issue in 1..=150 {
        backend.store(&octo.key, "octo/hello", issue, "scan", "1").await;
    }
    let mut owner = backend.database().await;
    let stuck = "create function stuck() returns trigger language plpgsql as
                 $$ begin if old.issue_number = 7 then raise exception 'it breaks'; end if; return old; end $$;
                 create trigger stuck before delete on phase_data for each row execute function stuck();
                 update phase_data set expires_at = now() - interval '1 second'";
    owner.execute(stuck).await.expect("time passes");
    until_rows(&backend, 1).await;
    let line = backend.logged("could not be purged").await;
    assert!(line.contains("\"level\":\"ERROR\"") && line.contains("SQLSTATE P0001"), "{line}");
    let printed = backend.command(&["purge"]);
    assert!(printed.contains("octo/hello#7 scan failed") && printed.contains("SQLSTATE P0001"), "{printed}");

    // After 12 failures nobody tries it any more.
    owner.execute("update purge_failure set tries = 12, next_try_at = now()").await.expect("time passes");
    owner.execute("drop trigger stuck on phase_data").await.expect("it works again");
    backend.logged("\"is_retried\":false").await;
    tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
    assert_eq!(rows(&backend).await, 1);
    owner.execute("delete from purge_failure").await.expect("somebody has looked at it");
    until_rows(&backend, 0).await;
}

#[tokio::test]
async fn the_task_of_the_purge_removes_and_changes_nothing() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    backend.store(&octo.key, "octo/hello", 1, "scan", "1").await;
    backend.delete(&octo.key, "octo/hello", 1).await;
    let mut database = backend.database().await;
    let task = "set role phase_data_app; select set_config('phase_data.task', 'purge', false)";
    sqlx::raw_sql(task).execute(&mut database).await.expect("the task");
    let changed = database.execute("update phase_data set data = '2'").await;
    assert!(changed.is_err_and(|error| error.to_string().contains("row-level security")));
    let removed = database.execute("delete from phase_data").await.expect("it may remove");
    assert_eq!(removed.rows_affected(), 1);
}
