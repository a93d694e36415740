use phase_data_wire::phase_data::{EventActor, PhaseOutcome, PhaseStatus};
use time::macros::datetime;

use super::*;

#[test]
fn the_comment_shows_each_phase_with_its_commit_and_run() {
    let target = Target {
        repository: "octo/hello".parse().expect("a name"),
        issue_number: "42".parse().expect("a number"),
    };
    let at = datetime!(2026-03-01 09:30:12 UTC);
    let facts = |phase, revision, commit_sha| PhaseFacts {
        phase,
        revision,
        commit_sha,
        status: PhaseStatus::Completed.into(),
        outcome: None,
        reason: None,
        data_bytes: 9,
        created_at: at,
        updated_at: at,
        expires_at: None,
    };
    let stored = |phase, revision, request_id: &str, run_id| PhaseEvent {
        id: 1,
        kind: PhaseEventKind::Stored.into(),
        phase,
        revision,
        etag: None,
        data_bytes: None,
        data_sha256: None,
        status: None,
        outcome: None,
        reason: None,
        attempt: None,
        actor: EventActor { run_id, run_attempt: run_id.map(|_| 2), ..EventActor::default() },
        request_id: request_id.to_owned(),
        at,
    };
    let sha = "0123456789abcdef0123456789abcdef01234567".parse().ok();
    let validated = PhaseFacts {
        status: PhaseStatus::Failed.into(),
        outcome: Some(PhaseOutcome::Inconclusive.into()),
        reason: Some("no | answer\n`x` @octocat".to_owned()),
        ..facts(Phase::Validate, 1, None)
    };
    let phases = [facts(Phase::Scan, 3, sha), validated];
    let events = [
        stored(Phase::Validate, 1, "local-0f", None),
        stored(Phase::Scan, 3, "run-17-1-__self-0f", None),
        stored(Phase::Scan, 2, "x", Some(9)),
    ];
    let text = text("https://github.com", &target, &phases, &events);
    assert_eq!(
        text,
        "<!-- phase-data: the phases of this issue -->\n\
         The workflows store their data about this issue in phase-data:\n\n\
         | Phase | Status | Stored | Revision | Commit | By |\n\
         | --- | --- | --- | --- | --- | --- |\n\
         | scan | completed | 2026-03-01 09:30 UTC | 3 | \
         [`0123456`](https://github.com/octo/hello/commit/0123456789abcdef0123456789abcdef01234567) | \
         [run 17](https://github.com/octo/hello/actions/runs/17/attempts/1) |\n\
         | validate | failed, inconclusive<br>`no ¦ answer 'x' @octocat` | 2026-03-01 09:30 UTC | 1 | – | – |\n\
         | mitigate | – | – | – | – | – |\n"
    );
    assert_eq!(
        run("https://github.com", &target, &stored(Phase::Scan, 1, "x", Some(9))).as_deref(),
        Some("[run 9](https://github.com/octo/hello/actions/runs/9/attempts/2)")
    );
    for forged in ["run-1)](x-1-a", "run--1", "run-1", "run-99999999999999999999-1-a", "RUN-1-1"] {
        assert_eq!(
            run("https://github.com", &target, &stored(Phase::Scan, 1, forged, None)),
            None,
            "{forged}"
        );
    }
}
