//! The documents' workflows, step by step through the real action.

use std::collections::BTreeMap;

use phase_data_tests::corpus::payload;
use phase_data_tests::{
    Backend, FakeGithub, LocalIssuer, Step, StepResult, Tenant, Workflow as Dispatchable,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::markdown::{blocks, read};
use super::tables::{Ordered, action_yml};

#[derive(Deserialize)]
struct Workflow {
    name: String,
    on: BTreeMap<String, Value>,
    permissions: BTreeMap<String, String>,
    jobs: Ordered<Job>,
}

#[derive(Deserialize)]
struct Job {
    permissions: BTreeMap<String, String>,
    steps: Vec<WorkflowStep>,
}

#[derive(Deserialize)]
struct Excerpt {
    steps: Vec<WorkflowStep>,
}

#[derive(Deserialize)]
struct WorkflowStep {
    #[serde(default)]
    uses: String,
    #[serde(default)]
    run: String,
    #[serde(default)]
    with: BTreeMap<String, String>,
}

/// Every YAML block of the README and the action's page, parsed without exception; the ones with jobs, and the ones with
/// steps alone.
fn documents() -> (Vec<Workflow>, Vec<Excerpt>) {
    let (mut workflows, mut excerpts) = (Vec::new(), Vec::new());
    let blocks = ["README.md", "docs/action.md"].iter().flat_map(|document| blocks(&read(document)));
    for block in blocks.filter(|block| block.language == "yaml") {
        let any: Value = serde_saphyr::from_str(&block.text).unwrap_or_else(|error| panic!("{error}"));
        if any.get("jobs").is_some() {
            workflows.push(serde_saphyr::from_str(&block.text).expect("a workflow"));
        } else {
            excerpts.push(serde_saphyr::from_str(&block.text).expect("steps"));
        }
    }
    (workflows, excerpts)
}

impl WorkflowStep {
    fn is_ours(&self) -> bool {
        self.uses.contains("/phase-data@")
    }

    fn is_dispatch(&self) -> bool {
        self.with("operation") == "dispatch"
    }

    fn with(&self, name: &str) -> &str {
        self.with.get(name).map_or("", String::as_str)
    }
}

#[test]
fn every_step_gives_inputs_that_the_action_has_and_every_other_action_is_pinned() {
    let known: Vec<String> = action_yml().inputs.0.into_iter().map(|(name, _)| name).collect();
    let (workflows, excerpts) = documents();
    let jobs = workflows.iter().flat_map(|workflow| &workflow.jobs.0).flat_map(|(_, job)| &job.steps);
    let steps: Vec<&WorkflowStep> = jobs.chain(excerpts.iter().flat_map(|excerpt| &excerpt.steps)).collect();
    assert_eq!(steps.iter().filter(|step| step.is_ours()).count(), 9);
    for step in steps {
        if step.is_ours() {
            let unknown: Vec<_> = step.with.keys().filter(|name| !known.contains(name)).collect();
            assert!(unknown.is_empty(), "action.yml has no {unknown:?}");
        } else if let Some((action, version)) = step.uses.split_once('@') {
            let pinned = version.len() == 40 && version.bytes().all(|byte| byte.is_ascii_hexdigit());
            assert!(pinned, "{action} is not pinned to a commit");
        }
        assert!(!step.run.contains("${{"), "an expression in a script: {}", step.run);
    }
}

#[test]
fn every_job_has_the_permissions_that_it_needs_and_no_others() {
    for workflow in documents().0 {
        assert!(workflow.permissions.is_empty(), "{} gives every job permissions", workflow.name);
        for (name, job) in workflow.jobs.0 {
            let checks_out = job.steps.iter().any(|step| step.uses.starts_with("actions/checkout@"));
            let asks_backend = job.steps.iter().any(|step| step.is_ours() && !step.is_dispatch());
            let dispatches = job.steps.iter().any(WorkflowStep::is_dispatch);
            let needed = [
                checks_out.then_some(("contents", "read")),
                asks_backend.then_some(("id-token", "write")),
                dispatches.then_some(("actions", "write")),
            ];
            let needed: BTreeMap<&str, &str> = needed.into_iter().flatten().collect();
            let given = job.permissions.iter().map(|(name, level)| (name.as_str(), level.as_str())).collect();
            assert_eq!(needed, given, "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documents_workflows_hand_over_from_scan_to_clean_up() {
    let issuer = LocalIssuer::start();
    let backend = Backend::start_with(&[("PHASE_DATA_OIDC_ISSUERS", &issuer.setting())]).await;
    let octo = backend.tenant("octo", 9919);
    let github = FakeGithub::start().await;
    github.world().repository(1, "octo/hello", 9919);
    github.world().workflows.push(Dispatchable::for_issues(1, "mitigate.yml"));
    let lab = Lab { issuer: &issuer, backend: &backend, tenant: &octo, github: &github };
    let (workflows, excerpts) = documents();
    let names: Vec<&str> = workflows.iter().map(|workflow| workflow.name.as_str()).collect();
    assert_eq!(names, ["scan", "validate", "mitigate", "cleanup"]);

    for workflow in &workflows {
        let event = lab.event(workflow);
        for (_, job) in &workflow.jobs.0 {
            lab.run_job(&job.steps, &event);
        }
        let stored = backend.retrieve(&octo.key, "octo/hello", 42).await;
        if workflow.name == "cleanup" {
            assert_eq!(stored.code(), "phase_data_not_found");
        } else {
            let phases = stored.json()["phases"].as_array().map_or(0, Vec::len);
            assert_eq!(Some(workflow.name.as_str()), names.get(phases - 1).copied(), "{}", stored.body);
        }
    }
    for excerpt in &excerpts {
        lab.run_job(&excerpt.steps, ISSUE_EVENT);
    }
    assert_eq!(backend.retrieve(&octo.key, "octo/hello", 42).await.status, 200);
}

/// The environment of a job.
struct Lab<'a> {
    issuer: &'a LocalIssuer,
    backend: &'a Backend,
    tenant: &'a Tenant,
    github: &'a FakeGithub,
}

const ISSUE_EVENT: &str = r#"{"action":"opened","issue":{"number":42}}"#;

impl Lab<'_> {
    /// The event of a run: of the issue, or what the dispatch by an earlier workflow made.
    fn event(&self, workflow: &Workflow) -> String {
        let Some(dispatch) = workflow.on.get("workflow_dispatch") else { return ISSUE_EVENT.to_owned() };
        let declared = dispatch["inputs"].as_object().expect("inputs").keys();
        let dispatched = self.github.world().dispatches.pop().expect("a dispatch");
        assert_eq!(dispatched.file, format!("{}.yml", workflow.name));
        let sent = dispatched.inputs.as_object().expect("inputs").keys();
        assert!(sent.eq(declared), "{:?}", dispatched.inputs);
        json!({"inputs": dispatched.inputs}).to_string()
    }

    /// Runs a job's phase-data steps. Its scripts are the reader's own; what is checked of them is that they
    /// read what was retrieved before and write what is stored after them.
    fn run_job(&self, steps: &[WorkflowStep], event: &str) {
        for (at, step) in steps.iter().enumerate().filter(|(_, step)| step.is_ours()) {
            let result = self.run_step(step, event);
            let (data_file, output_file) = (step.with("data-file"), step.with("output-file"));
            if !data_file.is_empty() {
                let writes = format!("> {data_file}");
                let written = steps[..at].iter().any(|before| before.run.ends_with(&writes));
                assert!(written, "no script writes {data_file}");
            }
            if !output_file.is_empty() {
                let is_read = steps[at..].iter().any(|after| after.run.contains(&format!(" {output_file} ")));
                assert!(is_read, "no script reads {output_file}");
                assert_eq!(result.output("data-file"), output_file);
                assert_handed_over(&result, step.with("phase"));
            }
        }
    }

    /// Without a key in its inputs, a step has what its job's permissions give it, and nothing else.
    fn run_step(&self, step: &WorkflowStep, event: &str) -> StepResult {
        let mut running = Step::new("", "", "", 42).file("event.json", event);
        if step.is_dispatch() {
            running = running.env("GITHUB_API_URL", self.github.url()).input("github-token", "ghs_test");
        } else if step.with("api-key").is_empty() {
            running = self.issuer.permit(running);
        }
        for (name, value) in &step.with {
            running = running.input(name, &evaluated(value, self.backend.url(), &self.tenant.key));
        }
        if !step.with("data-file").is_empty() {
            running = running.file(step.with("data-file"), payload(step.with("phase")));
        }
        let result = running.run();
        assert!(result.success, "{}", result.log);
        result
    }
}

/// An input as the runner would give it.
fn evaluated(value: &str, url: &str, key: &str) -> String {
    let value = value.replace("${{ vars.PHASE_DATA_URL }}", url);
    let value = value.replace("${{ secrets.PHASE_DATA_API_KEY }}", key);
    // The event is one of a closed issue; that a reopened one brings back is another story.
    let value = value.replace("${{ github.event.action == 'closed' && 'cleanup' || 'restore' }}", "cleanup");
    assert!(!value.contains("${{"), "unknown here: {value}");
    value
}

/// Checks that the step wrote the document of an earlier workflow, as JSON.
fn assert_handed_over(result: &StepResult, phase: &str) {
    let parse = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    let expected = if phase.is_empty() {
        format!(r#"{{"scan":{},"validate":{}}}"#, payload("scan"), payload("validate"))
    } else {
        payload(phase)
    };
    assert_eq!(parse(&result.read("data-file")), parse(&expected));
}
