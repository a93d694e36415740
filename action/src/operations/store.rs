//! `store`: one document of one phase.

use phase_data_wire::phase_data::{StoreOutcome, StorePhaseData};
use phase_data_wire::{Document, Phase};

use super::{Report, about};
use crate::client::Client;
use crate::error::Error;
use crate::interface::{ETAG, REVISION};
use crate::job::{Condition, Job};
use crate::log::Log;
use crate::summary::bytes;

/// What is to be stored.
pub(super) struct What<'a> {
    pub(super) phase: Phase,
    pub(super) document: &'a Document,
    pub(super) condition: Condition,
}

pub(super) async fn store(
    job: &Job,
    What { phase, document, condition }: What<'_>,
    client: &Client<'_>,
    report: &mut Report,
    log: &mut Log<'_>,
) -> Result<(), Error> {
    let (target, size) = (&job.target, document.as_str().len());
    report.summary.phase = phase.to_string();
    report.summary.commit = job.commit_sha.as_ref().map(ToString::to_string).unwrap_or_default();
    report.summary.size = bytes(size);
    log.line(&format!("Storing {phase} of {target}, {}.", bytes(size)));
    let request = StorePhaseData {
        repository: target.repository.clone(),
        issue_number: target.issue_number,
        phase,
        commit_sha: job.commit_sha.clone(),
        data: document.clone(),
    };
    let stored = client.store(&request, condition, log).await?;
    about(target, &stored.body.repository, stored.body.issue_number)?;
    let (revision, outcome) = (stored.body.revision, word(stored.body.outcome));
    report.summary.revision = revision.to_string();
    report.summary.outcome = outcome.to_owned();
    report.outputs.set(&REVISION, revision.to_string());
    report.outputs.set(&ETAG, stored.etag);
    log.line(&format!("Stored {phase} of {target}: revision {revision}, {outcome}."));
    Ok(())
}

fn word(outcome: StoreOutcome) -> &'static str {
    match outcome {
        StoreOutcome::Created => "created",
        StoreOutcome::Replaced => "replaced",
        StoreOutcome::Unchanged => "unchanged",
    }
}
