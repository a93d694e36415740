//! The main job with the client that openapi-generator makes for Rust.

use std::{env, error::Error, fs};

use phase_data_client::apis::configuration::Configuration;
use phase_data_client::apis::phase_data_api::{
    self as api, DeletePhaseDataSuccess, ListIssuesSuccess, RetrievePhaseDataError, RetrievePhaseDataSuccess,
    StorePhaseDataError, StorePhaseDataSuccess,
};
use phase_data_client::apis::{self, ResponseContent};
use phase_data_client::models::{IssuePhaseData, Phase, StorePhaseData, StoredPhaseData};
use reqwest::StatusCode;

const REPOSITORY: &str = "octo/from-rust";
const ISSUE: i32 = 42;

fn connect(url: &str) -> Result<Configuration, env::VarError> {
    Ok(Configuration {
        base_path: env::var(url)?,
        bearer_access_token: Some(env::var("PHASE_DATA_KEY")?),
        ..Configuration::default()
    })
}

fn stored(answer: ResponseContent<StorePhaseDataSuccess>) -> StoredPhaseData {
    match answer.entity {
        Some(StorePhaseDataSuccess::Status200(stored) | StorePhaseDataSuccess::Status201(stored)) => stored,
        other => panic!("not stored: {other:?}"),
    }
}

fn retrieved(answer: ResponseContent<RetrievePhaseDataSuccess>) -> IssuePhaseData {
    match answer.entity {
        Some(RetrievePhaseDataSuccess::Status200(issue)) => issue,
        other => panic!("not retrieved: {other:?}"),
    }
}

/// The error of an answer that has to be one.
fn refused<A: std::fmt::Debug, E: std::fmt::Debug>(answer: Result<A, apis::Error<E>>) -> Option<E> {
    match answer {
        Err(apis::Error::ResponseError(ResponseContent { entity, .. })) => entity,
        other => panic!("no refusal: {other:?}"),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let report: serde_json::Value =
        serde_json::from_slice(&fs::read(env::args().nth(1).ok_or("no report")?)?)?;
    let client = connect("PHASE_DATA_URL")?;
    let later = connect("PHASE_DATA_LATER_URL")?;
    let mut document = StorePhaseData::new(REPOSITORY.to_owned(), ISSUE, Phase::Scan, Some(report.clone()));

    let first = stored(api::store_phase_data(&client, document.clone(), None, None, None).await?);
    assert_eq!((first.revision, first.effect.as_str()), (1, "created"));

    let retrieve = async |configuration, phase, commit, tag| {
        api::retrieve_phase_data(configuration, REPOSITORY, ISSUE, phase, commit, None, tag).await
    };
    let issue = retrieved(retrieve(&client, Some(Phase::Scan), None, None).await?);
    let [phase] = issue.phases.as_slice() else { panic!("{issue:?}") };
    assert_eq!((phase.phase.as_str(), &phase.etag), ("scan", &first.etag));
    assert_eq!(phase.data.as_ref(), Some(&report), "what came back is not what was stored");

    let current = retrieve(&client, Some(Phase::Scan), None, Some(first.etag.as_str())).await?;
    assert_eq!(current.status, StatusCode::NOT_MODIFIED);

    match refused(api::store_phase_data(&client, document.clone(), None, None, Some(7)).await) {
        Some(StorePhaseDataError::Status412(problem)) => {
            assert_eq!(problem.code, "revision_mismatch");
            assert_eq!(problem.current_etag.as_ref(), Some(&first.etag));
        }
        other => panic!("no mismatch: {other:?}"),
    }
    let commit = "a".repeat(40);
    document.commit_sha = Some(commit.clone());
    let second =
        stored(api::store_phase_data(&client, document.clone(), Some(&first.etag), None, Some(1)).await?);
    assert_eq!((second.revision, second.effect.as_str()), (2, "replaced"));

    let all = api::list_issues(
        &client, REPOSITORY, None, None, None, None, None, None, None, None, None, None, None, None,
    );
    match all.await?.entity {
        Some(ListIssuesSuccess::Status200(list)) => {
            assert_eq!(list.issues.iter().map(|issue| issue.issue_number).collect::<Vec<_>>(), [ISSUE]);
        }
        other => panic!("not listed: {other:?}"),
    }

    // A later release may answer with values that this client does not know.
    let grown = stored(api::store_phase_data(&later, document, None, None, None).await?);
    assert_eq!(grown.effect, "of_a_later_release");
    let fresh = retrieved(retrieve(&later, None, Some(commit.as_str()), None).await?);
    assert_eq!(fresh.phases[0].freshness.as_deref(), Some("of_a_later_release"));

    let closed_at = Some(chrono::Utc::now().fixed_offset());
    match api::delete_phase_data(&client, REPOSITORY, ISSUE, closed_at, None, None, None, None).await?.entity
    {
        Some(DeletePhaseDataSuccess::Status200(removed)) => assert_eq!(removed.deleted, ["scan"]),
        other => panic!("not deleted: {other:?}"),
    }
    for (configuration, code) in [(&client, "phase_data_not_found"), (&later, "of_a_later_release")] {
        match refused(retrieve(configuration, None, None, None).await) {
            Some(RetrievePhaseDataError::Status404(problem)) => assert_eq!(problem.code, code),
            other => panic!("the issue is still there after the cleanup: {other:?}"),
        }
    }
    Ok(())
}
