//! Many at once.

use std::sync::Arc;

use serde_json::json;
use tokio::task::JoinSet;

use super::{HERE, Location, Stage, is_claimed, result_of};

/// Lets so many claim this phase at once, half of them by keys, and returns the winner.
async fn race(stage: &Arc<Stage>, place: Location, racers: u32) -> u32 {
    let mut claims = JoinSet::new();
    for racer in 1..=racers {
        let stage = stage.clone();
        claims.spawn(async move {
            let token = stage.run(racer, 1);
            let credential = if racer % 2 == 0 { &stage.octo.key } else { &token };
            (racer, stage.claim(credential, place, racer).await)
        });
    }
    let mut winners = Vec::new();
    for (racer, answer) in claims.join_all().await {
        match answer.status {
            201 => winners.push(racer),
            _ => assert_eq!(result_of(&answer), is_claimed(), "{}", answer.body),
        }
    }
    assert_eq!(winners.len(), 1, "{place:?}: {winners:?}");
    winners[0]
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_races_of_two_and_twenty_of_fifty_have_one_winner_each() {
    let stage = Arc::new(Stage::start().await);
    for issue in 1..=220 {
        let place = Location { issue, ..HERE };
        // In every other race the phase has a document already.
        if issue % 2 == 0 {
            assert_eq!(stage.store(&stage.octo.key, place, "1", json!({})).await.status, 201);
        }
        let winner = race(&stage, place, if issue <= 200 { 2 } else { 50 }).await;
        let stored = stage.store_with(&stage.octo.key, place, "the winner's", winner).await;
        assert!(matches!(stored.status, 200 | 201), "{}", stored.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_lease_exactly_one_takes_over_or_the_holder_goes_on() {
    let stage = Arc::new(Stage::start().await);
    let mut went_on = 0;
    for issue in 1..=60 {
        let place = Location { issue, ..HERE };
        assert_eq!(stage.claim(&stage.octo.key, place, 1).await.status, 201);
        stage.pass(issue, 901).await;
        let mut tasks = JoinSet::new();
        for racer in 1..=3 {
            let stage = stage.clone();
            tasks.spawn(async move {
                let key = &stage.octo.key;
                match racer {
                    1 => stage.renew(key, place, 1).await,
                    _ => stage.claim(key, place, racer).await,
                }
            });
        }
        let answers = tasks.join_all().await;
        let won = answers.iter().filter(|answer| answer.status < 300).count();
        let states = stage.states(place).await;
        let running = states.iter().filter(|state| *state == "running").count();
        assert_eq!(running, 1, "{states:?}");
        assert_eq!(won, 1, "{:?}", answers.iter().map(|it| &it.body).collect::<Vec<_>>());
        went_on += u32::from(states == ["running"]);
    }
    assert!(went_on < 60, "nobody ever took over");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_stored_without_the_claim_after_the_claim_was_answered() {
    let stage = Arc::new(Stage::start().await);
    let mut both = 0;
    for issue in 1..=120 {
        let place = Location { issue, ..HERE };
        if issue % 3 == 0 {
            assert_eq!(stage.store(&stage.octo.key, place, "old", json!({})).await.status, 201);
        }
        let (claimer, writer) = (stage.clone(), stage.clone());
        let claim = tokio::spawn(async move { claimer.claim(&claimer.octo.key, place, 1).await });
        let store =
            tokio::spawn(async move { writer.store(&writer.octo.key, place, "new", json!({})).await });
        let (claim, store) = (claim.await.expect("an answer"), store.await.expect("an answer"));
        assert_eq!(claim.status, 201, "{}", claim.body);
        if store.status == 409 {
            assert_eq!(result_of(&store), is_claimed());
            continue;
        }
        assert!(matches!(store.status, 200 | 201), "{}", store.body);
        both += 1;
        let (claimed, stored) =
            (claim.json()["attempt"]["started_at"].clone(), store.json()["updated_at"].clone());
        let time = |text: &serde_json::Value| {
            let text = text.as_str().expect("a time").to_owned();
            time::OffsetDateTime::parse(&text, &time::format_description::well_known::Rfc3339)
                .expect("a time")
        };
        assert!(time(&stored) < time(&claimed), "issue {issue}: stored at {stored}, claimed at {claimed}");
    }
    assert!(both > 0, "no store was ever first");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_store_and_its_repetition_at_once_are_one_store() {
    let stage = Arc::new(Stage::start().await);
    for issue in 1..=30 {
        let place = Location { issue, ..HERE };
        assert_eq!(stage.claim(&stage.octo.key, place, issue).await.status, 201);
        let mut stores = JoinSet::new();
        for _ in 0..3 {
            let stage = stage.clone();
            stores.spawn(async move { stage.store_with(&stage.octo.key, place, "once", issue).await });
        }
        let answers = stores.join_all().await;
        let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 200, 201], "{:?}", answers.iter().map(|it| &it.body).collect::<Vec<_>>());
        assert_eq!(stage.states(place).await, ["completed"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn restorations_beside_clean_ups_wait_for_each_other_in_one_order() {
    let stage = Arc::new(Stage::start().await);
    for phase in ["scan", "validate", "mitigate"] {
        assert_eq!(
            stage.store(&stage.octo.key, Location { phase, ..HERE }, "1", json!({})).await.status,
            201
        );
    }
    let calls = [
        ("DELETE", "phase_data/octo/hello/42"),
        ("POST", "phase_data/octo/hello/42/restore"),
        ("DELETE", "phase_data/octo/hello/42?if_revision=7"),
        ("POST", "phase_data/octo/hello/42/restore"),
    ];
    let mut workers = JoinSet::new();
    for (method, path) in calls {
        let stage = stage.clone();
        workers.spawn(async move {
            for _ in 0..25 {
                let answer = stage.call(method, &stage.octo.key, path, None).await;
                let expected = if path.contains('?') { 412 } else { 200 };
                assert_eq!(answer.status, expected, "{method} {path}: {}", answer.body);
            }
        });
    }
    workers.join_all().await;
}
