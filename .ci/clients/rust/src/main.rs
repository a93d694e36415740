//! Stores a document with the generated client, gets it back, lists it, cleans up, and meets a 404 as the contract says.

use std::{env, error::Error, fs};

use phase_data_client::apis::configuration::Configuration;
use phase_data_client::apis::{self, phase_data_api as api};
use phase_data_client::models::{Phase, StorePhaseData};

const REPOSITORY: &str = "octo/from-rust";
const ISSUE: i32 = 42;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let report: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(env::args().nth(1).ok_or("no report")?)?)?;
    let client = Configuration {
        base_path: env::var("PHASE_DATA_URL")?,
        bearer_access_token: Some(env::var("PHASE_DATA_KEY")?),
        ..Configuration::default()
    };

    let document = StorePhaseData::new(REPOSITORY.to_owned(), ISSUE, Phase::Scan, Some(report.clone()));
    let stored = api::store_phase_data(&client, document, None, None, None).await?;
    assert_eq!(stored.revision, 1);

    let issue = api::retrieve_phase_data(&client, REPOSITORY, ISSUE, None, None, None, None).await?;
    let [phase] = issue.phases.as_slice() else { panic!("{issue:?}") };
    assert_eq!((phase.phase, &phase.etag), (Phase::Scan, &stored.etag));
    assert_eq!(phase.data.as_ref(), Some(&report), "what came back is not what was stored");

    let list = api::list_issues(&client, REPOSITORY, None, None, None, None, None, None, None, None).await?;
    assert_eq!(list.issues.iter().map(|issue| issue.issue_number).collect::<Vec<_>>(), [ISSUE]);

    let deleted = api::delete_phase_data(&client, REPOSITORY, ISSUE, None, None, None, None, None).await?;
    assert_eq!(deleted.deleted, [Phase::Scan]);
    match api::retrieve_phase_data(&client, REPOSITORY, ISSUE, None, None, None, None).await {
        Err(apis::Error::ResponseError(refusal)) => {
            let problem: serde_json::Value = serde_json::from_str(&refusal.content)?;
            assert_eq!((refusal.status.as_u16(), &problem["code"]), (404, &"phase_data_not_found".into()));
        }
        other => panic!("the issue is still there after the cleanup: {other:?}"),
    }
    println!(
        "  Rust: stored, retrieved as the same value, listed and cleaned up: {} bytes",
        stored.data_bytes
    );
    Ok(())
}
