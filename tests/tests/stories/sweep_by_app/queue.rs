//! A failure does not stop the sweep of anything else.

use phase_data_tests::{Fault, Issue};

use super::{HELLO, LATE, OTHER, Stage};

/// When each repository was swept to its end.
async fn swept(stage: &Stage) -> Vec<bool> {
    let swept = "select swept_at is not null from sweep";
    sqlx::query_scalar(swept).fetch_all(&mut stage.backend.database().await).await.expect("the queue")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_ends_in_the_middle_of_a_sweep_is_replaced() {
    let stage = Stage::with(1..=5).await;
    stage.backend.store(&stage.octo.key, "octo/other", 1, "scan", "1").await;
    {
        let mut world = stage.github.world();
        for number in 1..=5 {
            world.close(HELLO, number, LATE);
        }
        world.close(OTHER, 1, LATE);
        world.token_uses = Some(2);
    }
    let printed = stage.sweep(&[]);
    assert!(!printed.contains("left alone"), "{printed}");
    assert_eq!((stage.left("octo/hello"), stage.left("octo/other")), ("[]".to_owned(), "[]".to_owned()));
    assert_eq!(swept(&stage).await, [true, true]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_token_is_good_for_is_not_recorded_as_swept() {
    let stage = Stage::with([1]).await;
    stage.github.world().close(HELLO, 1, LATE);
    stage.github.world().token_uses = Some(0);
    let printed = stage.sweep(&[]);
    assert!(printed.starts_with("octo/hello  left alone: GitHub refuses the token (401)"), "{printed}");
    assert_eq!((stage.left("octo/hello").as_str(), swept(&stage).await), ("[1]", vec![false]));
    stage.github.world().token_uses = None;
    assert_eq!(stage.sweep(&[]), "octo/hello#1  closed: cleaned up\n");
    assert_eq!(swept(&stage).await, [true]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_that_uses_up_the_limit_by_itself_goes_to_the_back() {
    let stage = Stage::with([1]).await;
    stage.backend.store(&stage.octo.key, "octo/other", 1, "scan", "1").await;
    stage.github.world().close(OTHER, 1, LATE);
    let limited = || Fault::Status(403, vec![("retry-after".to_owned(), "3600".to_owned())]);
    stage.github.world().fail("/repos/octo/hello", limited());
    assert!(stage.sweep(&[]).starts_with("octo/hello  left alone: GitHub's rate limit is used up"));
    stage.github.world().fail("/repos/octo/hello", limited());
    let printed = stage.sweep(&[]);
    assert!(printed.starts_with("octo/other#1  closed: cleaned up\nocto/hello  left alone: "), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issue_that_can_t_be_read_is_left_alone_by_its_number() {
    let stage = Stage::with(1..=9).await;
    let refusals = [
        (410, "Issues are disabled for this repo"),
        (410, "This API was sunset"),
        (403, "Repository access blocked"),
        (451, "Unavailable for legal reasons"),
        (422, "Validation Failed"),
        (200, "An answer without an issue"),
    ];
    {
        let mut world = stage.github.world();
        for (number, (status, message)) in (1..).zip(refusals) {
            world.set_issue(HELLO, number, Issue::Refused(status, message));
        }
        for number in 7..=9 {
            world.close(HELLO, number, LATE);
        }
    }
    let printed = stage.sweep(&[]);
    for number in 1..=6 {
        assert!(printed.contains(&format!("octo/hello  left alone: #{number}: ")), "{printed}");
    }
    assert_eq!(stage.left("octo/hello"), "[1,2,3,4,5,6]", "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn issues_that_are_switched_off_while_a_repository_is_swept_hide_nothing() {
    for nth in 0..8 {
        let stage = Stage::with(1..=2).await;
        stage.github.world().before_request(nth, |world| world.without_issues(HELLO));
        stage.sweep(&[]);
        assert_eq!(stage.left("octo/hello"), "[1,2]", "switched off before request {nth}");
    }
}
