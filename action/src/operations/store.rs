//! `store`: stores one document of one phase.

use phase_data_wire::phase_data::{Reason, StoreEffect, StorePhaseData};
use phase_data_wire::{Document, Extensible};

use super::{IssueContext, Report, Storage, warn_of_fallback};
use crate::error::Error;
use crate::interface::{ETAG, REVISION};
use crate::job::{ResultState, StoreOptions};
use crate::log::Log;
use crate::result_text::in_words;
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
        status: options.state.status,
        outcome: options.state.outcome,
        reason: options.state.reason.clone(),
        claim_id: None,
        keep_claim: None,
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
    let (revision, effect) = (stored.revision, word(stored.effect));
    let result = with_state(effect, &options.state);
    report.summary.revision = revision.to_string();
    report.summary.outcome = result.clone();
    report.outputs.set(&REVISION, revision.to_string());
    report.outputs.set(&ETAG, stored.etag);
    log.line(&format!("Stored {phase} of {target}: revision {revision}, {result}."));
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

/// Adds the state that the step has set.
fn with_state(effect: &str, state: &ResultState) -> String {
    let status = state.status.unwrap_or_default().into();
    let outcome = state.outcome.map(Extensible::from);
    let state = in_words(&status, outcome.as_ref(), state.reason.as_ref().map(Reason::as_str));
    if state.is_empty() { effect.to_owned() } else { format!("{effect}, {state}") }
}

fn word(effect: StoreEffect) -> &'static str {
    match effect {
        StoreEffect::Created => "created",
        StoreEffect::Replaced => "replaced",
        StoreEffect::Unchanged => "unchanged",
    }
}
