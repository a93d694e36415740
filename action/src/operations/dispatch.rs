//! `dispatch`: starts a workflow with the issue's number, also after a store.

use std::collections::BTreeMap;

use phase_data_github::{GitHub, GitHubError, WorkflowDispatch};
use tokio::time::Instant;

use super::{IssueContext, Report, Storage};
use crate::error::{DispatchError, Error};
use crate::interface::{DISPATCHED_RUN_URL, ISSUE_NUMBER};
use crate::job::{DispatchJob, StoreOptions};
use crate::log::Log;
use crate::runner::Runner;
use crate::summary::Link;
use crate::target::Target;
use crate::workflow::{Dispatch, GitRef};

/// Runs the operation `dispatch`, which sends nothing to the backend.
pub(crate) async fn dispatch(
    job: &DispatchJob,
    runner: &Runner,
    report: &mut Report,
    log: &mut Log<'_>,
) -> Result<(), Error> {
    report.summary.operation = "dispatch".to_owned();
    report.summary.issue = job.target.to_string();
    let deadline = Instant::now() + job.timeout;
    let github = job.github.client(&job.ca_roots, job.timeout, runner, deadline)?;
    start(&job.dispatch, &job.target, (&github, &job.github.server), report, log).await?;
    report.summary.outcome = "workflow started".to_owned();
    Ok(())
}

/// Starts the workflow after a store, if the store's options name one. The started run must find the document, so it is not
/// started if the backend does not have it.
pub(super) async fn after_store(
    context: &IssueContext<'_>,
    options: &StoreOptions,
    storage: Storage,
    report: &mut Report,
    log: &mut Log<'_>,
) -> Result<(), Error> {
    let IssueContext { job, target, client, runner, .. } = context;
    let (Some(dispatch), Some(access)) = (&options.dispatch, &job.github) else { return Ok(()) };
    if storage == Storage::Local {
        let text = format!(
            "The document is saved on the runner only, where {} could not retrieve it.",
            dispatch.workflow
        );
        log.warning("phase-data: workflow not started", &text);
        return Ok(());
    }
    let github = access.client(&job.ca_roots, job.timeout, runner, client.deadline())?;
    let started = start(dispatch, target, (&github, &access.server), report, log).await;
    Ok(started.map_err(|error| error.after_store(options.has_condition()))?)
}

/// Starts the workflow, and reports its run.
async fn start(
    dispatch: &Dispatch,
    target: &Target,
    (github, server): (&GitHub, &str),
    report: &mut Report,
    log: &mut Log<'_>,
) -> Result<(), Box<DispatchError>> {
    let Dispatch { workflow, git_ref } = dispatch;
    let Target { repository, issue_number } = target;
    let failed = |git_ref: Option<&str>, cause: GitHubError| {
        Box::new(DispatchError::new(workflow.as_str(), repository.as_str(), git_ref, cause))
    };
    let git_ref = match git_ref {
        Some(git_ref) => git_ref.as_str().to_owned(),
        None => {
            let branch = github.default_branch(repository).await.map_err(|cause| failed(None, cause))?;
            let named: Result<GitRef, _> = branch.parse();
            let invalid = |error| GitHubError::Unreadable(format!("the name of the default branch: {error}"));
            named.map_err(|error| failed(None, invalid(error)))?.as_str().to_owned()
        }
    };
    let request = WorkflowDispatch {
        repository,
        workflow: workflow.as_str(),
        git_ref: &git_ref,
        inputs: BTreeMap::from([(ISSUE_NUMBER.name, issue_number.to_string())]),
    };
    let run = github.dispatch_workflow(&request).await.map_err(|cause| failed(Some(&git_ref), cause))?;
    let started = format!("Started {workflow} on {git_ref} for {target}");
    let actions = format!("{server}/{repository}/actions");
    let link = match run {
        Some(id) => {
            let url = format!("{actions}/runs/{id}");
            log.line(&format!("{started}: {url}"));
            report.outputs.set(&DISPATCHED_RUN_URL, url.clone());
            Link { text: format!("Started run {id} of {workflow}"), url }
        }
        None => {
            let url = if workflow.is_file() { format!("{actions}/workflows/{workflow}") } else { actions };
            log.line(&format!("{started}. GitHub did not report the run; the runs are at {url}"));
            Link { text: format!("Started {workflow}; its runs"), url }
        }
    };
    report.summary.links.push(link);
    Ok(())
}
