//! The comment that shows an issue's phases. It informs: a store whose work is done does not fail for it.

use std::fmt::Write;

use phase_data_forge::{Commented, ForgeError};
use phase_data_wire::Phase;
use phase_data_wire::phase_data::{PhaseEvent, PhaseEventKind};
use phase_data_wire::repositories::{IssueCursor, PhaseFacts};
use time::macros::format_description;

use super::Scene;
use crate::error::Error;
use crate::github::GitHub;
use crate::job::{Filter, Target};
use crate::log::Log;

/// What the comment begins with, so that the next step finds it. Nobody sees it.
const MARKER: &str = "<!-- phase-data: the phases of this issue -->";

/// Brings the issue's comment up to date.
pub(super) async fn keep(scene: &Scene<'_>, log: &mut Log<'_>) {
    let Some(github) = &scene.job.github else { return };
    let target = scene.target;
    match try_to_keep(scene, github, log).await {
        Ok(Commented::Created) => log.line(&format!("Commented on {target}.")),
        Ok(Commented::Updated) => log.line(&format!("Brought the comment on {target} up to date.")),
        Ok(Commented::Unchanged) => log.line(&format!("The comment on {target} is up to date.")),
        Err(error) => {
            let hint = match &error {
                Error::GitHub(ForgeError::Refused { status: 404 | 410, .. }) => {
                    "Is there such an issue, and may github-token see it? The job needs `issues: write`."
                }
                error => error.hint(),
            };
            let text =
                format!("{error}\nThe document is stored; only the comment is not up to date.\n{hint}");
            log.warning("phase-data: no comment", &text);
        }
    }
}

async fn try_to_keep(scene: &Scene<'_>, github: &GitHub, log: &mut Log<'_>) -> Result<Commented, Error> {
    let Scene { job, target, client, runner, .. } = scene;
    let filter = Filter::default();
    // The list from the number before on begins with this issue.
    let before = (i64::from(target.issue_number.get()) - 1).try_into().ok().map(IssueCursor::Number);
    let list = client.list(&target.repository, &filter, before, client.deadline(), log).await?;
    let issue = list.issues.into_iter().find(|issue| issue.issue_number == target.issue_number);
    let phases = issue.map(|issue| issue.phases).unwrap_or_default();
    let events = client.events(target, log).await?.events;
    let text = text(&github.server, target, &phases, &events);
    let forge = github.forge(job, &runner.trace, client.deadline())?;
    Ok(forge.keep_comment(&target.repository, target.issue_number, MARKER, &text).await?)
}

/// The comment as Markdown. Every part of it is of a type that holds no markup, or is checked here.
fn text(server: &str, target: &Target, phases: &[PhaseFacts], events: &[PhaseEvent]) -> String {
    let mut text = format!(
        "{MARKER}\nWhat the workflows have found out about this issue is kept in \
         phase-data:\n\n| Phase | Stored | Revision | Commit | By |\n| --- | --- | --- | --- | --- |\n"
    );
    let repository = &target.repository;
    for phase in Phase::ALL {
        let Some(facts) = phases.iter().find(|facts| facts.phase == phase) else {
            let _ = writeln!(text, "| {phase} | – | – | – | – |");
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
            "| {phase} | {} | {} | {} | {} |",
            stored.unwrap_or_else(|_| dash()),
            facts.revision,
            commit.unwrap_or_else(dash),
            run.unwrap_or_else(dash)
        );
    }
    text
}

/// A link to the run that stored a phase: the id token named it, or else the step did, in the request's name.
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
