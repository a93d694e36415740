//! `GET /api/v1/phase_data/{repository}/{issue_number}/phases/{phase}/attempts` — scope `read`.

use phase_data_wire::phase_data::PhaseAttempts;
use phase_data_wire::{IssueNumber, Phase, ProblemCode, Repository};
use poem::web::Data;
use poem_openapi::param::{Path, Query};
use poem_openapi::{ApiResponse, OpenApi};

use crate::api::caller::Authenticated;
use crate::api::json_body::JsonBody;
use crate::api::refused::{BACKEND, CREDENTIAL, Operation, Refused};
use crate::api::state::State;
use crate::api::tag::Tag;
use crate::auth::Scope;
use crate::store::claims;

/// Lists a phase's attempts.
#[derive(Default)]
pub(crate) struct ListAttempts;

impl Operation for ListAttempts {
    const CODES: &'static [&'static [ProblemCode]] =
        &[CREDENTIAL, &[ProblemCode::InvalidParameter, ProblemCode::RepositoryOutOfReach], BACKEND];
}

/// The answer to a list of attempts.
#[derive(ApiResponse)]
pub(super) enum Attempts {
    /// The attempts; the list can be empty.
    #[oai(status = 200)]
    Page(JsonBody<PhaseAttempts>),
}

/// The default size of a page. The maximum is part of the contract.
const DEFAULT_LIMIT: i32 = 50;

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::PhaseData")]
impl ListAttempts {
    /// List the attempts of a phase.
    ///
    /// Returns the claims of a phase as attempts, newest first: their holders, times and states. Stores without a claim are no
    /// attempts. Requires the scope `read`.
    #[oai(
        path = "/phase_data/:repository/:issue_number/phases/:phase/attempts",
        method = "get",
        operation_id = "list_attempts"
    )]
    async fn attempts(
        &self,
        state: Data<&State>,
        caller: Authenticated,
        /// Repository, percent-encoded: `octo%2Fhello`. The two segments `octo/hello` are also accepted.
        repository: Path<Repository>,
        /// Number of the issue.
        issue_number: Path<IssueNumber>,
        /// Phase of the attempts.
        phase: Path<Phase>,
        /// Only older attempts: the `next` of the previous page.
        before: Query<Option<i32>>,
        /// Maximum number of attempts: 1 to 100. Default: 50.
        #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Option<i32>>,
    ) -> Result<Attempts, Refused<ListAttempts>> {
        let grant = caller.0.allowed(Scope::Read, repository.0.clone())?;
        let limit = limit.0.unwrap_or(DEFAULT_LIMIT);
        let (issue_number, phase) = (issue_number.0, phase.0);
        // One more than asked for shows whether there are older ones.
        let page = (before.0, limit + 1);
        let mut attempts = claims::attempts(&state.db, &grant, issue_number, phase, page).await?;
        let more = attempts.len() > limit as usize;
        attempts.truncate(limit as usize);
        let next = attempts.last().filter(|_| more).map(|attempt| attempt.number);
        let repository = repository.0;
        Ok(Attempts::Page(JsonBody(PhaseAttempts { repository, issue_number, phase, attempts, next })))
    }
}
