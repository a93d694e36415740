//! The real backend walks the model's deliveries, and gives its answers.

use serde_json::json;
use sqlx::PgConnection;

use super::model::{Answer as Expected, Message, Rules, Run, explore};
use super::{HERE, Location, Stage, claim_id, pass, result_of};

/// The number of deliveries in a row.
const DEPTH: usize = 5;
/// The number of rows of deliveries, out of all of the model's.
const WALKS: usize = 500;
/// Half of the lease.
const TICK: u32 = 30;

impl Run {
    fn claim(self) -> u32 {
        self as u32 + 1
    }

    fn credential(self, stage: &Stage) -> String {
        match self {
            Self::First => stage.run(1, 1),
            Self::Rerun => stage.run(1, 2),
            Self::Other => stage.run(2, 1),
            Self::Admin => stage.admin.clone(),
        }
    }
}

/// Delivers a message, and returns the answer as the model has it.
async fn deliver(stage: &Stage, database: &mut PgConnection, place: Location, message: Message) -> Expected {
    let key = &stage.octo.key;
    let issue = format!("phase_data/octo/hello/{}", place.issue);
    let answer = match message {
        Message::Claim(run) => {
            let body = json!({ "ttl_seconds": 2 * TICK, "force": run == Run::Admin });
            stage.claim_with(&run.credential(stage), place, run.claim(), body).await
        }
        Message::Renew(run) => {
            let path = format!("{}/renew", place.claim(run.claim()));
            let body = json!({ "ttl_seconds": 2 * TICK });
            stage.call("POST", &run.credential(stage), &path, Some(&body)).await
        }
        Message::Release(run) => stage.release(&run.credential(stage), place, run.claim()).await,
        Message::Store(run) => {
            let more = json!({ "claim_id": claim_id(run.claim()) });
            stage.store(&run.credential(stage), place, &format!("{run:?}"), more).await
        }
        Message::PlainStore => stage.store(key, place, "plain", json!({})).await,
        Message::Purge => stage.call("DELETE", key, &format!("{issue}?purge=true"), None).await,
        Message::Close => stage.call("DELETE", key, &issue, None).await,
        Message::Tick => {
            pass(database, place.issue, TICK).await;
            return Expected::Done;
        }
    };
    match (result_of(&answer), message) {
        ((200 | 201, _), Message::Claim(_)) => {
            let number = answer.json()["attempt"]["number"].as_u64().expect("a number");
            Expected::Holds(number.try_into().expect("few attempts"))
        }
        ((200 | 201, _), _) => Expected::Done,
        ((409, code), _) if code == "phase_claimed" => Expected::Claimed,
        ((409, code), _) if code == "claim_lost" => Expected::Lost,
        _ => panic!("{message:?}: {} {}", answer.status, answer.body),
    }
}

#[tokio::test]
async fn the_backend_answers_the_deliveries_of_the_model_as_the_model_does() {
    let paths = explore(Rules::ALL, DEPTH).expect("no violation").paths;
    let stage = Stage::start().await;
    let mut database = stage.backend.database().await;
    // Evenly out of all of them, so that every message begins some.
    let step = (paths.len() / WALKS).max(1);
    for (number, path) in paths.iter().step_by(step).enumerate() {
        let place = Location { issue: u32::try_from(number + 1).expect("an issue"), ..HERE };
        for (place_in_path, (message, expected)) in path.iter().enumerate() {
            let answer = deliver(&stage, &mut database, place, *message).await;
            assert_eq!(answer, *expected, "delivery {place_in_path} of {path:?}");
        }
    }
}
