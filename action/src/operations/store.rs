//! `store`: stores one document of one phase.

use phase_data_wire::Document;
use phase_data_wire::phase_data::{StoreOutcome, StorePhaseData};

use super::{IssueContext, Report, Storage, warn_of_fallback};
use crate::error::Error;
use crate::interface::{ETAG, REVISION};
use crate::job::StoreOptions;
use crate::log::Log;
use crate::summary::bytes;

pub(super) async fn store(
    context: &IssueContext<'_>,
    (document, options): (&Document, &StoreOptions),
    report: &mut Report,
    log: &mut Log<'_>,
) -> Result<Storage, Error> {
    let job = context.job;
    let (target, size, phase) = (context.target, document.as_str().len(), options.phase);
    report.summary.phase = phase.to_string();
    report.summary.commit = job.commit_sha.as_ref().map(ToString::to_string).unwrap_or_default();
    report.summary.size = bytes(size);
    let verb = if options.merge { "Merging into" } else { "Storing" };
    log.line(&format!("{verb} {phase} of {target}, {}.", bytes(size)));
    let request = StorePhaseData {
        repository: target.repository.clone(),
        issue_number: target.issue_number,
        phase,
        commit_sha: job.commit_sha.clone(),
        expires_in_seconds: options.expires_in,
        data: document.clone(),
    };
    let stored = match context.client.store(&request, options, log).await {
        Err(error) if job.falls_back_on(&error) => return save(&request, &error, context, report, log),
        outcome => outcome?,
    };
    if job.best_effort {
        // A later step that can't reach the backend must not use an older document.
        context.local.remove(&[phase])?;
    }
    let (revision, outcome) = (stored.revision, word(stored.outcome));
    report.summary.revision = revision.to_string();
    report.summary.outcome = outcome.to_owned();
    report.outputs.set(&REVISION, revision.to_string());
    report.outputs.set(&ETAG, stored.etag);
    log.line(&format!("Stored {phase} of {target}: revision {revision}, {outcome}."));
    Ok(Storage::Backend)
}

/// Saves the document on the runner for the job's other steps.
fn save(
    request: &StorePhaseData,
    error: &Error,
    context: &IssueContext<'_>,
    report: &mut Report,
    log: &mut Log<'_>,
) -> Result<Storage, Error> {
    let path = context.local.save(request)?;
    let instead = format!(
        "the document is saved in {} for the other steps of this job, and is lost when the job ends.",
        path.display()
    );
    warn_of_fallback(error, &instead, log);
    report.summary.outcome = "saved on the runner only: backend not reachable".to_owned();
    log.line(&format!("Saved {} of {} on the runner.", request.phase, context.target));
    Ok(Storage::Local)
}

fn word(outcome: StoreOutcome) -> &'static str {
    match outcome {
        StoreOutcome::Created => "created",
        StoreOutcome::Replaced => "replaced",
        StoreOutcome::Unchanged => "unchanged",
    }
}
