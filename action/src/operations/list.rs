//! `list`: lists the issues of the repository with data, for the jobs of a matrix.

use phase_data_wire::repositories::IssuePhases;
use phase_data_wire::{IssueNumber, Repository};
use tokio::time::Instant;

use super::{Report, Storage, warn_of_fallback};
use crate::client::Client;
use crate::error::Error;
use crate::interface::{COUNT, ISSUE_NUMBERS, MATRIX};
use crate::job::{Filter, Job};
use crate::log::Log;

/// With 100 issues each: no repository has more.
const MAX_PAGES: usize = 10_000;

/// The limit of GitHub for a matrix.
/// <https://docs.github.com/en/actions/reference/limits>
const MAX_MATRIX_JOBS: usize = 256;

pub(super) async fn list(
    job: &Job,
    client: &Client<'_>,
    repository: &Repository,
    filter: &Filter,
    report: &mut Report,
    log: &mut Log<'_>,
) -> Result<Storage, Error> {
    let those = if filter.closed { "were cleaned up and can be restored" } else { "have data" };
    log.line(&format!("Listing the issues of {repository} that {those}."));
    let (found, storage) =
        match all(client, repository, filter, client.deadline(), log, |issue| issue.issue_number).await {
            Ok(found) => (found, Storage::Backend),
            Err(error) if job.falls_back_on(&error) => {
                warn_of_fallback(&error, "the list is empty; the data on the backend is unknown.", log);
                (Vec::new(), Storage::Local)
            }
            Err(error) => return Err(error),
        };
    report.summary.phase = filter.phase.map(|phase| phase.to_string()).unwrap_or_default();
    report.summary.outcome = match storage {
        Storage::Backend => format!("{} listed", found.len()),
        Storage::Local => "unknown: backend not reachable".to_owned(),
    };
    set_outputs(&found, report, log);
    log.line(&format!("Found {}.", issues(found.len())));
    Ok(storage)
}

/// Collects one value of each issue, from all pages of the list.
pub(super) async fn all<T>(
    client: &Client<'_>,
    repository: &Repository,
    filter: &Filter,
    deadline: Instant,
    log: &mut Log<'_>,
    needed: impl Fn(IssuePhases) -> T,
) -> Result<Vec<T>, Error> {
    let mut found = Vec::new();
    let mut after = None;
    for _ in 0..MAX_PAGES {
        let page = client.list(repository, filter, after, deadline, log).await?;
        found.extend(page.issues.into_iter().map(&needed));
        after = page.next;
        if after.is_none() {
            return Ok(found);
        }
    }
    Err(Error::WrongAnswer { asked: repository.to_string() })
}

/// Sets the outputs of a list.
pub(super) fn set_outputs(found: &[IssueNumber], report: &mut Report, log: &mut Log<'_>) {
    let jobs = found.get(..MAX_MATRIX_JOBS).unwrap_or(found);
    if jobs.len() < found.len() {
        log.notice(
            "phase-data: matrix truncated",
            &format!(
                "{} are listed, and the limit for a matrix is {MAX_MATRIX_JOBS} jobs: the output matrix has the first \
                 of them, issue-numbers has all. The next run gets the others if these are done by then.",
                issues(found.len())
            ),
        );
    }
    report.outputs.set(&ISSUE_NUMBERS, array(found));
    report.outputs.set(&MATRIX, format!("{{\"issue-number\":{}}}", array(jobs)));
    report.outputs.set(&COUNT, found.len().to_string());
}

/// Returns issue numbers as a JSON array, for `fromJSON`.
pub(super) fn array(numbers: &[IssueNumber]) -> String {
    let numbers: Vec<_> = numbers.iter().map(ToString::to_string).collect();
    format!("[{}]", numbers.join(","))
}

pub(super) fn issues(count: usize) -> String {
    format!("{count} {}", if count == 1 { "issue" } else { "issues" })
}
