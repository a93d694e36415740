//! `retrieve`: the document of one phase, or those of all phases.

use std::path::PathBuf;

use phase_data_wire::phase_data::{Freshness, IssuePhaseData, PhaseData};

use super::{Report, about, json_array, listed};
use crate::client::Client;
use crate::error::Error;
use crate::interface::{DATA_FILE_OUT, DATA_OUT, ETAG, FOUND, PHASES, REVISION};
use crate::job::{IfNotFound, Job, Wanted};
use crate::log::Log;
use crate::runner::Runner;
use crate::summary::bytes;

/// A larger document is handed on in its file only: all outputs of a job share 1 MB.
const LARGEST_OUTPUT: usize = 256 * 1024;

pub(super) async fn retrieve(
    job: &Job,
    wanted: &Wanted,
    client: &Client<'_>,
    runner: &Runner,
    report: &mut Report,
    log: &mut Log<'_>,
) -> Result<(), Error> {
    let what = match wanted.phase {
        Some(phase) => format!("{phase} of {}", job.target),
        None => format!("any phase of {}", job.target),
    };
    report.summary.phase = wanted.phase.map_or_else(String::new, |phase| phase.to_string());
    log.line(&format!("Retrieving {what}."));
    let answer = client.retrieve(wanted.phase, job.commit_sha.as_ref(), log).await?;
    let Some(tagged) = answer else {
        return not_found(what, wanted.if_not_found, report, log);
    };
    let found = tagged.body;
    about(&job.target, &found.repository, found.issue_number)?;
    if found.phases.is_empty() {
        return Err(Error::WrongAnswer { asked: what });
    }
    let document = match (wanted.phase, found.phases.as_slice()) {
        (None, _) => combined(&found),
        (Some(phase), [one]) if one.phase == phase => {
            describe(one, report);
            report.outputs.set(&REVISION, one.revision.to_string());
            report.outputs.set(&ETAG, tagged.etag);
            one.data.as_str().to_owned()
        }
        _ => return Err(Error::WrongAnswer { asked: what }),
    };
    log_found(&found, job, log);
    hand_on(document, &found, wanted, runner, report, log)
}

/// Nothing is stored, which only the workflow's author can tell to be right or wrong.
fn not_found(
    what: String,
    if_not_found: IfNotFound,
    report: &mut Report,
    log: &mut Log<'_>,
) -> Result<(), Error> {
    report.outputs.set(&FOUND, "false");
    report.outputs.set(&PHASES, "[]");
    report.summary.outcome = "not there".to_owned();
    let error = Error::NotFound { what };
    match if_not_found {
        IfNotFound::Fail => return Err(error),
        IfNotFound::Warn => log.warning(error.title(), &format!("{error}\n{}", error.hint())),
        IfNotFound::Ignore => log.line(&format!("{}: {error}.", error.title())),
    }
    Ok(())
}

fn describe(phase: &PhaseData, report: &mut Report) {
    report.summary.revision = phase.revision.to_string();
    report.summary.commit = phase.commit_sha.as_ref().map(ToString::to_string).unwrap_or_default();
}

/// One object with a member for each phase. The documents are put together as text: none of their
/// numbers loses a digit.
fn combined(found: &IssuePhaseData) -> String {
    let members = found.phases.iter().map(|one| format!("\"{}\":{}", one.phase, one.data.as_str()));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

fn log_found(found: &IssuePhaseData, job: &Job, log: &mut Log<'_>) {
    for one in &found.phases {
        let commit = match (&one.commit_sha, one.freshness) {
            (None, _) => "for no commit".to_owned(),
            (Some(commit), Some(Freshness::Fresh)) => format!("for this commit, {commit}"),
            (Some(commit), Some(Freshness::Stale)) => format!("for another commit, {commit}"),
            (Some(commit), None) => format!("for commit {commit}"),
        };
        let (phase, revision, size) = (one.phase, one.revision, bytes(one.data.as_str().len()));
        log.line(&format!("Found {phase} of {}: revision {revision}, {size}, {commit}.", job.target));
    }
}

fn hand_on(
    document: String,
    found: &IssuePhaseData,
    wanted: &Wanted,
    runner: &Runner,
    report: &mut Report,
    log: &mut Log<'_>,
) -> Result<(), Error> {
    let file = match &wanted.output_file {
        Some(path) => runner.write_in_workspace(path, &document)?,
        None => runner.write_in_temp(&document)?,
    };
    let phases = || found.phases.iter().map(|one| one.phase);
    report.summary.phase = listed(phases());
    report.summary.size = bytes(document.len());
    report.summary.outcome = if is_stale(found) { "found, stale" } else { "found" }.to_owned();
    report.outputs.set(&FOUND, "true");
    report.outputs.set(&PHASES, json_array(phases()));
    report.outputs.set(&DATA_FILE_OUT, path_text(file)?);
    if document.len() <= LARGEST_OUTPUT {
        report.outputs.set(&DATA_OUT, document);
    } else {
        let size = bytes(document.len());
        log.notice(
            "phase-data: output data left out",
            &format!(
                "The document has {size}, and all outputs of a job share 1 MB. Read it from the output \
                 data-file; set output-file to choose its place."
            ),
        );
    }
    Ok(())
}

fn is_stale(found: &IssuePhaseData) -> bool {
    found.phases.iter().any(|one| one.freshness == Some(Freshness::Stale))
}

/// The inputs are UTF-8, and so is every path that is made of them.
fn path_text(path: PathBuf) -> Result<String, Error> {
    path.into_os_string().into_string().map_err(|path| Error::Client(format!("{path:?} is not UTF-8")))
}
