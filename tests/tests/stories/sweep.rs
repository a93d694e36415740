//! A scheduled step that finds closed issues, whatever events were missed.

mod failures;

use phase_data_tests::{Backend, FakeGithub, Fault, Issue, Step, StepResult};

const HELLO: i64 = 1;
const LATE: &str = "2099-01-01T00:00:00Z";

struct Stage {
    backend: Backend,
    key: String,
    github: FakeGithub,
}

impl Stage {
    /// `octo/hello`, with data for these issues; all of them are open.
    async fn with(issues: impl IntoIterator<Item = u32>) -> Self {
        let backend = Backend::start().await;
        let key = backend.tenant("octo", 9919).key;
        let github = FakeGithub::start().await;
        github.world().repository(HELLO, "octo/hello", 9919);
        for issue in issues {
            backend.store(&key, "octo/hello", issue, "scan", "1").await;
            github.world().open(HELLO, i64::from(issue));
        }
        Self { backend, key, github }
    }

    fn step(&self) -> Step {
        Step::new("sweep", self.backend.url(), &self.key, 1)
            .env("GITHUB_API_URL", self.github.url())
            .input("github-token", "ghs_test")
    }

    /// The issues that still have data.
    fn left(&self) -> String {
        let list = Step::new("list", self.backend.url(), &self.key, 1).run();
        list.output("issue-numbers").to_owned()
    }

    /// Returns the requests to GitHub.
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.github.world().asked)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_cleans_up_what_is_closed_and_tells_what_it_left_alone() {
    let stage = Stage::with([1, 2, 3, 4, 5, 6, 7]).await;
    {
        let mut world = stage.github.world();
        world.repository(2, "octo/other", 9919);
        world.open(2, 70);
        world.close(2, 80, LATE);
        world.close(HELLO, 2, LATE);
        world.close(HELLO, 3, "2020-01-01T00:00:00Z");
        world.set_issue(HELLO, 4, Issue::Deleted);
        world.set_issue(HELLO, 5, Issue::MovedTo(2, 70));
        world.set_issue(HELLO, 6, Issue::MovedTo(2, 80));
        world.set_issue(HELLO, 7, Issue::MovedTo(9, 9));
    }
    let rehearsal = stage.step().input("dry-run", "true").run();
    assert!(rehearsal.success, "{}", rehearsal.log);
    assert_eq!((rehearsal.output("swept"), rehearsal.output("count")), ("[2,4,6]", "3"));
    assert_eq!(stage.left(), "[1,2,3,4,5,6,7]", "a dry run changes nothing");

    let sweep = stage.step().run();
    assert_eq!((sweep.output("swept"), sweep.output("count")), ("[2,4,6]", "3"), "{}", sweep.log);
    assert_eq!(sweep.output("storage"), "backend");
    assert!(sweep.summary.contains("3 cleaned up"), "{}", sweep.summary);
    for expected in ["#5: the issue is octo/other#70 now, and open there", "#7: GitHub shows no such issue"] {
        assert!(sweep.log.contains(expected), "{}", sweep.log);
    }
    assert_eq!(stage.left(), "[1,3,5,7]", "3 was closed before its data was stored");

    let again = stage.step().run();
    assert_eq!((again.output("swept"), again.output("count"), again.success), ("[]", "0", true));
    let mut unmasked = again.log.lines().filter(|line| !line.starts_with("::add-mask::"));
    assert!(unmasked.all(|line| !line.contains("ghs_test")), "{}", again.log);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_brings_back_what_was_opened_again_and_leaves_what_was_cleaned_up_by_hand() {
    let stage = Stage::with([1, 2, 3, 4, 5, 6]).await;
    for issue in [1, 2, 3, 4, 5] {
        stage.backend.delete(&stage.key, "octo/hello", issue).await;
    }
    // New life of the issue: what was cleaned up is to come back beside it.
    stage.backend.store(&stage.key, "octo/hello", 5, "validate", "2").await;
    {
        let mut world = stage.github.world();
        // 2 was never closed; 3 was opened again before; 4 is closed.
        for issue in [1, 5] {
            world.close(HELLO, issue, LATE);
            world.reopen(HELLO, issue, "2099-01-02T00:00:00Z");
        }
        world.close(HELLO, 3, "2020-01-01T00:00:00Z");
        world.reopen(HELLO, 3, "2020-01-02T00:00:00Z");
        world.close(HELLO, 4, LATE);
        world.close(HELLO, 6, LATE);
    }
    let rehearsal = stage.step().input("dry-run", "true").run();
    let expected = |step: &StepResult| (step.output("swept").to_owned(), step.output("reopened").to_owned());
    assert_eq!(expected(&rehearsal), ("[6]".to_owned(), "[1,5]".to_owned()), "{}", rehearsal.log);
    assert_eq!(stage.left(), "[5,6]");
    let sweep = stage.step().run();
    assert_eq!(expected(&sweep), ("[6]".to_owned(), "[1,5]".to_owned()), "{}", sweep.log);
    assert!(sweep.summary.contains("1 cleaned up, 2 restored"), "{}", sweep.summary);
    assert_eq!(stage.left(), "[1,5]");
    let both = stage.backend.retrieve(&stage.key, "octo/hello", 5).await.json();
    assert_eq!(both["phases"].as_array().map(Vec::len), Some(2), "{both}");
    assert_eq!(expected(&stage.step().run()), ("[]".to_owned(), "[]".to_owned()));
    // A repository that was made since has only the name.
    stage.backend.delete(&stage.key, "octo/hello", 1).await;
    stage.github.world().reopen(HELLO, 1, "2099-01-03T00:00:00Z");
    stage.github.world().created_at(HELLO, LATE);
    assert_eq!(expected(&stage.step().run()), ("[]".to_owned(), "[]".to_owned()));
    stage.github.world().created_at(HELLO, "2020-01-01T00:00:00Z");
    // Where GitHub does not tell, nothing comes back, and the step says why.
    stage.github.world().fail("/issues/1/events", Fault::Status(403, Vec::new()));
    let refused = stage.step().run();
    assert!(refused.success && refused.log.contains("#1: GitHub does not allow it (403)"), "{}", refused.log);
    assert_eq!(stage.left(), "[5]");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_tells_what_the_sweep_then_does() {
    let stage = Stage::with([1, 2]).await;
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let closed_at = time::OffsetDateTime::now_utc().replace_nanosecond(0).expect("a second");
    let closed_at = closed_at.format(&time::format_description::well_known::Rfc3339).expect("a time");
    stage.github.world().close(HELLO, 1, &closed_at);
    stage.github.world().close(HELLO, 2, &closed_at);
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    // Stored again as it was: that is a wish to keep it, which only the backend knows of.
    stage.backend.store(&stage.key, "octo/hello", 1, "scan", "1").await;
    for dry_run in ["true", "false"] {
        let step = stage.step().input("dry-run", dry_run).run();
        assert_eq!((step.success, step.output("swept")), (true, "[2]"), "dry-run {dry_run}: {}", step.log);
    }
    assert_eq!(stage.left(), "[1]");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issue_that_can_t_be_read_or_moved_within_the_repository_is_left_alone_by_its_number() {
    let stage = Stage::with(1..=4).await;
    {
        let mut world = stage.github.world();
        world.set_issue(HELLO, 1, Issue::Refused(410, "Issues are disabled for this repo"));
        world.transfer((HELLO, 2), (HELLO, 9));
        world.close(HELLO, 3, LATE);
        // It was renamed while it was swept, and another one took the name.
        world.before_request(2, |world| {
            world.repository(HELLO, "octo/renamed", 9919);
            world.repository(77, "octo/hello", 9919);
            world.close(77, 4, LATE);
        });
    }
    let sweep = stage.step().run();
    assert!(sweep.success, "{}", sweep.log);
    assert_eq!(stage.left(), "[1,2,4]", "{}", sweep.log);
    for expected in
        ["#1: GitHub refuses the request (410)", "#2: the issue is octo/renamed#9 now, and open there"]
    {
        assert!(sweep.log.contains(expected), "{expected}: {}", sweep.log);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_of_many_issues_reads_lists_by_pages() {
    let stage = Stage::with(1..=30).await;
    {
        let mut world = stage.github.world();
        world.largest_page = 4;
        for issue in (3..=30).step_by(3) {
            world.close(HELLO, issue, LATE);
        }
        // A renamed repository is found by its old name.
        world.repository(HELLO, "octo/hello-world", 9919);
    }
    let sweep = stage.step().run();
    assert_eq!(sweep.output("swept"), "[3,6,9,12,15,18,21,24,27,30]", "{}", sweep.log);
    let asked = stage.asked();
    assert_eq!(asked[0..2], ["GET /repos/octo/hello", "GET /repositories/1"]);
    assert!(asked[2].starts_with("GET /repositories/1/issues?state=closed&"), "{asked:?}");
    // 10 closed and 20 open ones, four to a page.
    assert_eq!(asked.len(), 2 + 3 + 5, "{asked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_is_stored_github_is_not_asked() {
    let stage = Stage::with([]).await;
    let sweep = stage.step().run();
    assert_eq!((sweep.output("swept"), sweep.success), ("[]", true), "{}", sweep.log);
    assert_eq!(stage.asked(), Vec::<String>::new());
}

#[test]
fn a_sweep_that_is_off_has_outputs_that_read_as_json() {
    let off = Step::new("sweep", "", "", 1).input("persistence", "off").run();
    assert_eq!(
        (off.success, off.output("swept"), off.output("reopened"), off.output("count")),
        (true, "[]", "[]", "0"),
        "{}",
        off.log
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_needs_a_token_and_never_sends_it_in_the_clear() {
    let stage = Stage::with([1]).await;
    let step = || Step::new("sweep", stage.backend.url(), &stage.key, 1);
    let without = step().run();
    assert!(without.log.contains("github-token is empty"), "{}", without.log);
    let unfit = step().input("github-token", "two words").run();
    assert!(
        unfit.log.contains("github-token: a key or token consists of printable ASCII characters"),
        "{}",
        unfit.log
    );
    let clear = step().input("github-token", "x").env("GITHUB_API_URL", "http://ghe.example/api/v3").run();
    assert!(clear.log.contains("GITHUB_API_URL: the token is not sent over plain HTTP"), "{}", clear.log);
}
