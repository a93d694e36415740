//! Cleaning up and restoring an issue at a caller's request.

use std::time::Duration;

use phase_data_wire::{IssueNumber, Phase};
use sqlx::PgConnection;
use sqlx::types::Json;
use time::OffsetDateTime;

use super::lifecycle::{Place, Saying, enter, say};
use super::phase_data::{By, fingerprint, named};
use super::{Db, StoreError};
use crate::auth::Grant;

/// What a caller wants of an issue.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    /// To close it; else to open it again.
    pub(crate) closed: bool,
    /// Since when it is so; without it, since now.
    pub(crate) at: Option<OffsetDateTime>,
    /// Nothing of it is to be kept.
    pub(crate) purge: bool,
    /// Nothing is changed: the answer is what would be.
    pub(crate) dry_run: bool,
    /// For how long it can be brought back, unless the account says otherwise.
    pub(crate) grace: Duration,
}

/// Closes an issue or opens it again; answers the phases that this touched.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn at_request(
    db: &Db,
    grant: &Grant,
    issue: IssueNumber,
    wanted: Wanted,
    by: By,
) -> Result<Vec<Phase>, StoreError> {
    let grant = grant.clone();
    let closing = db.write(grant.account());
    closing
        .transaction(move |transaction| {
            Box::pin(async move { in_transaction(transaction, &grant, issue, wanted, &by).await })
        })
        .await
}

async fn in_transaction(
    transaction: &mut PgConnection,
    grant: &Grant,
    issue: IssueNumber,
    wanted: Wanted,
    by: &By,
) -> Result<Vec<Phase>, sqlx::Error> {
    enter(transaction, grant.account()).await?;
    if !wanted.dry_run
        && let Some(answer) = spend(transaction, grant, issue, wanted, by).await?
    {
        return answer.iter().map(|phase| named(phase)).collect();
    }
    let saying = Saying {
        account: grant.account(),
        place: Place::Issue(grant.repository(), grant.repository_id(), issue),
        closed: wanted.closed,
        at: wanted.at,
        as_of: None,
        dry_run: wanted.dry_run,
        purge: wanted.purge,
        grace: wanted.grace,
        actor: &by.actor,
        request_id: &by.request_id,
    };
    let touched = say(transaction, &saying, None).await?.touched;
    if !wanted.dry_run {
        record(transaction, grant, &touched, by).await?;
    }
    Ok(touched)
}

/// Takes the token for this write, if there is one; what it answered before, if it was taken for the same.
async fn spend(
    connection: &mut PgConnection,
    grant: &Grant,
    issue: IssueNumber,
    wanted: Wanted,
    by: &By,
) -> Result<Option<Vec<String>>, sqlx::Error> {
    let Some(token) = &by.single_use else { return Ok(None) };
    let call = if wanted.closed { "delete" } else { "restore" };
    let place = format!("{issue} {} {:?}", wanted.purge, wanted.at);
    let before: Option<Json<Vec<String>>> = sqlx::query_scalar("select spend_token($1, $2, $3, $4)")
        .bind(grant.account().get())
        .bind(&token.jti)
        .bind(fingerprint(&[call, grant.repository().as_str(), &place]))
        .bind(token.expires_at)
        .fetch_one(connection)
        .await?;
    Ok(before.map(|answer| answer.0))
}

async fn record(
    connection: &mut PgConnection,
    grant: &Grant,
    touched: &[Phase],
    by: &By,
) -> Result<(), sqlx::Error> {
    let Some(token) = &by.single_use else { return Ok(()) };
    let names: Vec<&str> = touched.iter().map(|phase| phase.as_str()).collect();
    sqlx::query("select record_answer($1, $2, $3)")
        .bind(grant.account().get())
        .bind(&token.jti)
        .bind(Json(names))
        .execute(connection)
        .await
        .map(drop)
}
