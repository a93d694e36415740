//! `GET /api/v1/repositories/{repository}/issues` — scope `read`.

mod list;

use phase_data_wire::repositories::{IssueCursor, IssueSort, Pending};
use phase_data_wire::{CommitSha, Phase, Repository};
use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};

use super::State;
use super::caller::Authenticated;
use super::contract::Tag;
use super::preconditions::Conditional;
use super::refused::Refused;
use crate::store::issues::Wanted;
use list::{ListIssues, Listed};

/// How many issues a page has where nothing is said. The most is part of the contract.
const DEFAULT_LIMIT: i32 = 50;

/// What a repository's issues have.
pub(crate) struct IssuesApi;

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::PhaseData")]
impl IssuesApi {
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
        /// `issue_number`, the smallest first, if left out; or `updated_at`, the newest first.
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
        let wanted = Wanted {
            closed: closed.0.unwrap_or_default(),
            pending: pending.0,
            phase: phase.0,
            stale_for: stale_for.0,
            sort: sort.0.unwrap_or_default(),
            after: cursor.0,
            limit: limit.0.unwrap_or(DEFAULT_LIMIT),
        };
        list::list(state.0, &caller.0, repository.0, wanted, if_none_match.0).await
    }
}
