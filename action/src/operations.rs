//! The operations, one file each.

mod cleanup;
mod retrieve;
mod store;

use phase_data_wire::{IssueNumber, Phase, Repository};

use crate::client::Client;
use crate::error::Error;
use crate::job::{Job, Target, Task};
use crate::log::Log;
use crate::outputs::Outputs;
use crate::runner::Runner;
use crate::summary::Summary;

/// What a step leaves behind. An operation fills it as it goes, so that a failure keeps what was known.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) outputs: Outputs,
    pub(crate) summary: Summary,
}

/// Does what the job asks for.
pub(crate) async fn perform(
    job: Job,
    runner: &Runner,
    report: &mut Report,
    log: &mut Log<'_>,
) -> Result<(), Error> {
    report.summary.operation = job.task.name().to_owned();
    report.summary.issue = job.target.to_string();
    let client = Client::new(&job)?;
    match &job.task {
        Task::Store { phase, document, condition } => {
            let what = store::What { phase: *phase, document, condition: *condition };
            store::store(&job, what, &client, report, log).await
        }
        Task::Retrieve(wanted) => retrieve::retrieve(&job, wanted, &client, runner, report, log).await,
        Task::Cleanup => cleanup::cleanup(&job, &client, report, log).await,
    }
}

/// An answer for another issue must not pass for the one that was asked for, whoever mixed them up.
fn about(target: &Target, repository: &Repository, issue_number: IssueNumber) -> Result<(), Error> {
    if (&target.repository, target.issue_number) == (repository, issue_number) {
        return Ok(());
    }
    Err(Error::WrongAnswer { asked: target.to_string() })
}

/// Names of phases as a JSON array, for `fromJSON`.
fn json_array(phases: impl Iterator<Item = Phase>) -> String {
    let names: Vec<_> = phases.map(|phase| format!("\"{phase}\"")).collect();
    format!("[{}]", names.join(","))
}

/// Names of phases as a person lists them.
fn listed(phases: impl Iterator<Item = Phase>) -> String {
    phases.map(Phase::as_str).collect::<Vec<_>>().join(", ")
}
