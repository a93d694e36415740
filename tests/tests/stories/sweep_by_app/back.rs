//! Restored, moved and renamed data without an event.

use phase_data_tests::{Fault, Issue, issue_event, repository};
use serde_json::{Value, json};

use super::super::webhook::in_seconds;
use super::{HELLO, LATE, OCTO, OTHER, Stage};

/// An event about an issue of the stage's repository.
pub(super) fn event(action: &str, issue: u32, at: &str) -> Value {
    let mut event = issue_event(action, issue, at);
    event["repository"]["id"] = HELLO.into();
    event
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_opened_again_without_a_word_comes_back_as_it_was_and_a_clean_up_by_hand_stays() {
    let stage = Stage::with([1, 2, 3, 4, 5]).await;
    let before = stage.backend.retrieve(&stage.octo.key, "octo/hello", 1).await;
    let (closed_at, reopened_at) = (in_seconds(0), in_seconds(5));
    for issue in [1, 4, 5] {
        let closed = event("closed", issue, &closed_at);
        stage.backend.deliver_and_finish("issues", &format!("closed-{issue}"), &closed).await;
    }
    for issue in [2, 3] {
        stage.backend.delete(&stage.octo.key, "octo/hello", issue).await;
    }
    assert_eq!(stage.left("octo/hello"), "[]");
    {
        let mut world = stage.github.world();
        world.close(HELLO, 1, "2020-01-01T00:00:00Z");
        world.reopen(HELLO, 1, "2020-01-02T00:00:00Z");
        world.close(HELLO, 1, &closed_at);
        world.reopen(HELLO, 1, &reopened_at);
        // 2 was never closed; 3 was opened again before it was cleaned up by hand; 4 is closed; 5 is not there.
        world.reopen(HELLO, 3, "2020-01-02T00:00:00Z");
        world.close(HELLO, 4, &closed_at);
        world.set_issue(HELLO, 5, Issue::Deleted);
        world.largest_page = 1;
    }
    let expected = |verb: &str| format!("octo/hello#1  opened again: {verb}\n");
    assert_eq!(stage.sweep(&["--dry-run"]), expected("would be restored"));
    assert_eq!(stage.left("octo/hello"), "[]");
    assert_eq!(stage.sweep(&[]), expected("restored"));
    assert_eq!(stage.left("octo/hello"), "[1]");
    let after = stage.backend.retrieve(&stage.octo.key, "octo/hello", 1).await;
    assert_eq!((after.body, after.headers.get("etag")), (before.body, before.headers.get("etag")));
    assert_eq!(stage.sweep(&[]), "nothing was missed\n");
    // The close that it was restored from comes late.
    let closed = event("closed", 1, &closed_at);
    stage.backend.deliver_and_finish("issues", "late", &closed).await;
    assert_eq!(stage.left("octo/hello"), "[1]");
    // GitHub does not tell: nothing changes, and the reason is said.
    stage.backend.deliver_and_finish("issues", "again", &event("closed", 1, &in_seconds(6))).await;
    stage.github.world().reopen(HELLO, 1, &in_seconds(7));
    stage.github.world().fail("/issues/1/events", Fault::Status(403, Vec::new()));
    let left = "octo/hello  left alone: #1: GitHub does not allow it (403): This is a fault\n";
    assert_eq!(stage.sweep(&[]), left);
    let limited = Fault::Status(429, vec![("retry-after".to_owned(), "3600".to_owned())]);
    stage.github.world().fail("/issues/1/events", limited);
    let printed = stage.sweep(&[]);
    assert!(printed.starts_with("octo/hello  left alone: GitHub's rate limit is used up"), "{printed}");
    assert_eq!(stage.sweep(&[]), expected("restored"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_hidden_moves_along_and_comes_back_where_the_issue_is() {
    let stage = Stage::with([6]).await;
    let closed = event("closed", 6, &in_seconds(0));
    stage.backend.deliver_and_finish("issues", "closed", &closed).await;
    {
        let mut world = stage.github.world();
        world.set_issue(HELLO, 6, Issue::MovedTo(OTHER, 70));
        world.reopen(OTHER, 70, &in_seconds(5));
    }
    assert_eq!(stage.sweep(&[]), "octo/hello#6  moved to octo/other#70: moved\n");
    assert_eq!(stage.left("octo/other"), "[]");
    assert_eq!(stage.sweep(&[]), "octo/other#70  opened again: restored\n");
    assert_eq!(stage.left("octo/other"), "[70]");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_that_was_renamed_without_a_word_has_its_data_under_its_new_name() {
    let stage = Stage::with([1]).await;
    stage.github.world().repository(HELLO, "octo/greeting", OCTO.into());
    assert_eq!(stage.sweep(&["--dry-run"]), "octo/hello  is octo/greeting now: would be moved\n");
    assert_eq!(stage.left("octo/greeting"), "[]");
    assert_eq!(stage.sweep(&[]), "octo/hello  is octo/greeting now: moved\n");
    assert_eq!(stage.left("octo/greeting"), "[1]");
    assert_eq!(stage.sweep(&[]), "nothing was missed\n");
    // Its issues are known by the new name from now on; another repository that takes the old one has none of them.
    stage.github.world().close(HELLO, 1, LATE);
    stage.github.world().repository(77, "octo/hello", OCTO.into());
    assert_eq!(stage.sweep(&[]), "octo/greeting#1  closed: cleaned up\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_or_an_account_that_came_back_without_a_word_has_its_data_again() {
    let stage = Stage::with([1]).await;
    let archived =
        json!({ "action": "archived", "repository": repository(OCTO, 1, "octo/hello", &in_seconds(0)) });
    stage.backend.deliver_and_finish("repository", "archived", &archived).await;
    assert_eq!(stage.left("octo/hello"), "[]");
    stage.github.world().archive(HELLO, true);
    assert_eq!(stage.sweep(&[]), "nothing was missed\n", "it is still archived");
    stage.github.world().archive(HELLO, false);
    stage.github.world().give_app(HELLO, false);
    assert_eq!(stage.sweep(&[]), "nothing was missed\n", "the App may not see it");
    stage.github.world().give_app(HELLO, true);
    assert_eq!(stage.sweep(&["--dry-run"]), "octo/hello  is there again: would be restored\n");
    assert_eq!(stage.sweep(&[]), "octo/hello  is there again: restored\n");
    assert_eq!(stage.left("octo/hello"), "[1]");

    let deleted = json!({ "action": "deleted", "installation": { "id": 5, "account": { "id": OCTO } } });
    stage.backend.deliver_and_finish("installation", "deleted", &deleted).await;
    assert_eq!(stage.left("octo/hello"), "[]");
    let expected = "all of the owner 9919  has the App installed: restored\n";
    assert_eq!(stage.sweep(&[]), expected);
    assert_eq!(stage.left("octo/hello"), "[1]");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_repository_of_an_old_name_gets_nothing_of_what_the_old_one_had() {
    let stage = Stage::with([1, 2]).await;
    // No delivery proves which repository it is.
    let named = "update repository set named_at = now() + interval '1 hour'";
    sqlx::raw_sql(named).execute(&mut stage.backend.database().await).await.expect("a name of later");
    let closed = event("closed", 1, &in_seconds(0));
    stage.backend.deliver_and_finish("issues", "closed", &closed).await;
    let deleted =
        json!({ "action": "deleted", "repository": repository(OCTO, 1, "octo/hello", &in_seconds(0)) });
    stage.backend.deliver_and_finish("repository", "deleted", &deleted).await;
    {
        let mut world = stage.github.world();
        world.created_at(HELLO, &in_seconds(60));
        world.reopen(HELLO, 1, &in_seconds(120));
    }
    assert_eq!(stage.sweep(&[]), "nothing was missed\n");
    assert_eq!(stage.left("octo/hello"), "[]");
    let named = "update repository set named_at = now() - interval '1 hour'";
    sqlx::raw_sql(named).execute(&mut stage.backend.database().await).await.expect("a name of before");
    stage.github.world().created_at(HELLO, "2020-01-01T00:00:00Z");
    let expected = "octo/hello  is there again: restored\nocto/hello#1  opened again: restored\n";
    assert_eq!(stage.sweep(&[]), expected, "the old one would have been told apart by its time alone");
}
