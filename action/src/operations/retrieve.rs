//! `retrieve`: returns the document of one phase, or of several.

use std::path::{Path, PathBuf};

use phase_data_wire::Phase;
use phase_data_wire::phase_data::Freshness;

use super::{IssueContext, Report, Storage, json_array, listed, warn_of_fallback};
use crate::error::{Error, FileError, shown};
use crate::interface::{
    DATA_FILE_OUT, DATA_OUT, ETAG, FOUND, OUTCOME_OUT, PHASES, REASON_OUT, REVISION, STATUS_OUT,
};
use crate::job::{IfNotFound, RetrieveOptions};
use crate::log::Log;
use crate::result_text::in_words;
use crate::runner::{Runner, TEMP, WORKSPACE};
use crate::summary::bytes;
use crate::target::Target;

mod selection;
mod wait;

use selection::{RetrievedPhase, Selection, asked};
use wait::wait_for;

/// A larger document is only in its file: all outputs of a job share 1 MB.
const MAX_OUTPUT_BYTES: usize = 256 * 1024;

pub(super) async fn retrieve(
    context: &IssueContext<'_>,
    options: &RetrieveOptions,
    report: &mut Report,
    log: &mut Log<'_>,
) -> Result<Storage, Error> {
    let job = context.job;
    let target = context.target;
    let what = asked(&options.phases, target);
    report.summary.phase = listed(options.phases.iter().copied());
    log.line(&format!("Retrieving {what}."));
    let (stored, storage) = match stored(context, options, log).await {
        Ok(stored) => (stored, Storage::Backend),
        Err(error) if job.falls_back_on(&error) => {
            let instead = "only documents that this job saved on the runner are used; the data on the backend is unknown.";
            warn_of_fallback(&error, instead, log);
            (saved(context)?, Storage::Local)
        }
        Err(error) => return Err(error),
    };
    let selection = Selection::new(stored, options);
    report.outputs.set(&FOUND, (selection.missing.is_empty() && !selection.found.is_empty()).to_string());
    report.outputs.set(&PHASES, json_array(selection.phases()));
    if !selection.missing.is_empty() || selection.found.is_empty() {
        let what = asked(&selection.missing, target);
        match storage {
            Storage::Backend => not_found(what, options.if_not_found, report, log)?,
            // The data may exist on the backend, and best-effort continues then.
            Storage::Local => {
                report.summary.outcome = "unknown: backend not reachable".to_owned();
                log.line(&format!("Nothing is saved on the runner for {what}."));
            }
        }
    }
    if selection.found.is_empty() {
        return Ok(storage);
    }
    if let ([_], [one]) = (options.phases.as_slice(), selection.found.as_slice()) {
        describe(one, report);
        report.outputs.set(&REVISION, revision(one));
        report.outputs.set(&ETAG, one.etag.clone().unwrap_or_default());
        report.outputs.set(&STATUS_OUT, one.status.as_str());
        if let Some(reason) = &one.reason {
            report.outputs.set(&REASON_OUT, reason.as_str());
        }
    }
    if let Some(outcome) = selection.found.iter().find_map(|one| one.outcome.as_ref()) {
        report.outputs.set(&OUTCOME_OUT, outcome.as_str());
    }
    log_found(&selection, target, log);
    if options.require_fresh {
        selection.must_be_fresh(context.target, job.commit_sha.as_ref())?;
    }
    let document = queried(selection.document(options), options, &what)?;
    report.summary.phase = listed(selection.phases());
    report.summary.outcome = outcome(&selection).to_owned();
    if let [one] = selection.found.as_slice() {
        report.summary.outcome.push_str(&state(one));
    }
    if storage == Storage::Local {
        report.summary.outcome.push_str(" on the runner: backend not reachable");
    }
    set_document(document, options, context.runner, report, log)?;
    Ok(storage)
}

/// Retrieves the phases from the backend. May be empty.
async fn stored(
    IssueContext { target, client, .. }: &IssueContext<'_>,
    options: &RetrieveOptions,
    log: &mut Log<'_>,
) -> Result<Vec<RetrievedPhase>, Error> {
    let one: Option<Phase> = match options.phases.as_slice() {
        [one] => Some(*one),
        _ => None,
    };
    wait_for(client, target, options, log).await?;
    let found = client.retrieve(target, one, log).await?;
    Ok(found.map(|issue| issue.phases).unwrap_or_default().into_iter().map(RetrievedPhase::from).collect())
}

/// Returns the documents that this job's steps saved on the runner, in the order of the phases.
fn saved(context: &IssueContext<'_>) -> Result<Vec<RetrievedPhase>, Error> {
    let mut phases = Vec::new();
    for phase in Phase::ALL {
        let kept = context.local.load(phase)?;
        phases.extend(kept.map(|kept| RetrievedPhase::saved(kept, context.job.commit_sha.as_ref())));
    }
    Ok(phases)
}

/// Reports missing phases as `if-not-found` says.
fn not_found(
    what: String,
    if_not_found: IfNotFound,
    report: &mut Report,
    log: &mut Log<'_>,
) -> Result<(), Error> {
    report.summary.outcome = "not found".to_owned();
    let error = Error::NotFound { what };
    match if_not_found {
        IfNotFound::Fail => return Err(error),
        IfNotFound::Warn => {
            let hint = log.hint(&error);
            log.warning(error.title(), &format!("{error}\n{hint}"));
        }
        IfNotFound::Ignore => log.line(&format!("{}: {error}.", error.title())),
    }
    Ok(())
}

fn describe(one: &RetrievedPhase, report: &mut Report) {
    report.summary.revision = revision(one);
    report.summary.commit = one.commit_sha.as_ref().map(ToString::to_string).unwrap_or_default();
}

/// Returns the state of a phase, to add it to a sentence.
fn state(one: &RetrievedPhase) -> String {
    let state = in_words(&one.status, one.outcome.as_ref(), one.reason.as_deref());
    if state.is_empty() { state } else { format!(", {state}") }
}

fn revision(one: &RetrievedPhase) -> String {
    one.revision.map(|revision| revision.to_string()).unwrap_or_default()
}

fn outcome(selection: &Selection) -> &'static str {
    match (selection.missing.is_empty(), selection.is_stale()) {
        (true, false) => "found",
        (true, true) => "found, stale",
        (false, false) => "found in part",
        (false, true) => "found in part, stale",
    }
}

/// Returns the part of the document at `query`, or the whole document.
fn queried(document: String, options: &RetrieveOptions, what: &str) -> Result<String, Error> {
    let Some(query) = &options.query else { return Ok(document) };
    let query_error = |source| Error::Query { query: query.to_string(), what: what.to_owned(), source };
    query.follow(&document).map(str::to_owned).map_err(query_error)
}

fn log_found(selection: &Selection, target: &Target, log: &mut Log<'_>) {
    for one in &selection.found {
        let commit = match (&one.commit_sha, one.freshness) {
            (None, _) => "for no commit".to_owned(),
            (Some(commit), Some(Freshness::Fresh)) => format!("for this commit, {commit}"),
            (Some(commit), Some(Freshness::Stale)) => format!("for another commit, {commit}"),
            (Some(commit), None) => format!("for commit {commit}"),
        };
        let revision = match one.revision {
            Some(revision) => format!("revision {revision}"),
            None => "saved on the runner".to_owned(),
        };
        let (phase, size) = (one.phase, bytes(one.data.as_str().len()));
        log.line(&format!("Found {phase} of {target}: {revision}, {size}, {commit}{}.", state(one)));
    }
}

fn set_document(
    document: String,
    options: &RetrieveOptions,
    runner: &Runner,
    report: &mut Report,
    log: &mut Log<'_>,
) -> Result<(), Error> {
    report.summary.size = bytes(document.len());
    let file = match &options.output_file {
        Some(file) => Some(runner.write_document(file, &document)?),
        // Without a runner the document goes to standard output.
        None if runner.output.is_none() => None,
        None if !runner.has_temp() => {
            without_file(document.len(), runner, log)?;
            None
        }
        None => Some(runner.write_in_temp(&document)?),
    };
    if let (Some(file), None) = (&file, &runner.output) {
        log.line(&format!("Wrote {} to {}.", bytes(document.len()), file.display()));
        return Ok(());
    }
    if let Some(file) = file {
        let variable = if options.output_file.is_some() { WORKSPACE } else { TEMP };
        warn_if_unset(variable, &file, runner, log);
        report.outputs.set(&DATA_FILE_OUT, path_text(file)?);
    }
    if document.len() <= MAX_OUTPUT_BYTES || runner.output.is_none() {
        report.outputs.set(&DATA_OUT, document);
    } else {
        let size = bytes(document.len());
        log.notice(
            "phase-data: output data omitted",
            &format!(
                "The document has {size}, and all outputs of a job share 1 MB. Read it from the file that \
                 the output data-file names. Set output-file to choose that file."
            ),
        );
    }
    Ok(())
}

/// Warns that the document is in no file: a file in a directory that is not mounted would be lost with the container.
fn without_file(size: usize, runner: &Runner, log: &mut Log<'_>) -> Result<(), Error> {
    let missing = FileError::NoDirectory(shown(&runner.temp));
    if size > MAX_OUTPUT_BYTES {
        return Err(Error::document_file(&runner.temp, missing));
    }
    let text = format!(
        "RUNNER_TEMP: {missing}, so the document is only in the output data, and data-file is empty. To get a file, set \
         output-file to a path in the workspace."
    );
    log.warning("phase-data: document not written to a file", &text);
    Ok(())
}

/// Warns that other steps may not find the file, because the runner did not say where to write it.
fn warn_if_unset(variable: &str, file: &Path, runner: &Runner, log: &mut Log<'_>) {
    if runner.unset.contains(&variable) {
        let text = format!(
            "{variable} is not set, so the document was written to {}. If the action runs in a container, other steps can't read \
             that file: pass the variable to the container, and mount the directory that it names.",
            shown(file)
        );
        log.warning("phase-data: other steps may not find the file", &text);
    }
}

/// Converts a path to text. It never fails: the inputs are UTF-8, and so are paths made of them.
fn path_text(path: PathBuf) -> Result<String, Error> {
    path.into_os_string().into_string().map_err(|path| Error::Client(format!("{path:?} is not UTF-8")))
}
