//! Migrations beside what else the database does.

use std::time::{Duration, Instant};

use phase_data_tests::{Backend, second_release};

use super::{empty_database, execute, migrate, owner};

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_behind_a_long_transaction_lets_traffic_through_and_says_what_it_waits_for() {
    let url = empty_database().await;
    let backend = Backend::start_on(url.clone(), &[]);
    let octo = backend.tenant("octo", 9919);
    let mut long = owner(&url).await;
    execute(&mut long, "set application_name = 'a long report'; begin; select count(*) from phase_data")
        .await;
    let migrating = tokio::spawn({
        let url = url.clone();
        async move { migrate(second_release(), &url, &[]).await }
    });
    let began = Instant::now();
    let mut slowest = Duration::ZERO;
    for issue in 1.. {
        if began.elapsed() > Duration::from_secs(6) {
            break;
        }
        let asked = Instant::now();
        assert_eq!(backend.store(&octo.key, "octo/hello", issue, "scan", "1").await.status, 201);
        slowest = slowest.max(asked.elapsed());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(slowest < Duration::from_millis(3500), "{slowest:?}");
    execute(&mut long, "commit").await;
    let (done, printed) = migrating.await.expect("it ends");
    assert!(done, "{printed}");
    assert!(
        printed.contains("waiting for a lock, attempt 1 of 20") && printed.contains("migration 9001"),
        "{printed}"
    );
    assert!(printed.contains("a long report) on phase_data"), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_migration_waits_for_the_first_one_without_a_snapshot_and_says_who_has_the_lock() {
    let url = empty_database().await;
    let mut first = owner(&url).await;
    execute(
        &mut first,
        "set application_name = 'the first'; select pg_advisory_lock(hashtextextended('phase_data migrate', 0))",
    )
    .await;
    let migrating = tokio::spawn({
        let url = url.clone();
        async move { migrate(second_release(), &url, &[]).await }
    });
    tokio::time::sleep(Duration::from_secs(3)).await;
    // The first one can do this in the meantime: it would wait for a snapshot.
    execute(&mut first, "set statement_timeout = '5s'; create table public.t (i integer)").await;
    execute(&mut first, "create index concurrently t_i on public.t (i)").await;
    execute(&mut first, "select pg_advisory_unlock(hashtextextended('phase_data migrate', 0))").await;
    let (done, printed) = migrating.await.expect("it ends");
    assert!(done && printed.contains("waiting for another migration to end: session "), "{printed}");
    assert!(printed.contains("the first"), "{printed}");
}
