//! Starts workflows.

use poem::Response;
use poem::http::StatusCode;
use serde_json::{Value, json};

use super::World;
use super::answers::{refused, shown};

/// A workflow that can be started, unless something about it is wrong.
#[derive(Debug, Clone)]
pub struct Workflow {
    /// The repository's id.
    pub repository: i64,
    /// The name of its file.
    pub file: &'static str,
    /// Its numeric id.
    pub id: i64,
    /// The file has `on: workflow_dispatch`.
    pub has_trigger: bool,
    /// Somebody disabled it.
    pub is_disabled: bool,
    /// The inputs that it declares.
    pub inputs: Vec<&'static str>,
    /// The inputs that it declares as required.
    pub required: Vec<&'static str>,
}

/// A workflow that was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispatched {
    /// The name of its file.
    pub file: &'static str,
    /// The branch or tag.
    pub git_ref: String,
    /// The inputs, as the event of the run has them.
    pub inputs: Value,
}

impl Workflow {
    /// A workflow that takes the number of an issue.
    pub fn for_issues(repository: i64, file: &'static str) -> Self {
        Self {
            repository,
            file,
            id: 161_335,
            has_trigger: true,
            is_disabled: false,
            inputs: vec!["issue-number"],
            required: Vec::new(),
        }
    }
}

impl World {
    /// `POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches`, with the messages that GitHub has been
    /// seen to answer. Its description lists the answers of success only.
    pub(super) fn dispatch(&mut self, repository: i64, workflow: &str, body: &str) -> Response {
        if !self.may_dispatch {
            return not_permitted();
        }
        let named = |known: &&Workflow| {
            known.repository == repository && (known.file == workflow || known.id.to_string() == workflow)
        };
        let Some(workflow) = self.workflows.iter().find(named).cloned() else {
            return refused(404, "Not Found");
        };
        let body: Value = serde_json::from_str(body).unwrap_or_default();
        let git_ref = body["ref"].as_str().unwrap_or_default().trim_start_matches("refs/heads/").to_owned();
        let inputs = body["inputs"].as_object().cloned().unwrap_or_default();
        if !self.reports_runs && body.get("return_run_details").is_some() {
            return refused(422, "Invalid request.\n\n\"return_run_details\" is not a permitted key.");
        }
        if !self.branches.contains(&git_ref) {
            return refused(422, &format!("No ref found for: {git_ref}"));
        }
        if !workflow.has_trigger {
            return refused(422, "Workflow does not have 'workflow_dispatch' trigger");
        }
        if workflow.is_disabled {
            return refused(422, "Cannot trigger a 'workflow_dispatch' on a disabled workflow");
        }
        let unexpected: Vec<_> =
            inputs.keys().filter(|name| !workflow.inputs.contains(&name.as_str())).collect();
        if !unexpected.is_empty() {
            return refused(422, &format!("Unexpected inputs provided: {}", json!(unexpected)));
        }
        if let Some(missing) = workflow.required.iter().find(|name| !inputs.contains_key(**name)) {
            return refused(422, &format!("Required input '{missing}' not provided"));
        }
        self.dispatches.push(Dispatched { file: workflow.file, git_ref, inputs: inputs.into() });
        if body["return_run_details"] != true {
            return Response::builder().status(StatusCode::NO_CONTENT).finish();
        }
        let run = self.dispatches.len();
        let name = self.repositories.get(&repository).map_or("", |repository| &repository.name);
        shown(&json!({
            "workflow_run_id": run,
            "run_url": format!("{}/repos/{name}/actions/runs/{run}", self.public),
            "html_url": format!("https://github.com/{name}/actions/runs/{run}"),
        }))
    }
}

fn not_permitted() -> Response {
    let mut response = refused(403, "Resource not accessible by integration");
    let needs = "actions=write".parse().expect("a header");
    response.headers_mut().insert("x-accepted-github-permissions", needs);
    response
}
