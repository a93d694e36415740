//! `phase_event`: written by the functions that change phase data, and read here.

use phase_data_wire::phase_data::{EventActor, PhaseEvent};
use phase_data_wire::{Extensible, IssueNumber};
use sqlx::types::Json;
use time::OffsetDateTime;

use super::phase_data::{StateRow, named};
use super::values::RepositoryRef;
use super::{Db, Statement, StoreError};
use crate::auth::Grant;
use crate::domain::quoted;

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    kind: String,
    phase: String,
    revision: i64,
    etag: Option<String>,
    data_bytes: Option<i64>,
    data_sha256: Option<Vec<u8>>,
    #[sqlx(flatten)]
    state: StateRow,
    attempt: Option<i32>,
    actor: Json<EventActor>,
    request_id: String,
    at: OffsetDateTime,
}

/// An issue's receipts from before this one on, the newest first.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn list(
    db: &Db,
    grant: &Grant,
    issue: IssueNumber,
    before: Option<i64>,
    limit: i32,
) -> Result<Vec<PhaseEvent>, StoreError> {
    let list = Statement::new(
        "select id, kind, phase::text, revision, etag, data_bytes, data_sha256, status, outcome, reason, attempt,
                actor, request_id, at
           from phase_events(p_repository => $1, p_issue => $2, p_before => $3, p_limit => $4)",
    )
    .bind(RepositoryRef::from(grant))
    .bind(issue.get())
    .bind(before)
    .bind(limit);
    let rows = db.read(grant.account()).fetch_all(list).await?;
    Ok(rows.into_iter().map(event).collect::<Result<_, _>>()?)
}

fn event(row: Row) -> Result<PhaseEvent, sqlx::Error> {
    let mut actor = row.actor.0;
    actor.run_url = run_url(&actor);
    Ok(PhaseEvent {
        id: row.id,
        kind: Extensible::of(&row.kind),
        phase: named(&row.phase)?,
        revision: row.revision,
        etag: row.etag.as_deref().map(quoted),
        data_bytes: row.data_bytes,
        data_sha256: row.data_sha256.map(hex::encode),
        status: row.state.status.as_deref().map(Extensible::of),
        outcome: row.state.outcome.as_deref().map(Extensible::of),
        reason: row.state.reason,
        attempt: row.attempt,
        actor,
        request_id: row.request_id,
        at: row.at,
    })
}

/// The page of a run. github.com's issuer has a host of its own; everywhere else the issuer is on the forge's.
pub(super) fn run_url(actor: &EventActor) -> Option<String> {
    let issuer = actor.issuer.as_deref()?;
    let forge = match issuer {
        "https://token.actions.githubusercontent.com" => "https://github.com".to_owned(),
        _ => issuer.parse::<reqwest::Url>().ok()?.origin().ascii_serialization(),
    };
    let (repository, run) = (actor.repository.as_deref()?, actor.run_id?);
    Some(format!("{forge}/{repository}/actions/runs/{run}/attempts/{}", actor.run_attempt.unwrap_or(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_links_to_its_page_on_its_own_forge() {
        for (issuer, page) in [
            (
                "https://token.actions.githubusercontent.com",
                "https://github.com/octo/hello/actions/runs/7/attempts/2",
            ),
            (
                "https://ghe.example.com/_services/token",
                "https://ghe.example.com/octo/hello/actions/runs/7/attempts/2",
            ),
        ] {
            let actor = EventActor {
                issuer: Some(issuer.to_owned()),
                repository: Some("octo/hello".to_owned()),
                run_id: Some(7),
                run_attempt: Some(2),
                ..EventActor::default()
            };
            assert_eq!(run_url(&actor).as_deref(), Some(page));
        }
        assert_eq!(run_url(&EventActor::default()), None);
    }
}
