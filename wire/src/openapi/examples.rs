//! Examples of the objects.

use poem_openapi::types::Example;
use time::macros::datetime;

use crate::admin::{AccountPolicy, PolicyRef};
use crate::phase_data::{
    DeletedPhaseData, EventActor, Freshness, IssuePhaseData, PhaseData, PhaseEvent, PhaseEvents, PhaseStatus,
    RestoredPhaseData, StoreEffect, StorePhaseData, StoredPhaseData,
};
use crate::repositories::{IssueList, IssuePhases, PhaseFacts};
use crate::{Document, ExpiresInSeconds, OidcDiscovery, Phase, Problem, ProblemCode};

const OBJECT_NAME: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f001122334";
const DOCUMENT: &str =
    r#"{"tool": "semgrep", "findings": [{"line": 14, "path": "src/db.py", "rule": "sql-injection"}]}"#;
const DIGEST: &str = "bec48f8b530bcd55750ded47892a4262c990092b4b8b07863391aa2f17e303c8";

/// Parses a text of this file.
#[expect(clippy::expect_used, reason = "a constant beside it; the contract's own test makes them all")]
pub(super) fn known<T: std::str::FromStr>(text: &str) -> T {
    text.parse().ok().expect("the example is valid")
}

#[expect(clippy::expect_used, reason = "a constant of this file; the contract's own test makes it")]
fn document() -> Document {
    Document::parse(DOCUMENT.to_owned()).expect("the example is JSON")
}

impl Example for StorePhaseData {
    fn example() -> Self {
        Self {
            repository: known("octo/hello"),
            issue_number: known("42"),
            phase: Phase::Scan,
            commit_sha: Some(known(OBJECT_NAME)),
            expires_in_seconds: ExpiresInSeconds::try_from(2_592_000).ok(),
            status: None,
            outcome: None,
            reason: None,
            claim_id: None,
            keep_claim: None,
            data: document(),
        }
    }
}

impl Example for StoredPhaseData {
    fn example() -> Self {
        Self {
            repository: known("octo/hello"),
            issue_number: known("42"),
            phase: Phase::Scan,
            effect: StoreEffect::Created,
            revision: 1,
            etag: "\"1-5c0ffee5\"".to_owned(),
            commit_sha: Some(known(OBJECT_NAME)),
            status: PhaseStatus::Completed.into(),
            outcome: None,
            reason: None,
            data_bytes: DOCUMENT.len() as i64,
            data_sha256: DIGEST.to_owned(),
            created_at: datetime!(2026-03-01 09:30 UTC),
            updated_at: datetime!(2026-03-01 09:30 UTC),
            expires_at: Some(datetime!(2026-03-31 09:30 UTC)),
        }
    }
}

impl Example for IssuePhaseData {
    fn example() -> Self {
        Self {
            repository: known("octo/hello"),
            issue_number: known("42"),
            phases: vec![PhaseData {
                phase: Phase::Scan,
                revision: 1,
                etag: "\"1-5c0ffee5\"".to_owned(),
                commit_sha: Some(known(OBJECT_NAME)),
                freshness: Some(Freshness::Fresh),
                status: PhaseStatus::Completed.into(),
                outcome: None,
                reason: None,
                data_bytes: DOCUMENT.len() as i64,
                data_sha256: DIGEST.to_owned(),
                created_at: datetime!(2026-03-01 09:30 UTC),
                updated_at: datetime!(2026-03-01 09:30 UTC),
                expires_at: Some(datetime!(2026-03-31 09:30 UTC)),
                data: document(),
            }],
        }
    }
}

impl Example for RestoredPhaseData {
    fn example() -> Self {
        Self {
            repository: known("octo/hello"),
            issue_number: known("42"),
            restored: vec![Phase::Scan, Phase::Validate],
        }
    }
}

impl Example for IssueList {
    fn example() -> Self {
        Self {
            repository: known("octo/hello"),
            issues: vec![IssuePhases {
                issue_number: known("42"),
                updated_at: datetime!(2026-03-01 09:30 UTC),
                phases: vec![PhaseFacts {
                    phase: Phase::Scan,
                    revision: 1,
                    commit_sha: Some(known(OBJECT_NAME)),
                    status: PhaseStatus::Completed.into(),
                    outcome: None,
                    reason: None,
                    data_bytes: DOCUMENT.len() as i64,
                    created_at: datetime!(2026-03-01 09:30 UTC),
                    updated_at: datetime!(2026-03-01 09:30 UTC),
                    expires_at: Some(datetime!(2026-03-31 09:30 UTC)),
                }],
                claims: None,
                closed_at: None,
                kept_until: None,
            }],
            next: Some(known("n42")),
        }
    }
}

impl Example for DeletedPhaseData {
    fn example() -> Self {
        Self {
            repository: known("octo/hello"),
            issue_number: known("42"),
            deleted: vec![Phase::Scan, Phase::Validate],
            purged: false,
        }
    }
}

impl Example for OidcDiscovery {
    fn example() -> Self {
        Self {
            audience: "https://phase-data.example.com".to_owned(),
            issuers: vec!["https://token.actions.githubusercontent.com".to_owned()],
        }
    }
}

impl Example for Problem {
    fn example() -> Self {
        Self::new(
            ProblemCode::PhaseDataNotFound,
            "Issue 42 of octo/hello has no phase data.",
            "0198f2c4-7d6a-7c3e-9a54-3b1f0e6d2c11",
        )
    }
}

impl Example for PhaseEvents {
    fn example() -> Self {
        Self {
            repository: known("octo/hello"),
            issue_number: known("42"),
            events: vec![PhaseEvent {
                id: 7,
                kind: crate::phase_data::PhaseEventKind::Stored.into(),
                phase: Phase::Scan,
                revision: 1,
                etag: Some("\"1-5c0ffee5\"".to_owned()),
                data_bytes: Some(DOCUMENT.len() as i64),
                data_sha256: Some(DIGEST.to_owned()),
                status: Some(PhaseStatus::Completed.into()),
                outcome: None,
                reason: None,
                attempt: None,
                actor: EventActor {
                    kind: "oidc".to_owned(),
                    run_url: Some("https://github.com/octo/hello/actions/runs/1234/attempts/1".to_owned()),
                    repository: Some("octo/hello".to_owned()),
                    run_id: Some(1234),
                    run_attempt: Some(1),
                    ..EventActor::default()
                },
                request_id: "0198f2c4-7d6a-7c3e-9a54-3b1f0e6d2c11".to_owned(),
                at: datetime!(2026-03-01 09:30 UTC),
            }],
            next: None,
        }
    }
}

impl Example for AccountPolicy {
    fn example() -> Self {
        Self { refs: Some(vec![PolicyRef("refs/heads/main".to_owned())]), ..Self::default() }
    }
}
