//! `GET /api/v1/repositories/{repository}/issues` — scope `read`.

use phase_data_wire::repositories::{IssueCursor, IssueList, IssueSort};
use phase_data_wire::{ProblemCode, Repository};
use poem_openapi::ApiResponse;
use sha2::{Digest, Sha256};

use crate::api::State;
use crate::api::json_body::JsonBody;
use crate::api::refused::{BACKEND, CREDENTIAL, Operation, Refused};
use crate::auth::{Caller, Scope};
use crate::domain::EntityTags;
use crate::error::ApiError;
use crate::store::issues::{self, IssuePage, Wanted};

/// What can go wrong.
pub(super) struct ListIssues;

impl Operation for ListIssues {
    const CODES: &'static [&'static [ProblemCode]] =
        &[CREDENTIAL, &[ProblemCode::RepositoryOutOfReach, ProblemCode::InvalidParameter], BACKEND];
}

/// The answer to a request for a page.
#[derive(ApiResponse)]
pub(super) enum Listed {
    /// The issues; none is an answer, too.
    #[oai(status = 200)]
    Page(
        JsonBody<IssueList>,
        /// A digest of the page.
        #[oai(header = "ETag")]
        String,
    ),
    /// The page is as it was for the entity tag in `If-None-Match`.
    #[oai(status = 304)]
    NotModified(
        /// The entity tag that still holds.
        #[oai(header = "ETag")]
        String,
    ),
}

/// Lists a page of issues.
pub(super) async fn list(
    state: &State,
    caller: &Caller,
    repository: Repository,
    wanted: Wanted,
    known: Option<EntityTags>,
) -> Result<Listed, Refused<ListIssues>> {
    let grant = caller.allowed(Scope::Read, repository.clone())?;
    belongs(wanted.after, wanted.sort)?;
    let IssuePage { issues, next } = issues::list(&state.db, &grant, &wanted).await?;
    let body = IssueList { repository, issues, next };
    let json = serde_json::to_vec(&body).map_err(ApiError::internal)?;
    let tag = hex::encode(Sha256::digest(json));
    let etag = format!("\"{tag}\"");
    if known.is_some_and(|known| known.has(&tag)) {
        return Ok(Listed::NotModified(etag));
    }
    Ok(Listed::Page(JsonBody(body), etag))
}

/// A cursor of another order would skip issues without a word.
fn belongs(after: Option<IssueCursor>, sort: IssueSort) -> Result<(), ApiError> {
    match (after, sort) {
        (Some(IssueCursor::Number(_)), IssueSort::UpdatedAt)
        | (Some(IssueCursor::Time(..)), IssueSort::IssueNumber) => Err(ApiError::new(
            ProblemCode::InvalidParameter,
            "Parameter cursor: it comes from a list that was sorted otherwise.",
        )),
        _ => Ok(()),
    }
}
