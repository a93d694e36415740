//! The refusals of writes because of a claim.

use phase_data_wire::phase_data::{Attempt, ClaimHolder};
use phase_data_wire::{IssueNumber, Phase, ProblemCode, Repository};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::error::ApiError;

/// The phase of an issue.
#[derive(Debug, Clone, Copy)]
pub(super) struct PhaseLocation<'a> {
    pub(super) repository: &'a Repository,
    pub(super) issue_number: IssueNumber,
    pub(super) phase: Phase,
}

impl PhaseLocation<'_> {
    fn name(self) -> String {
        let Self { repository, issue_number, phase } = self;
        format!("{phase} of issue {issue_number} of {repository}")
    }

    /// The refusal of what another claim keeps off, which lives with this attempt.
    pub(super) fn claimed(self, attempt: Attempt) -> ApiError {
        let place = self.name();
        let (since, until) = (time(attempt.started_at), time(attempt.lease_ends_at));
        let run = attempt.actor.run_url.as_ref().map_or(String::new(), |url| format!(", {url}"));
        let holder = &attempt.holder;
        let number = attempt.number;
        let detail = format!(
            "{holder} has claimed {place} since {since} (attempt {number}{run}). Others can claim it from {until} on."
        );
        ApiError::new(ProblemCode::PhaseClaimed, detail).with_holder(ClaimHolder {
            name: attempt.holder,
            run_url: attempt.actor.run_url,
            attempt: number,
            since: attempt.started_at,
            until: attempt.lease_ends_at,
        })
    }

    /// The refusal of a claim that has ended with this attempt, or that the phase does not have.
    pub(super) fn lost(self, attempt: Option<Attempt>) -> ApiError {
        let place = self.name();
        let detail = match attempt {
            None => format!("There is no claim with this id on {place}."),
            Some(Attempt { number, state, reason, .. }) => {
                let reason = reason.map_or(String::new(), |reason| format!(": {reason}"));
                format!("The claim on {place} has ended. Its attempt {number} is {state}{reason}.")
            }
        };
        ApiError::new(ProblemCode::ClaimLost, detail)
    }
}

fn time(time: OffsetDateTime) -> String {
    time.format(&Rfc3339).unwrap_or_else(|_| time.to_string())
}
