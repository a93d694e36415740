//! `GET /api/v1/repositories/{repository}/issues` — scope `read`.

use phase_data_wire::repositories::{IssueCursor, IssueList, IssueSort, Pending};
use phase_data_wire::{CommitSha, Phase, ProblemCode, Repository};
use poem::web::Data;
use poem_openapi::param::{Path, Query};
use poem_openapi::{ApiResponse, OpenApi};
use sha2::{Digest, Sha256};

use super::caller::Authenticated;
use super::json_body::JsonBody;
use super::preconditions::Conditional;
use super::refused::{BACKEND, CREDENTIAL, Operation, Refused};
use super::state::State;
use super::tag::Tag;
use crate::auth::Scope;
use crate::error::ApiError;
use crate::store::issues::{self, IssuePage, IssueQuery};

/// The default size of a page. The largest is part of the contract.
const DEFAULT_LIMIT: i32 = 50;

/// Lists the issues of a repository that have data.
#[derive(Default)]
pub(crate) struct ListIssues;

impl Operation for ListIssues {
    const CODES: &'static [&'static [ProblemCode]] =
        &[CREDENTIAL, &[ProblemCode::RepositoryOutOfReach, ProblemCode::InvalidParameter], BACKEND];
}

/// The answer to a request for a page.
#[derive(ApiResponse)]
enum Listed {
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

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::PhaseData")]
impl ListIssues {
    /// List the issues of a repository that have data.
    ///
    /// Each with its phases, their revisions, commits and times, and without the documents. The scope `read` is
    /// needed.
    ///
    /// A page may have fewer issues than `limit`, or none, and yet not be the last one: filters can leave out all that was
    /// looked at for it. Follow `next` until an answer has none.
    #[oai(path = "/repositories/:repository/issues", method = "get", operation_id = "list_issues")]
    async fn list(
        &self,
        state: Data<&State>,
        caller: Authenticated,
        /// The repository, percent-encoded: `octo%2Fhello`. Two segments, `octo/hello`, mean the same.
        repository: Path<Repository>,
        /// `true` lists instead what was cleaned up and can still be brought back: of each issue the phases that a
        /// restoration would show again, since when it is closed, and until when they are kept.
        closed: Query<Option<bool>>,
        /// Only issues that wait for this phase: the one before is there, and it is not.
        pending: Query<Option<Pending>>,
        /// Only issues that have this phase.
        phase: Query<Option<Phase>>,
        /// Only issues with a phase that was stored for another commit than this, or for none.
        stale_for: Query<Option<CommitSha>>,
        /// `issue_number`, the smallest first, if left out; or `updated_at`, the newest first. By time, the order of pages is
        /// exact to one minute, and an issue that changes while you read pages moves to the front: to see each issue once,
        /// sort by number.
        sort: Query<Option<IssueSort>>,
        /// The `next` of the page before, with the same sort and filters.
        cursor: Query<Option<IssueCursor>>,
        /// How many issues at the most: 1 to 100, 50 if left out. A page may have fewer.
        #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Option<i32>>,
        /// The entity tag that you have: 304 if it still holds.
        #[oai(name = "If-None-Match")]
        if_none_match: Conditional,
    ) -> Result<Listed, Refused<ListIssues>> {
        let grant = caller.0.allowed(Scope::Read, repository.0.clone())?;
        let query = IssueQuery {
            closed: closed.0.unwrap_or_default(),
            pending: pending.0,
            phase: phase.0,
            stale_for: stale_for.0,
            sort: sort.0.unwrap_or_default(),
            after: cursor.0,
            limit: limit.0.unwrap_or(DEFAULT_LIMIT),
        };
        check_order(query.after, query.sort)?;
        let IssuePage { issues, next } = issues::list(&state.db, &grant, &query).await?;
        let body = IssueList { repository: repository.0, issues, next };
        let json = serde_json::to_vec(&body).map_err(ApiError::internal)?;
        let tag = hex::encode(Sha256::digest(json));
        let etag = format!("\"{tag}\"");
        if if_none_match.0.is_some_and(|known| known.has(&tag)) {
            return Ok(Listed::NotModified(etag));
        }
        Ok(Listed::Page(JsonBody(body), etag))
    }
}

/// Refuses a cursor of another order, which would skip issues.
fn check_order(after: Option<IssueCursor>, sort: IssueSort) -> Result<(), ApiError> {
    match (after, sort) {
        (Some(IssueCursor::Number(_)), IssueSort::UpdatedAt)
        | (Some(IssueCursor::Time(..)), IssueSort::IssueNumber) => Err(ApiError::new(
            ProblemCode::InvalidParameter,
            "Parameter cursor: it comes from a list that was sorted otherwise.",
        )),
        _ => Ok(()),
    }
}
