//! The comment that shows an issue's phases. A failure here is only a warning: the document is stored.

use std::fmt::Write;

use phase_data_github::{Commented, GitHubError};
use phase_data_wire::phase_data::{PhaseEvent, PhaseEventKind};
use phase_data_wire::repositories::{IssueCursor, PhaseFacts};
use phase_data_wire::{Extensible, Phase};
use time::macros::format_description;

use super::IssueContext;
use crate::error::Error;
use crate::github_access::GitHubAccess;
use crate::job::Filter;
use crate::log::Log;
use crate::target::Target;
use crate::text::{cell, code};

/// The invisible start of the comment, by which the next step finds it.
const MARKER: &str = "<!-- phase-data: the phases of this issue -->";

/// Updates the comment on the issue.
pub(super) async fn update(context: &IssueContext<'_>, log: &mut Log<'_>) {
    let Some(access) = &context.job.github else { return };
    let target = context.target;
    match try_to_update(context, access, log).await {
        Ok(Commented::Created) => log.line(&format!("Commented on {target}.")),
        Ok(Commented::Updated) => log.line(&format!("Updated the comment on {target}.")),
        Ok(Commented::Unchanged) => log.line(&format!("The comment on {target} is up to date.")),
        Err(error) => {
            let hint = match &error {
                Error::GitHub(GitHubError::Refused { status: 404 | 410, .. }) => {
                    "Check that the issue exists, and that github-token may read it and write comments (`issues: write`)."
                        .to_owned()
                }
                error => log.hint(error),
            };
            let text = format!("{error}\nThe document is stored; only the comment is not updated.\n{hint}");
            log.warning("phase-data: no comment", &text);
        }
    }
}

async fn try_to_update(
    context: &IssueContext<'_>,
    access: &GitHubAccess,
    log: &mut Log<'_>,
) -> Result<Commented, Error> {
    let IssueContext { job, target, client, runner, .. } = context;
    let filter = Filter::default();
    // A list after the previous number starts with this issue.
    let before = (i64::from(target.issue_number.get()) - 1).try_into().ok().map(IssueCursor::Number);
    let list = client.list(&target.repository, &filter, before, client.deadline(), log).await?;
    let issue = list.issues.into_iter().find(|issue| issue.issue_number == target.issue_number);
    let phases = issue.map(|issue| issue.phases).unwrap_or_default();
    let events = client.events(target, log).await?.events;
    let text = text(&access.server, target, &phases, &events);
    let github = access.client(&job.ca_roots, job.timeout, runner, client.deadline())?;
    Ok(github.keep_comment(&target.repository, target.issue_number, MARKER, &text).await?)
}

/// Returns the comment as Markdown. Every part has a type without markup, or is checked here.
fn text(server: &str, target: &Target, phases: &[PhaseFacts], events: &[PhaseEvent]) -> String {
    let mut text = format!(
        "{MARKER}\nThe workflows store their data about this issue in phase-data:\n\n\
         | Phase | Status | Stored | Revision | Commit | By |\n| --- | --- | --- | --- | --- | --- |\n"
    );
    let repository = &target.repository;
    for phase in Phase::ALL {
        let Some(facts) = phases.iter().find(|facts| facts.phase == phase) else {
            let _ = writeln!(text, "| {phase} | – | – | – | – | – |");
            continue;
        };
        let stored = facts.updated_at.format(format_description!("[year]-[month]-[day] [hour]:[minute] UTC"));
        let commit = facts.commit_sha.as_ref().map(|sha| {
            format!("[`{}`]({server}/{repository}/commit/{sha})", sha.as_str().get(..7).unwrap_or_default())
        });
        let is_it = |event: &&PhaseEvent| {
            event.kind == PhaseEventKind::Stored && (event.phase, event.revision) == (phase, facts.revision)
        };
        let run = events.iter().find(is_it).and_then(|event| run(server, target, event));
        let dash = || "–".to_owned();
        let _ = writeln!(
            text,
            "| {phase} | {} | {} | {} | {} | {} |",
            status(facts),
            stored.unwrap_or_else(|_| dash()),
            facts.revision,
            commit.unwrap_or_else(dash),
            run.unwrap_or_else(dash)
        );
    }
    text
}

/// Returns how a phase ended. The reason is text of a stranger: as code it mentions nobody, and links to nothing.
fn status(facts: &PhaseFacts) -> String {
    let words = [Some(facts.status.as_str()), facts.outcome.as_ref().map(Extensible::as_str)];
    let mut status = words.into_iter().flatten().map(cell).collect::<Vec<_>>().join(", ");
    if let Some(reason) = &facts.reason {
        let _ = write!(status, "<br>{}", code(reason));
    }
    status
}

/// Returns a link to the run that stored a phase, from the claims of its id token, otherwise from its request id.
fn run(server: &str, target: &Target, event: &PhaseEvent) -> Option<String> {
    let named = event.request_id.strip_prefix("run-").and_then(|rest| {
        let mut parts = rest.split('-');
        Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    });
    let (id, attempt): (i64, i64) = match (event.actor.run_id, event.actor.run_attempt) {
        (Some(id), attempt) => (id, attempt.unwrap_or(1)),
        _ => named?,
    };
    let repository = &target.repository;
    Some(format!("[run {id}]({server}/{repository}/actions/runs/{id}/attempts/{attempt})"))
}

#[cfg(test)]
mod tests;
