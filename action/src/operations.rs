//! The operations, one file each.

mod cleanup;
mod comment;
mod dispatch;
mod doctor;
mod list;
mod off;
mod restore;
mod retrieve;
mod store;
mod sweep;

use phase_data_wire::Phase;

use crate::client::Client;
use crate::error::Error;
use crate::interface::STORAGE;
use crate::job::{IssueTask, Job, Task};
use crate::local_store::LocalStore;
use crate::log::Log;
use crate::outputs::Outputs;
use crate::runner::Runner;
use crate::summary::Summary;
use crate::target::Target;

pub(crate) use dispatch::dispatch;
pub(crate) use off::do_nothing;

/// The results of a step. An operation fills it step by step, so that a failure keeps the known part.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) outputs: Outputs,
    pub(crate) summary: Summary,
    /// The backend's address, once it is known.
    pub(crate) backend: Option<String>,
}

impl Report {
    fn set_storage(&mut self, storage: Storage) {
        self.outputs.set(&STORAGE, if storage == Storage::Backend { "backend" } else { "local" });
    }
}

/// The context of an operation on one issue.
struct IssueContext<'a> {
    job: &'a Job,
    target: &'a Target,
    client: &'a Client<'a>,
    local: LocalStore<'a>,
    runner: &'a Runner,
}

/// The location of the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Storage {
    Backend,
    /// On the job's runner, because the backend is not reachable.
    Local,
}

/// Runs the operation of the job.
pub(crate) async fn perform(
    job: &Job,
    runner: &Runner,
    report: &mut Report,
    log: &mut Log<'_>,
) -> Result<(), Error> {
    report.backend = Some(job.backend.as_str().to_owned());
    report.summary.operation = job.task.name().to_owned();
    report.summary.issue = job.task.subject();
    if job.in_clear_text {
        log.warning(
            "phase-data: credential in clear text",
            "allow-insecure-http is true and the address begins with http://: everyone on the network path can read the \
             credential and the data. Use https:// outside of a trusted network.",
        );
    }
    let client = Client::new(job, runner)?;
    match perform_with(job, &client, runner, report, log).await {
        Err(error) => Err(client.explained(error).await),
        done => done,
    }
}

async fn perform_with(
    job: &Job,
    client: &Client<'_>,
    runner: &Runner,
    report: &mut Report,
    log: &mut Log<'_>,
) -> Result<(), Error> {
    let storage = match &job.task {
        Task::List(repository, filter) => list::list(job, client, repository, filter, report, log).await?,
        Task::Sweep(repository, dry_run) => {
            let sweep = sweep::Sweep { job, client, repository, dry_run: *dry_run };
            sweep.run(runner, report, log).await?
        }
        Task::Doctor(repository) => {
            doctor::doctor(job, client, repository, report, log).await?;
            Storage::Backend
        }
        Task::Issue(target, task) => {
            let local = LocalStore::new(target, runner);
            let context = IssueContext { job, target, client, local, runner };
            let storage = on_issue(&context, task, report, log).await?;
            report.set_storage(storage);
            return follow_up(&context, task, storage, report, log).await;
        }
    };
    report.set_storage(storage);
    Ok(())
}

async fn on_issue(
    context: &IssueContext<'_>,
    task: &IssueTask,
    report: &mut Report,
    log: &mut Log<'_>,
) -> Result<Storage, Error> {
    match task {
        IssueTask::Store { document, options } => {
            store::store(context, (document, options), report, log).await
        }
        IssueTask::Retrieve(options) => retrieve::retrieve(context, options, report, log).await,
        IssueTask::Cleanup(closed_at) => cleanup::cleanup(context, *closed_at, report, log).await,
        IssueTask::Restore(reopened_at) => restore::restore(context, *reopened_at, report, log).await,
    }
}

/// Does what follows a store. The outputs of the store are set: a failure here does not undo it.
async fn follow_up(
    context: &IssueContext<'_>,
    task: &IssueTask,
    storage: Storage,
    report: &mut Report,
    log: &mut Log<'_>,
) -> Result<(), Error> {
    let IssueTask::Store { options, .. } = task else { return Ok(()) };
    // First, because a comment can use up the step's time, and only warns.
    let dispatched = dispatch::after_store(context, options, storage, report, log).await;
    if options.comment && storage == Storage::Backend {
        comment::update(context, log).await;
    }
    dispatched
}

/// Warns that the step continues without the backend.
fn warn_of_fallback(error: &Error, instead: &str, log: &mut Log<'_>) {
    let text = format!("{error}\npersistence is best-effort: {instead}\n{}", log.hint(error));
    log.warning("phase-data: backend not reachable, continuing without it", &text);
}

/// Returns names of phases as a JSON array, for `fromJSON`.
fn json_array(phases: impl Iterator<Item = Phase>) -> String {
    let names: Vec<_> = phases.map(|phase| format!("\"{phase}\"")).collect();
    format!("[{}]", names.join(","))
}

/// Returns names of phases for people.
fn listed(phases: impl Iterator<Item = Phase>) -> String {
    phases.map(Phase::as_str).collect::<Vec<_>>().join(", ")
}
