//! Examples of claims and attempts.

use poem_openapi::types::Example;
use time::macros::datetime;

use super::examples::known;
use crate::Phase;
use crate::phase_data::{
    Attempt, AttemptState, ClaimPhase, ClaimedPhase, EventActor, PhaseAttempts, RenewClaim,
};

impl Example for ClaimPhase {
    fn example() -> Self {
        Self { ttl_seconds: Some(crate::TtlSeconds::default()), commit_sha: None, force: None }
    }
}

impl Example for RenewClaim {
    fn example() -> Self {
        Self { ttl_seconds: Some(crate::TtlSeconds::default()) }
    }
}

impl Example for ClaimedPhase {
    fn example() -> Self {
        Self {
            repository: known("octo/hello"),
            issue_number: known("42"),
            phase: Phase::Mitigate,
            attempt: attempt(),
        }
    }
}

impl Example for PhaseAttempts {
    fn example() -> Self {
        Self {
            repository: known("octo/hello"),
            issue_number: known("42"),
            phase: Phase::Mitigate,
            attempts: vec![attempt()],
            next: None,
        }
    }
}

fn attempt() -> Attempt {
    Attempt {
        number: 3,
        state: AttemptState::Running.into(),
        holder: "mona".to_owned(),
        actor: EventActor {
            kind: "oidc".to_owned(),
            run_url: Some("https://github.com/octo/hello/actions/runs/1234/attempts/1".to_owned()),
            repository: Some("octo/hello".to_owned()),
            run_id: Some(1234),
            run_attempt: Some(1),
            actor: Some("mona".to_owned()),
            ..EventActor::default()
        },
        commit_sha: None,
        started_at: datetime!(2026-03-01 09:30 UTC),
        lease_ends_at: datetime!(2026-03-01 09:45 UTC),
        ended_at: None,
        reason: None,
        late: false,
    }
}
