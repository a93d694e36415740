//! The main job with the client that progenitor makes.

use std::{env, error::Error, fs, num};

use futures_util::StreamExt;
use reqwest::header::{AUTHORIZATION, HeaderMap};
use serde_json::json;

mod client {
    include!("../client.rs");
}
use client::{ByteStream, Client, Error as ClientError, types};

const REPOSITORY: &str = "octo/from-progenitor";

fn connect(url: &str) -> Result<Client, Box<dyn Error>> {
    let key = format!("Bearer {}", env::var("PHASE_DATA_KEY")?);
    let headers = HeaderMap::from_iter([(AUTHORIZATION, key.parse()?)]);
    let client = reqwest::Client::builder().default_headers(headers).build()?;
    Ok(Client::new_with_client(&env::var(url)?, client))
}

/// The status and the text of an answer that has to be an error.
async fn refused<A: std::fmt::Debug>(answer: Result<A, ClientError<ByteStream>>) -> (u16, Vec<u8>) {
    let Err(ClientError::ErrorResponse(refusal)) = answer else { panic!("no refusal: {answer:?}") };
    let (status, mut body, mut text) = (refusal.status().as_u16(), refusal.into_inner(), Vec::new());
    while let Some(part) = body.next().await {
        text.extend(part.expect("the whole answer"));
    }
    (status, text)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let report: serde_json::Value =
        serde_json::from_slice(&fs::read(env::args().nth(1).ok_or("no report")?)?)?;
    let (client, later) = (connect("PHASE_DATA_URL")?, connect("PHASE_DATA_LATER_URL")?);
    let repository: types::Repository = REPOSITORY.parse()?;
    let issue = types::IssueNumber(num::NonZeroU32::try_from(42)?);
    let revision = |number| num::NonZeroU64::try_from(number).map(types::Revision);
    let document = json!({ "repository": REPOSITORY, "issue_number": 42, "phase": "scan", "data": report });
    let mut document: types::StorePhaseData = serde_json::from_value(document)?;

    let stored = client.store_phase_data(None, None, None, &document).await?.into_inner();
    assert_eq!((stored.revision, stored.effect.as_str()), (1, "created"));

    let retrieve = async |client: &Client, commit, phase, tag| {
        client.retrieve_phase_data(&repository, &issue, commit, phase, None, tag).await
    };
    let phases = retrieve(&client, None, Some(types::Phase::Scan), None).await?.into_inner().phases;
    let [phase] = phases.as_slice() else { panic!("{phases:?}") };
    assert_eq!((phase.phase.as_str(), &phase.etag), ("scan", &stored.etag));
    assert_eq!(*phase.data, report, "what came back is not what was stored");

    let tag = stored.etag.parse()?;
    match retrieve(&client, None, Some(types::Phase::Scan), Some(&tag)).await {
        Err(ClientError::UnexpectedResponse(current)) => assert_eq!(current.status().as_u16(), 304),
        other => panic!("what is current was sent again: {other:?}"),
    }

    let (status, text) =
        refused(client.store_phase_data(Some(&revision(7)?), None, None, &document).await).await;
    let problem: types::Problem412 = serde_json::from_slice(&text)?;
    assert_eq!((status, problem.code.as_str()), (412, "revision_mismatch"));
    assert_eq!(problem.current_etag.as_ref(), Some(&stored.etag));
    let commit: types::CommitSha = "a".repeat(40).parse()?;
    document.commit_sha = Some(commit.clone());
    let conditions = (revision(1)?, stored.etag.parse()?);
    let replaced = client.store_phase_data(Some(&conditions.0), Some(&conditions.1), None, &document).await?;
    assert_eq!((replaced.revision, replaced.effect.as_str()), (2, "replaced"));

    let list = client
        .list_issues(&repository, None, None, None, None, None, None, None, None, None, None, None, None)
        .await?;
    assert_eq!(list.issues.iter().map(|issue| issue.issue_number.get()).collect::<Vec<_>>(), [42]);

    // A later release may answer with values that this client does not know.
    let grown = later.store_phase_data(None, None, None, &document).await?;
    assert_eq!(grown.effect.as_str(), "of_a_later_release");
    let fresh = retrieve(&later, Some(&commit), None, None).await?;
    assert_eq!(fresh.phases[0].freshness, Some("of_a_later_release".to_owned().into()));

    let closed_at = chrono::Utc::now();
    let removed =
        client.delete_phase_data(&repository, &issue, Some(&closed_at), None, None, None, None).await?;
    assert_eq!(removed.deleted.iter().map(|phase| phase.as_str()).collect::<Vec<_>>(), ["scan"]);
    for (client, code) in [(&client, "phase_data_not_found"), (&later, "of_a_later_release")] {
        let (status, text) = refused(retrieve(client, None, None, None).await).await;
        let problem: types::Problem404 = serde_json::from_slice(&text)?;
        assert_eq!((status, problem.code.as_str()), (404, code));
    }
    Ok(())
}
