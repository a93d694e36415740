//! Sweeps while GitHub fails, is slow, or hides issues.

use phase_data_tests::{Fault, StepResult};

use super::{HELLO, LATE, Stage};

fn title(step: &StepResult) -> String {
    let error = step.log.lines().find_map(|line| line.strip_prefix("::error title="));
    error.unwrap_or_default().split("::").next().unwrap_or_default().replace("%3A", ":")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_passes_is_waited_for() {
    let stage = Stage::with([1]).await;
    {
        let mut world = stage.github.world();
        world.close(HELLO, 1, LATE);
        let soon = vec![("retry-after".to_owned(), "1".to_owned())];
        world.fail("/repos/octo/hello", Fault::Status(502, Vec::new()));
        world.fail("/issues/1", Fault::Status(403, soon.clone()));
        world.fail("/issues/1", Fault::Status(429, soon));
    }
    let sweep = stage.step().run();
    assert_eq!((sweep.output("swept"), stage.asked().len()), ("[1]", 5), "{}", sweep.log);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_cleaned_up_where_github_does_not_tell() {
    let stage = Stage::with([1]).await;
    let limited = || {
        let reset = (time::OffsetDateTime::now_utc() + time::Duration::hours(1)).unix_timestamp();
        let headers = [("x-ratelimit-remaining", "0".to_owned()), ("x-ratelimit-reset", reset.to_string())];
        Fault::Status(403, headers.map(|(name, value)| (name.to_owned(), value)).to_vec())
    };
    let plain = |status| Fault::Status(status, Vec::new());
    for (fault, expected, cause) in [
        (limited(), "phase-data: GitHub is not available", "rate limit is used up"),
        (plain(401), "phase-data: the request to GitHub failed", "refuses the token"),
        (plain(403), "phase-data: the request to GitHub failed", "does not allow it"),
        (plain(404), "phase-data: the request to GitHub failed", "it is gone, or the token may not see it"),
        (Fault::Silence, "phase-data: GitHub is not available", "0 cleaned up, 1 issue not looked at yet"),
    ] {
        stage.github.world().close(HELLO, 1, LATE);
        stage.github.world().fail("/repos/octo/hello", fault);
        let sweep = stage.step().input("timeout-seconds", "2").run();
        assert_eq!((sweep.success, title(&sweep)), (false, expected.to_owned()), "{}", sweep.log);
        assert!(sweep.log.contains(cause), "{cause}: {}", sweep.log);
        assert_eq!((sweep.output("swept"), stage.left().as_str()), ("[]", "[1]"));
    }
    stage.github.world().without_issues(HELLO);
    let sweep = stage.step().run();
    assert!(sweep.log.contains("octo/hello has its issues switched off"), "{}", sweep.log);
    assert_eq!(stage.left(), "[1]");
    let nowhere =
        stage.step().env("GITHUB_API_URL", "http://127.0.0.1:9").input("timeout-seconds", "1").run();
    assert_eq!(title(&nowhere), "phase-data: GitHub is not available", "{}", nowhere.log);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_that_is_cut_short_keeps_what_it_did_and_the_next_one_goes_on() {
    let stage = Stage::with([1, 2, 3]).await;
    for issue in [1, 2, 3] {
        stage.github.world().close(HELLO, issue, LATE);
    }
    stage.github.world().fail("/issues/2", Fault::Status(401, Vec::new()));
    let cut = stage.step().run();
    assert_eq!(
        (cut.success, cut.output("swept"), stage.left().as_str()),
        (false, "[1]", "[2,3]"),
        "{}",
        cut.log
    );
    let next = stage.step().run();
    assert_eq!((next.success, next.output("swept"), stage.left().as_str()), (true, "[2,3]", "[]"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_github_hides_names_the_permission() {
    let stage = Stage::with(1..=6).await;
    stage.github.world().fail("/issues?", Fault::Status(404, Vec::new()));
    let sweep = stage.step().run();
    assert!(!sweep.success && sweep.log.contains("The job needs `issues: read`"), "{}", sweep.log);
    assert_eq!(stage.left(), "[1,2,3,4,5,6]");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_time_of_the_step_is_for_all_that_a_sweep_asks_and_what_was_done_by_then_is_told() {
    let stage = Stage::with([1, 2, 3]).await;
    for issue in [1, 2, 3] {
        stage.github.world().close(HELLO, issue, LATE);
    }
    stage.github.world().delay = std::time::Duration::from_millis(900);
    let start = std::time::Instant::now();
    let sweep = stage.step().input("timeout-seconds", "1").run();
    assert!(start.elapsed() < std::time::Duration::from_secs(3), "{:?}", start.elapsed());
    assert_eq!((sweep.success, title(&sweep)), (false, "phase-data: GitHub is not available".to_owned()));
    let warning = "timeout-seconds (1 s) elapsed before the work was complete: 0 cleaned up, 3 issues not looked at yet.";
    assert!(sweep.log.contains(warning), "{}", sweep.log);
    assert!(
        sweep.log.contains("Increase timeout-seconds, which limits the whole operation."),
        "{}",
        sweep.log
    );
    stage.github.world().delay = std::time::Duration::ZERO;
    assert_eq!(stage.step().run().output("swept"), "[1,2,3]");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_of_a_slow_github_acts_on_what_it_learned_in_its_time_and_the_next_ones_finish() {
    let stage = Stage::with(1..=5).await;
    for issue in 1..=5 {
        stage.github.world().close(HELLO, issue, LATE);
    }
    stage.github.world().delay = std::time::Duration::from_millis(500);
    let first = stage.step().input("timeout-seconds", "3").run();
    assert!(!first.success && first.output("swept") != "[]", "{}", first.log);
    assert!(first.log.contains("cleaned up, ") && !first.log.contains("::warning"), "{}", first.log);
    for _ in 0..4 {
        stage.step().input("timeout-seconds", "3").run();
    }
    assert_eq!(stage.left(), "[]");
}
