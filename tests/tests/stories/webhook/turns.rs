//! Accounts take turns in the queue.

use std::time::{Duration, Instant};

use phase_data_tests::{APP_SECRET, APP_WEBHOOK, issue_event, repository};
use sqlx::{Connection, Executor, PgConnection};

use super::{in_seconds, stage};

/// The waiting deliveries of a hostile account: minutes of work.
const FLOOD: i64 = 100_000;

async fn count(database: &mut PgConnection, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(database).await.expect("a count")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_with_a_hundred_thousand_deliveries_keeps_nobody_waiting() {
    let (backend, octo) = stage().await;
    let mut rivals = Vec::new();
    // Some ids come before the flood's and some behind.
    for owner in 1..=4 {
        let rival = backend.tenant(&format!("rival-{owner}"), owner);
        backend.store(&rival.key, &format!("rival-{owner}/hello"), 42, "scan", "1").await;
        rivals.push((owner, rival));
    }
    let mut database = backend.database().await;
    let flood =
        "insert into webhook_delivery (forge_account_id, delivery_id, event, action, state, effects, request_id,
                                               next_try_at)
                 select $1::uuid, 'flood-' || n, 'issues', 'closed', 'pending',
                        jsonb_build_array(jsonb_build_object('do', 'close', 'repository', 'octo/hello',
                                                             'issue_number', n)), 'flood', now()
                   from generate_series(1, $2) n";
    let flooded = sqlx::query(flood).bind(&octo.account).bind(FLOOD as i32).execute(&mut database).await;
    flooded.expect("the flood");
    // Accounts whose second try is not due yet must not cost a look each.
    let later = "with others as (
                     insert into forge_account (id, forge, external_id, login)
                     select gen_random_uuid(), 'github', n, 'other' from generate_series(1001, 2000) n returning id)
                 insert into webhook_delivery (forge_account_id, delivery_id, event, state, effects, request_id,
                                               next_try_at)
                 select id, 'later', 'issues', 'pending', '[]', 'later', now() + interval '1 hour' from others";
    database.execute(later).await.expect("others");

    for (owner, rival) in &rivals {
        let name = format!("rival-{owner}/hello");
        let mut closed = issue_event("closed", 42, &in_seconds(0));
        closed["repository"] = repository(*owner, 7, &name, &in_seconds(0));
        let began = Instant::now();
        let id = format!("rival-{owner}");
        let answer = backend.deliver((APP_WEBHOOK, APP_SECRET.1), "issues", &id, &closed).await;
        assert_eq!(answer.status, 202, "{}", answer.body);
        assert_eq!(backend.finished(&id).await, ("done".to_owned(), None));
        assert!(began.elapsed() < Duration::from_secs(1), "{owner}: {:?}", began.elapsed());
        assert_eq!(backend.retrieve(&rival.key, &name, 42).await.status, 404);
    }

    // The flood went on meanwhile, in its order; each of the two workers may hold one.
    let (done, last, first_left): (i64, Option<i64>, Option<i64>) = sqlx::query_as(
        "select count(*) filter (where state = 'done'), max(id) filter (where state = 'done'),
                min(id) filter (where state = 'pending')
           from webhook_delivery where delivery_id like 'flood-%'",
    )
    .fetch_one(&mut database)
    .await
    .expect("the flood");
    let (last, first_left) = (last.expect("some done"), first_left.expect("most wait"));
    assert!(done > 0 && done < FLOOD, "{done}");
    assert!((last - first_left).abs() <= 2, "{first_left} was overtaken by {last}");
    database.execute("delete from webhook_delivery where state = 'pending'").await.expect("the end");
    assert_eq!(count(&mut database, "select count(*) from webhook_delivery where state = 'failed'").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_with_work_are_served_in_turn() {
    let (backend, octo) = stage().await;
    let rivals: Vec<_> = (1..=3).map(|owner| backend.tenant(&format!("rival-{owner}"), owner)).collect();
    let mut accounts: Vec<&str> = rivals.iter().map(|rival| rival.account.as_str()).collect();
    accounts.push(&octo.account);
    let url = backend.kill();
    let mut database = phase_data_tests::connect(&url).await;
    for account in &accounts {
        let waiting =
            "insert into webhook_delivery (forge_account_id, delivery_id, event, state, effects, request_id,
                                                     next_try_at)
                       select $1::uuid, 'd-' || n, 'issues', 'pending', '[]', 'r',
                              now() - interval '1 minute' * (10 - n)
                         from generate_series(1, 9) n";
        sqlx::query(waiting).bind(account).execute(&mut database).await.expect("some work");
    }
    database.execute("set role phase_data_app").await.expect("the server's role");
    let mut served = None::<String>;
    let mut turns: Vec<(String, String)> = Vec::new();
    for _ in 0..36 {
        let take = "select forge_account_id::text, delivery_id from take_webhook($1::uuid)";
        #[expect(clippy::disallowed_methods, reason = "a connection of the test's own")]
        let mut transaction = database.begin().await.expect("a transaction");
        let taken: (String, String) =
            sqlx::query_as(take).bind(&served).fetch_one(&mut *transaction).await.expect("a delivery");
        sqlx::query(
            "select finish_webhook(d.id, null) from webhook_delivery d
              where d.forge_account_id = $1::uuid and d.delivery_id = $2",
        )
        .bind(&taken.0)
        .bind(&taken.1)
        .execute(&mut *transaction)
        .await
        .expect("it is finished");
        transaction.commit().await.expect("a commit");
        served = Some(taken.0.clone());
        turns.push(taken);
    }
    let rounds: Vec<_> = turns.chunks(4).collect();
    for (round, turns) in rounds.iter().enumerate() {
        let order: Vec<_> = turns.iter().map(|turn| &turn.0).collect();
        let first: Vec<_> = rounds[0].iter().map(|turn| &turn.0).collect();
        assert_eq!(order, first, "round {round}: each account once, in one order");
        assert!(turns.iter().all(|turn| turn.1 == format!("d-{}", round + 1)), "{turns:?}");
    }
    let nothing: Option<(String, String)> =
        sqlx::query_as("select forge_account_id::text, delivery_id from take_webhook($1::uuid)")
            .bind(&served)
            .fetch_optional(&mut database)
            .await
            .expect("a look");
    assert_eq!(nothing, None);
}
