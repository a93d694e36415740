//! The calls on one issue that have paths of their own.

use phase_data_wire::{IssueNumber, Repository};
use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use time::OffsetDateTime;

use super::events::{self, Events, ListEvents};
use super::restore::{self, Restore, Restored};
use crate::api::State;
use crate::api::caller::Authenticated;
use crate::api::contract::Tag;
use crate::api::refused::Refused;
use crate::api::request_scope::RequestId;

/// Restoration and receipts.
pub(crate) struct OnIssueApi;

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::PhaseData")]
impl OnIssueApi {
    /// Bring back what was cleaned up.
    ///
    /// For an issue that was opened again: every phase that was hidden and is still in its grace period can be seen
    /// again, with its revision and as it was. A phase that was stored anew in between stays as it is. If the
    /// issue was closed again after `reopened_at`, nothing changes. Idempotent. The scope `write` is needed.
    #[oai(
        path = "/phase_data/:repository/:issue_number/restore",
        method = "post",
        operation_id = "restore_phase_data"
    )]
    async fn restore(
        &self,
        state: Data<&State>,
        caller: Authenticated,
        request_id: Data<&RequestId>,
        /// The repository, percent-encoded: `octo%2Fhello`. Two segments, `octo/hello`, mean the same.
        repository: Path<Repository>,
        /// The issue's number.
        issue_number: Path<IssueNumber>,
        /// When the issue was opened again; now, if left out or ahead of now.
        reopened_at: Query<Option<OffsetDateTime>>,
        /// Change nothing: the answer is what the same call without it would change now.
        dry_run: Query<Option<bool>>,
    ) -> Result<Restored, Refused<Restore>> {
        let of = (repository.0, issue_number.0);
        restore::restore(state.0, &caller.0, request_id.0, of, (reopened_at.0, dry_run.0)).await
    }

    /// List who did what to one issue's data.
    ///
    /// Receipts, the newest first: each store, deletion, restoration, expiry and purge, with who did it and from
    /// which workflow run. They outlive the data and never hold a payload. The scope `read` is needed.
    #[oai(
        path = "/phase_data/:repository/:issue_number/events",
        method = "get",
        operation_id = "list_phase_events"
    )]
    async fn events(
        &self,
        state: Data<&State>,
        caller: Authenticated,
        /// The repository, percent-encoded: `octo%2Fhello`. Two segments, `octo/hello`, mean the same.
        repository: Path<Repository>,
        /// The issue's number.
        issue_number: Path<IssueNumber>,
        /// Only receipts before this one: the `next` of the page before.
        before: Query<Option<i64>>,
        /// How many receipts at the most: 1 to 100, 50 if left out.
        #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Option<i32>>,
    ) -> Result<Events, Refused<ListEvents>> {
        events::events(state.0, &caller.0, (repository.0, issue_number.0), before.0, limit.0).await
    }
}
