//! `store`: one document of one phase.

use phase_data_wire::Document;
use phase_data_wire::phase_data::{StoreOutcome, StorePhaseData};

use super::{Report, Scene, Storage, warn_of_fallback};
use crate::error::Error;
use crate::interface::{ETAG, REVISION};
use crate::job::How;
use crate::log::Log;
use crate::summary::bytes;

/// What is to be stored.
pub(super) struct What<'a> {
    pub(super) document: &'a Document,
    pub(super) how: &'a How,
}

pub(super) async fn store(
    scene: &Scene<'_>,
    What { document, how }: What<'_>,
    report: &mut Report,
    log: &mut Log<'_>,
) -> Result<Storage, Error> {
    let job = scene.job;
    let (target, size, phase) = (scene.target, document.as_str().len(), how.phase);
    report.summary.phase = phase.to_string();
    report.summary.commit = job.commit_sha.as_ref().map(ToString::to_string).unwrap_or_default();
    report.summary.size = bytes(size);
    let verb = if how.merge { "Merging into" } else { "Storing" };
    log.line(&format!("{verb} {phase} of {target}, {}.", bytes(size)));
    let request = StorePhaseData {
        repository: target.repository.clone(),
        issue_number: target.issue_number,
        phase,
        commit_sha: job.commit_sha.clone(),
        expires_in_seconds: how.expires_in,
        data: document.clone(),
    };
    let stored = match scene.client.store(&request, how, log).await {
        Err(error) if job.falls_back_on(&error) => return keep(&request, &error, scene, report, log),
        outcome => outcome?,
    };
    if job.best_effort {
        // A later step that does not reach the backend must not take an older document for this one.
        scene.kept.remove(&[phase])?;
    }
    let (revision, outcome) = (stored.revision, word(stored.outcome));
    report.summary.revision = revision.to_string();
    report.summary.outcome = outcome.to_owned();
    report.outputs.set(&REVISION, revision.to_string());
    report.outputs.set(&ETAG, stored.etag);
    log.line(&format!("Stored {phase} of {target}: revision {revision}, {outcome}."));
    Ok(Storage::Backend)
}

/// Leaves the document to the job's other steps, since it did not arrive.
fn keep(
    request: &StorePhaseData,
    error: &Error,
    scene: &Scene<'_>,
    report: &mut Report,
    log: &mut Log<'_>,
) -> Result<Storage, Error> {
    let path = scene.kept.keep(request)?;
    let instead = format!(
        "the document is in {} for the other steps of this job, and is lost with the job.",
        path.display()
    );
    warn_of_fallback(error, &instead, log);
    report.summary.outcome = "kept on the runner only: backend not reached".to_owned();
    log.line(&format!("Kept {} of {} on the runner.", request.phase, scene.target));
    Ok(Storage::Local)
}

fn word(outcome: StoreOutcome) -> &'static str {
    match outcome {
        StoreOutcome::Created => "created",
        StoreOutcome::Replaced => "replaced",
        StoreOutcome::Unchanged => "unchanged",
    }
}
