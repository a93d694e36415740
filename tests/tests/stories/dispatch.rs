//! A workflow starts the next one: events that its own token causes do not.

mod failures;

use phase_data_tests::{Backend, Dispatched, FakeGithub, Step, StepResult, Workflow};
use serde_json::json;

const POST: &str = "POST /repos/octo/hello/actions/workflows/mitigate.yml/dispatches";

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
        {
            let mut world = github.world();
            world.repository(1, "octo/hello", 9919);
            world.workflows.push(Workflow::for_issues(1, "mitigate.yml"));
        }
        Self { backend, key, github }
    }

    /// A store that then starts `mitigate.yml`.
    fn store(&self) -> Step {
        Step::new("store", self.backend.url(), &self.key, 42)
            .env("GITHUB_API_URL", self.github.url())
            .input("github-token", "ghs_test")
            .input("phase", "validate")
            .input("data", "{}")
            .input("dispatch", "mitigate.yml")
    }

    /// A step that only starts `mitigate.yml`: it knows no backend.
    fn dispatch(&self) -> Step {
        Step::new("dispatch", "", "", 42)
            .env("GITHUB_API_URL", self.github.url())
            .input("github-token", "ghs_test")
            .input("dispatch", "mitigate.yml")
    }

    fn dispatches(&self) -> Vec<Dispatched> {
        self.github.world().dispatches.clone()
    }
}

fn mitigate_on(git_ref: &str) -> Dispatched {
    let inputs = json!({"issue-number": "42"});
    Dispatched { file: "mitigate.yml", git_ref: git_ref.to_owned(), inputs }
}

/// The title and the text of the annotation of this kind.
fn annotation(step: &StepResult, kind: &str) -> String {
    let start = format!("::{kind} title=phase-data%3A ");
    let found = step.log.lines().find_map(|line| line.strip_prefix(&start));
    found.unwrap_or_else(|| panic!("no {kind}: {}", step.log)).replace("%0A", "\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_starts_the_next_workflow_which_finds_the_issue_by_itself() {
    let stage = Stage::new().await;
    let step = stage.store().run();
    assert!(step.success, "{}", step.log);
    assert_eq!(stage.dispatches(), [mitigate_on("main")]);
    let run = "https://github.com/octo/hello/actions/runs/1";
    assert_eq!((step.output("dispatched-run-url"), step.output("storage")), (run, "backend"));
    assert!(
        step.log.contains(&format!("Started mitigate.yml on main for octo/hello#42: {run}")),
        "{}",
        step.log
    );
    assert!(step.summary.contains(&format!("[Started run 1 of mitigate.yml](<{run}>)")), "{}", step.summary);

    // The event of the started run, as GitHub makes it of a dispatch.
    let event = json!({"inputs": stage.dispatches()[0].inputs, "ref": "refs/heads/main"}).to_string();
    for operation in ["retrieve", "cleanup", "restore"] {
        let next = Step::new(operation, stage.backend.url(), &stage.key, 7)
            .env("GITHUB_EVENT_NAME", "workflow_dispatch")
            .file("event.json", &event)
            .run();
        assert!(next.success && next.summary.contains("octo/hello&#35;42"), "{}", next.log);
        let phases = [next.output("phases"), next.output("deleted"), next.output("restored")].concat();
        assert_eq!(phases, r#"["validate"]"#, "{operation}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_may_only_start_workflows_starts_one_without_a_backend() {
    let stage = Stage::new().await;
    let step = stage.dispatch().run();
    assert!(step.success, "{}", step.log);
    assert_eq!(stage.dispatches(), [mitigate_on("main")]);
    assert_eq!(step.output("dispatched-run-url"), "https://github.com/octo/hello/actions/runs/1");
    assert!(step.summary.contains("| dispatch | octo/hello&#35;42 |"), "{}", step.summary);
    assert!(step.summary.contains("workflow started"), "{}", step.summary);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_runs_on_the_default_branch_or_on_the_named_one() {
    let stage = Stage::new().await;
    stage.github.world().branches.extend(["trunk".to_owned(), "release/1".to_owned()]);
    let event = |full_name: &str| {
        let repository = json!({"full_name": full_name, "default_branch": "trunk"});
        json!({"issue": {"number": 42}, "repository": repository}).to_string()
    };
    let get = "GET /repos/octo/hello";
    for (case, step, git_ref, asked) in [
        ("the event's", stage.dispatch().file("event.json", event("Octo/Hello")), "trunk", vec![POST]),
        // The event concerns another repository.
        ("GitHub's", stage.dispatch().file("event.json", event("octo/other")), "main", vec![get, POST]),
        ("named", stage.dispatch().input("dispatch-ref", "release/1"), "release/1", vec![POST]),
        (
            "named with its prefix",
            stage.dispatch().input("dispatch-ref", "refs/heads/main"),
            "main",
            vec![POST],
        ),
    ] {
        stage.github.world().asked.clear();
        let step = step.run();
        assert!(step.success, "{case}: {}", step.log);
        assert_eq!(stage.dispatches().last(), Some(&mitigate_on(git_ref)), "{case}");
        assert_eq!(stage.github.world().asked, asked, "{case}");
    }
    let by_id = stage.dispatch().input("dispatch", "161335").run();
    assert!(by_id.success && stage.dispatches().len() == 5, "{}", by_id.log);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_refused_starts_nothing() {
    let stage = Stage::new().await;
    let wrong_key = stage.store().input("api-key", &format!("pd_{}", "x".repeat(48))).run();
    assert!(!wrong_key.success, "{}", wrong_key.log);
    let condition = stage.store().input("if-match", "7").run();
    assert!(!condition.success, "{}", condition.log);
    assert_eq!(stage.github.world().asked, [] as [&str; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_only_the_runner_has_starts_nothing() {
    let stage = Stage::new().await;
    let step = stage
        .store()
        .input("backend-url", "http://127.0.0.1:1")
        .input("persistence", "best-effort")
        .input("timeout-seconds", "1")
        .run();
    assert!(step.success && step.output("storage") == "local", "{}", step.log);
    let warnings: Vec<_> = step.log.lines().filter(|line| line.starts_with("::warning")).collect();
    assert!(
        warnings
            .iter()
            .any(|line| line.contains("workflow not started::The document is saved on the runner only")),
        "{warnings:?}"
    );
    for step in [stage.store(), stage.dispatch()] {
        let off = step.input("persistence", "off").run();
        assert!(off.success && off.output("storage") == "off", "{}", off.log);
        assert!(off.log.contains("The workflow mitigate.yml was not started."), "{}", off.log);
    }
    assert_eq!(stage.github.world().asked, [] as [&str; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_runs_again_starts_the_workflow_again() {
    let stage = Stage::new().await;
    stage.github.world().may_dispatch = false;
    assert!(!stage.store().run().success);
    stage.github.world().may_dispatch = true;
    for started in 1..=2 {
        let again = stage.store().run();
        assert!(again.success && again.log.contains("revision 1, unchanged"), "{}", again.log);
        assert_eq!(stage.dispatches().len(), started);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_enterprise_server_starts_the_workflow_and_does_not_report_the_run() {
    let stage = Stage::new().await;
    stage.github.world().reports_runs = false;
    let step = stage
        .store()
        .env("GITHUB_API_URL", &format!("{}/api/v3", stage.github.url()))
        .env("GITHUB_SERVER_URL", "https://github.example.com")
        .input("dispatch-ref", "main")
        .run();
    assert!(step.success, "{}", step.log);
    assert_eq!(stage.dispatches(), [mitigate_on("main")]);
    let post = POST.replace("/repos", "/api/v3/repos");
    assert_eq!(stage.github.world().asked, [post.clone(), post], "again, without the unknown parameter");
    assert_eq!(step.output("dispatched-run-url"), "");
    let page = "https://github.example.com/octo/hello/actions/workflows/mitigate.yml";
    let expected = format!("GitHub did not report the run; the runs are at {page}");
    assert!(step.log.contains(&expected), "{}", step.log);
    assert!(
        step.summary.contains(&format!("[Started mitigate.yml&#59; its runs](<{page}>)")),
        "{}",
        step.summary
    );
}
