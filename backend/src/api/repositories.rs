//! `GET /api/v1/repositories/{repository}/issues` — scope `read`.

use phase_data_wire::phase_data::{PhaseOutcome, PhaseStatus};
use phase_data_wire::repositories::{IssueCursor, IssueList, IssueSort, OlderThanSeconds, Pending};
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

/// The default size of a page. The maximum is part of the contract.
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
    /// The issues; the list can be empty.
    #[oai(status = 200)]
    Page(
        JsonBody<IssueList>,
        /// The entity tag of the page.
        #[oai(header = "ETag")]
        String,
    ),
    /// The entity tag in `If-None-Match` is current.
    #[oai(status = 304)]
    NotModified(
        /// The current entity tag.
        #[oai(header = "ETag")]
        String,
    ),
}

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::PhaseData")]
impl ListIssues {
    /// List the issues of a repository that have data.
    ///
    /// Returns issues with their phases, revisions, commits, states and times, without the documents. Requires the scope `read`.
    ///
    /// The filters `phase`, `stale_for`, `status`, `outcome` and `older_than` find issues with one phase for which all of them
    /// hold: `phase=validate&status=failed` finds issues whose validation failed.
    ///
    /// With filters, a page can have fewer issues than `limit`, or none, and still not be the last one, because the number of
    /// issues that are examined for a page is limited. Follow `next` until it is absent.
    #[oai(path = "/repositories/:repository/issues", method = "get", operation_id = "list_issues")]
    async fn list(
        &self,
        state: Data<&State>,
        caller: Authenticated,
        /// Repository, percent-encoded: `octo%2Fhello`. The two segments `octo/hello` are also accepted.
        repository: Path<Repository>,
        /// `true` lists closed issues instead: the phases that can be restored, the time at which the issue was closed, and the
        /// end of the grace period.
        closed: Query<Option<bool>>,
        /// Only issues that wait for this phase: the previous phase has the status `completed`, and this one is neither
        /// stored nor claimed. `mitigate` also requires that the outcome of `validate` is `confirmed`, or that it has none. A failed phase is stored:
        /// find it with `status=failed` to repeat it.
        pending: Query<Option<Pending>>,
        /// Only issues with this phase.
        phase: Query<Option<Phase>>,
        /// Only issues with a phase that was stored for another commit, or for none.
        stale_for: Query<Option<CommitSha>>,
        /// Only issues with a phase that has this status.
        status: Query<Option<PhaseStatus>>,
        /// Only issues with a phase that has this outcome. Only `validate` has one.
        outcome: Query<Option<PhaseOutcome>>,
        /// Only issues with a phase whose revision was stored longer ago than these seconds.
        older_than: Query<Option<OlderThanSeconds>>,
        /// `true`: only issues with a claim that lives, on any phase; `false`: only issues without one.
        claimed: Query<Option<bool>>,
        /// `issue_number` (default), ascending, or `updated_at`, newest first. By time, the order of pages is exact to one minute,
        /// and an issue that changes while you read pages moves to the first page. To read each issue once, sort by number.
        sort: Query<Option<IssueSort>>,
        /// The `next` of the previous page, with the same sort and filters.
        cursor: Query<Option<IssueCursor>>,
        /// Maximum number of issues: 1 to 100. Default: 50. A page can have fewer.
        #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Option<i32>>,
        /// Entity tag that you have. Returns 304 if it is current.
        #[oai(name = "If-None-Match")]
        if_none_match: Conditional,
    ) -> Result<Listed, Refused<ListIssues>> {
        let grant = caller.0.allowed(Scope::Read, repository.0.clone())?;
        let query = IssueQuery {
            closed: closed.0.unwrap_or_default(),
            pending: pending.0,
            phase: phase.0,
            stale_for: stale_for.0,
            status: status.0,
            outcome: outcome.0,
            older_than: older_than.0,
            claimed: claimed.0,
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

/// Refuses a cursor of another sort order, which would skip issues.
fn check_order(after: Option<IssueCursor>, sort: IssueSort) -> Result<(), ApiError> {
    match (after, sort) {
        (Some(IssueCursor::Number(_)), IssueSort::UpdatedAt)
        | (Some(IssueCursor::Time(..)), IssueSort::IssueNumber) => Err(ApiError::new(
            ProblemCode::InvalidParameter,
            "Parameter cursor: it comes from a list with another sort order.",
        )),
        _ => Ok(()),
    }
}
