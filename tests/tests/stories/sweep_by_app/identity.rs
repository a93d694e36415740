//! Repositories are known by their ids, whatever happens to their names between two requests of a sweep.

use phase_data_tests::Issue;
use serde_json::json;

use super::super::webhook::in_seconds;
use super::back::event;
use super::{HELLO, LATE, OCTO, OTHER, RIVAL, Stage};

/// More requests than a sweep of these stages makes, and how many it makes at least.
const REQUESTS: std::ops::Range<usize> = 0..14;
const LEAST: usize = 5;

impl Stage {
    /// Returns `true` if the sweep had ended before this request.
    fn all_is_asked(&self, nth: usize) -> bool {
        let is_asked = self.github.world().has_plans();
        assert!(!is_asked || nth >= LEAST, "a sweep of {nth} requests proves nothing");
        is_asked
    }

    /// The numbers of the issues whose data can be seen, under whichever name it is kept.
    async fn seen(&self) -> Vec<i32> {
        let seen = "select issue_number from phase_data where deleted_at is null order by issue_number";
        sqlx::query_scalar(seen).fetch_all(&mut self.backend.database().await).await.expect("the numbers")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_that_is_renamed_while_it_is_swept_keeps_the_data_of_its_open_issues() {
    let stage = Stage::with(1..=3).await;
    for nth in REQUESTS {
        let name = format!("octo/renamed-{nth}");
        let rename = name.clone();
        stage.github.world().before_request(nth, move |world| world.repository(HELLO, &rename, OCTO.into()));
        let printed = stage.sweep(&[]);
        if stage.all_is_asked(nth) {
            return;
        }
        assert!(!printed.contains('#'), "renamed before request {nth}: {printed}");
        assert_eq!(stage.seen().await, [1, 2, 3], "renamed before request {nth}: {printed}");
        stage.sweep(&[]);
        assert_eq!(stage.left(&name), "[1,2,3]", "renamed before request {nth}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_repository_that_takes_the_old_name_meanwhile_says_nothing_about_the_old_one() {
    for nth in REQUESTS {
        let stage = Stage::with(1..=3).await;
        stage.sweep(&[]);
        stage.github.world().before_request(nth, |world| {
            world.repository(HELLO, "octo/renamed", OCTO.into());
            world.repository(77, "octo/hello", OCTO.into());
            for number in 1..=3 {
                world.close(77, number, LATE);
            }
        });
        for _ in 0..2 {
            let printed = stage.sweep(&[]);
            assert_eq!(stage.seen().await, [1, 2, 3], "before request {nth}: {printed}");
            if stage.all_is_asked(nth) {
                return;
            }
        }
        assert_eq!(stage.left("octo/renamed"), "[1,2,3]", "before request {nth}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_repository_of_the_name_says_nothing_about_data_that_is_older_than_itself() {
    let stage = Stage::with([1, 2]).await;
    {
        let mut world = stage.github.world();
        world.created_at(HELLO, &in_seconds(60));
        world.set_issue(HELLO, 1, Issue::Deleted);
        world.close(HELLO, 2, LATE);
    }
    let why = "its data was stored for an earlier repository of this name";
    let expected = format!("octo/hello  left alone: #1: {why}\nocto/hello  left alone: #2: {why}\n");
    for _ in 0..2 {
        assert_eq!(stage.sweep(&[]), expected);
        assert_eq!(stage.left("octo/hello"), "[1,2]");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_that_goes_to_another_owner_while_it_is_swept_is_left_alone_from_then_on() {
    for nth in REQUESTS {
        let stage = Stage::with(1..=3).await;
        stage.github.world().before_request(nth, |world| {
            world.repository(HELLO, "rival/hello", RIVAL.into());
            world.close(HELLO, 1, LATE);
            world.set_issue(HELLO, 2, Issue::Deleted);
            world.transfer((HELLO, 3), (OTHER, 30));
        });
        let printed = stage.sweep(&[]);
        if stage.all_is_asked(nth) {
            return;
        }
        assert_eq!(stage.seen().await, [1, 2, 3], "transferred before request {nth}: {printed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issue_that_went_away_and_came_back_has_another_number_and_its_data() {
    let stage = Stage::with([5]).await;
    {
        let mut world = stage.github.world();
        world.transfer((HELLO, 5), (OTHER, 1));
        world.transfer((OTHER, 1), (HELLO, 9));
    }
    assert_eq!(stage.sweep(&["--dry-run"]), "octo/hello#5  moved to octo/hello#9: would be moved\n");
    assert_eq!(stage.sweep(&[]), "octo/hello#5  moved to octo/hello#9: moved\n");
    assert_eq!(stage.left("octo/hello"), "[9]");
    assert_eq!(stage.sweep(&[]), "nothing was missed\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enterprise_of_the_same_number_is_another_account() {
    let stage = Stage::with([1]).await;
    let deleted = json!({ "action": "deleted", "installation": { "id": 5, "account": { "id": OCTO } } });
    stage.backend.deliver_and_finish("installation", "deleted", &deleted).await;
    {
        let mut world = stage.github.world();
        world.uninstall(OCTO.into());
        world.install_for_enterprise(OCTO.into());
        world.close(HELLO, 1, LATE);
    }
    assert_eq!(stage.sweep(&[]), "nothing was missed\n");
    assert_eq!(stage.seen().await, [0; 0], "the owner has left");
    stage.github.world().install(OCTO.into());
    stage.github.world().open(HELLO, 1);
    assert_eq!(stage.sweep(&[]), "all of the owner 9919  has the App installed: restored\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_reports_only_what_it_changed() {
    let stage = Stage::with([1, 2]).await;
    // Closed, opened and closed in one second: which came last, the times don't tell.
    let second = in_seconds(0);
    for (action, delivery) in [("closed", "1"), ("reopened", "2"), ("closed", "3")] {
        let event = event(action, 1, &second);
        stage.backend.deliver_and_finish("issues", delivery, &event).await;
    }
    stage.github.world().close(HELLO, 1, &second);
    // Closed, and stored again as it was: that is a wish to keep it.
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    stage.github.world().close(HELLO, 2, &in_seconds(0));
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    stage.backend.store(&stage.octo.key, "octo/hello", 2, "scan", r#"{"kept": 1.50}"#).await;
    for options in [&["--dry-run"][..], &[], &[]] {
        assert_eq!(stage.sweep(options), "nothing was missed\n");
        assert_eq!(stage.left("octo/hello"), "[1,2]");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_knows_what_would_be_there_again() {
    let stage = Stage::with([1, 2]).await;
    let deleted = json!({ "action": "deleted", "installation": { "id": 5, "account": { "id": OCTO } } });
    stage.backend.deliver_and_finish("installation", "deleted", &deleted).await;
    stage.github.world().close(HELLO, 1, LATE);
    let expected = |verb: &str, end: &str| {
        format!(
            "octo/hello#1  closed: {verb}{end}\nall of the owner 9919  has the App installed: {verb}restored\n"
        )
    };
    assert_eq!(stage.sweep(&["--dry-run"]), expected("would be ", "cleaned up"));
    assert_eq!(stage.seen().await, [0; 0]);
    assert_eq!(stage.sweep(&[]), expected("", "cleaned up"));
    assert_eq!(stage.seen().await, [2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_reports_what_the_sweep_does_also_where_one_move_depends_on_another() {
    let stage = Stage::with(1..=4).await;
    {
        let mut world = stage.github.world();
        world.repository(OTHER, "octo/second", OCTO.into());
        // Both end at one place; the data of a third one is at a place to which another one moves.
        world.transfer((HELLO, 1), (OTHER, 9));
        world.set_issue(HELLO, 2, Issue::MovedTo(OTHER, 9));
        world.transfer((HELLO, 3), (HELLO, 4));
        world.close(HELLO, 4, LATE);
    }
    stage.backend.store(&stage.octo.key, "octo/other", 1, "scan", "1").await;
    stage.github.world().open(OTHER, 1);
    for _ in 0..4 {
        let rehearsal = stage.sweep(&["--dry-run"]);
        assert_eq!(rehearsal.replace("would be ", ""), stage.sweep(&[]));
    }
    assert_eq!(stage.sweep(&[]), "nothing was missed\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_a_sweep_learned_stays() {
    let stage = Stage::with([1, 2]).await;
    assert_eq!(stage.sweep(&[]), "nothing was missed\n");
    stage.github.world().repository(HELLO, "octo/renamed", OCTO.into());
    // Its data expired meanwhile, so that closing it changes nothing.
    let expire = "update phase_data set expires_at = now() - interval '1 second' where issue_number = 1";
    sqlx::query(expire).execute(&mut stage.backend.database().await).await.expect("it expires");
    stage.github.world().close(HELLO, 2, LATE);
    let expected = "octo/hello  is octo/renamed now: moved\nocto/hello#2  closed: cleaned up\n";
    assert_eq!(stage.sweep(&[]), expected);
    let name: Option<String> = sqlx::query_scalar("select name from repository where external_id = $1")
        .bind(HELLO)
        .fetch_one(&mut stage.backend.database().await)
        .await
        .expect("the name");
    assert_eq!(name.as_deref(), Some("octo/renamed"));
    assert_eq!(stage.sweep(&[]), "nothing was missed\n");
}
