//! One comment on the issue that shows its phases.

use phase_data_tests::{Backend, Comment, FakeGithub, Fault, Step, StepResult};

struct Stage {
    backend: Backend,
    key: String,
    github: FakeGithub,
}

impl Stage {
    async fn new() -> Self {
        let backend = Backend::start().await;
        let key = backend.tenant("octo", 9919).key;
        let github = FakeGithub::start().await;
        github.world().repository(1, "octo/hello", 9919);
        github.world().open(1, 42);
        Self { backend, key, github }
    }

    fn store(&self, phase: &str, run: &str) -> StepResult {
        self.step(phase, run).run()
    }

    fn step(&self, phase: &str, run: &str) -> Step {
        Step::new("store", self.backend.url(), &self.key, 42)
            .env("GITHUB_API_URL", self.github.url())
            .env("GITHUB_RUN_ID", run)
            .env("GITHUB_RUN_ATTEMPT", "1")
            .input("github-token", "ghs_test")
            .input("phase", phase)
            .input("data", r#"{"finding":"</table>@octocat"}"#)
            .input("comment", "true")
    }

    fn comments(&self) -> Vec<Comment> {
        self.github.world().comments_left()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_comment_shows_every_phase_and_never_the_document() {
    let stage = Stage::new().await;
    let scan = stage.store("scan", "17");
    assert!(scan.success && scan.log.contains("Commented on octo/hello#42."), "{}", scan.log);
    let validate = stage.store("validate", "18");
    assert!(validate.log.contains("Updated the comment on octo/hello#42."), "{}", validate.log);
    let again = stage.store("validate", "18");
    assert!(again.log.contains("The comment on octo/hello#42 is up to date."), "{}", again.log);
    let [comment] = &stage.comments()[..] else { panic!("one comment: {:?}", stage.comments()) };
    assert!(comment.body.starts_with("<!-- phase-data: "), "{}", comment.body);
    for (phase, run) in [("scan", "17"), ("validate", "18")] {
        let row = comment.body.lines().find(|line| line.starts_with(&format!("| {phase} |")));
        let link = format!("[run {run}](https://github.com/octo/hello/actions/runs/{run}/attempts/1)");
        assert!(
            row.is_some_and(|row| row.contains(&link) && row.contains("[`aaaaaaa`]")),
            "{}",
            comment.body
        );
    }
    assert!(comment.body.ends_with("| mitigate | – | – | – | – | – |\n"), "{}", comment.body);
    assert!(!comment.body.contains("octocat"), "{}", comment.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comment_of_somebody_else_with_the_same_marker_is_left_alone() {
    for login in [None, Some("ci-user".to_owned())] {
        let stage = Stage::new().await;
        let forged = "<!-- phase-data: the phases of this issue -->\nAll is well.";
        {
            let mut world = stage.github.world();
            world.largest_page = 2;
            for _ in 0..3 {
                let mallory = Comment {
                    repository: 1,
                    issue: 42,
                    login: "mallory".into(),
                    kind: "User",
                    body: forged.into(),
                    deleted: false,
                };
                world.comments.push(mallory);
            }
            world.login = login;
        }
        stage.store("scan", "17");
        stage.store("scan", "17");
        stage.store("mitigate", "18");
        let comments = stage.comments();
        assert_eq!(comments.len(), 4);
        assert!(comments[..3].iter().all(|comment| comment.body == forged));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comment_that_can_not_be_written_is_a_warning_and_the_store_counts() {
    let stage = Stage::new().await;
    let gone = (
        "no such issue",
        "Check that the issue exists, and that github-token may read it and write comments (`issues: write`).",
    );
    let denied = ("not permitted", "(it takes issues=write; pull_requests=write)");
    let down = ("in trouble", "GitHub answered 503");
    for (case, expected) in [gone, denied, down] {
        {
            let mut world = stage.github.world();
            world.may_comment = case != denied.0;
            match case {
                "in trouble" => {
                    // Once more after half a second, and then the step's second is over.
                    world.fail("/comments", Fault::Status(503, Vec::new()));
                    world.fail("/comments", Fault::Status(503, Vec::new()));
                }
                "no such issue" => world.fail("/comments", Fault::Status(404, Vec::new())),
                _ => {}
            }
        }
        let step = stage.step("scan", "17").input("timeout-seconds", "1");
        let step = step.input("data", &format!("{case:?}")).run();
        assert!(step.success && !step.output("revision").is_empty(), "{case}: {}", step.log);
        let warning =
            step.log.lines().find(|line| line.starts_with("::warning title=phase-data%3A no comment"));
        assert!(warning.is_some_and(|line| line.contains(expected)), "{case}: {}", step.log);
        assert!(step.log.contains("The document is stored"), "{case}: {}", step.log);
        assert_eq!(stage.comments().len(), 0, "{case}");
    }
    let wrong = Step::new("retrieve", stage.backend.url(), &stage.key, 42).input("comment", "true").run();
    assert!(wrong.log.contains("comment: only store updates a comment"), "{}", wrong.log);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comment_of_another_app_with_the_same_marker_is_left_alone() {
    // Of the second kind is an Enterprise Server whose GraphQL API is switched off: the token is the job's own then.
    for (app_user, has_graphql) in [("scanner[bot]", true), ("github-actions[bot]", false)] {
        let stage = Stage::new().await;
        let quoted = "<!-- phase-data: the phases of this issue -->\nquoted by a bot";
        {
            let mut world = stage.github.world();
            (world.app_user, world.has_graphql) = (app_user.to_owned(), has_graphql);
            world.comments.push(Comment {
                repository: 1,
                issue: 42,
                login: "helper[bot]".into(),
                kind: "Bot",
                body: quoted.into(),
                deleted: false,
            });
        }
        stage.store("scan", "17");
        stage.store("validate", "18");
        let comments = stage.comments();
        let seen: Vec<_> = comments.iter().map(|comment| comment.login.as_str()).collect();
        assert_eq!(seen, ["helper[bot]", app_user]);
        assert_eq!(comments[0].body, quoted);
        assert!(comments[1].body.contains("| validate | completed | 20"), "{}", comments[1].body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comment_that_is_deleted_meanwhile_is_made_again() {
    let stage = Stage::new().await;
    stage.store("scan", "17");
    stage.github.world().deleted_after_listing.insert(0);
    let step = stage.store("validate", "18");
    assert!(step.log.contains("Commented on octo/hello#42."), "{}", step.log);
    let comments = stage.comments();
    assert!(comments.len() == 1 && comments[0].body.contains("| validate | completed | 20"), "{comments:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_comments_that_were_made_at_once_the_next_step_leaves_one() {
    let stage = Stage::new().await;
    stage.store("scan", "17");
    {
        // The comment of a step that listed the comments at the same moment.
        let mut world = stage.github.world();
        let twin = world.comments[0].clone();
        world.comments.push(twin);
        world.largest_page = 1;
    }
    let step = stage.store("mitigate", "18");
    assert!(step.success && !step.log.contains("::warning"), "{}", step.log);
    let comments = stage.comments();
    assert!(comments.len() == 1 && comments[0].body.contains("| mitigate | completed | 20"), "{comments:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_warning_about_a_locked_issue_says_that_it_is_locked() {
    let stage = Stage::new().await;
    stage.github.world().locked.insert(42);
    let step = stage.store("scan", "17");
    assert!(step.success, "{}", step.log);
    let warning = step.log.lines().find(|line| line.starts_with("::warning title=phase-data%3A no comment"));
    let warning = warning.expect("a warning");
    assert!(warning.contains("Unlock the conversation of the issue"), "{warning}");
    assert!(!warning.contains("issues: write"), "{warning}");
}
