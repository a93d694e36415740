//! Closing and opening again: an issue, or all of a repository or account. The rule is the domain's; here the
//! rows are locked, shown to it, and changed as it says, a page of them in one transaction of the caller's.

mod rows;

use std::time::Duration;

use phase_data_wire::{IssueNumber, Phase, Repository};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::phase_data::named;
use crate::auth::{AccountId, Actor};
use crate::domain::lifecycle::{Bearing, Fate, Scope, Word};
use rows::Row;
pub(super) use rows::scope_name;

/// How many rows a transaction touches at the most: few enough that nobody waits for it, and that it ends before its
/// statements have to.
const PAGE: i32 = 500;

/// What a word is about. A repository's numeric id is given where it is proven.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place<'a> {
    /// One issue.
    Issue(&'a Repository, Option<i64>, IssueNumber),
    /// A repository.
    Repository(&'a Repository, Option<i64>),
    /// The whole account.
    Account,
    /// One issue, by the name that its data is kept under.
    Kept(&'a str, IssueNumber),
}

/// A word, and who said it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Saying<'a> {
    pub(crate) account: AccountId,
    pub(crate) place: Place<'a>,
    pub(crate) closed: bool,
    /// Since when; without it, since now.
    pub(crate) at: Option<OffsetDateTime>,
    /// See [`Word`].
    pub(crate) as_of: Option<OffsetDateTime>,
    /// Nothing is changed: the answer is what would be.
    pub(crate) dry_run: bool,
    /// What is closed, and what was closed before, is removed for good at once.
    pub(crate) purge: bool,
    /// For how long it can be brought back, unless the account says otherwise.
    pub(crate) grace: Duration,
    pub(crate) actor: &'a Actor,
    pub(crate) request_id: &'a str,
}

/// What a word did.
#[derive(Debug)]
pub(crate) struct Said {
    /// The phases that it touched.
    pub(crate) touched: Vec<Phase>,
    /// How many documents were hidden for this, and how many came back.
    pub(crate) closed: usize,
    pub(crate) restored: usize,
    /// There are more rows than a page; never for an issue.
    pub(crate) rest: Option<Rest>,
}

/// What is left of a word that is about many rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rest {
    /// How it stood to the newest word when it began.
    bearing: Bearing,
    after: After,
}

/// The last row that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct After {
    data_key: String,
    issue_number: i32,
    phase: Phase,
}

impl After {
    /// No row comes before.
    fn nothing() -> Self {
        Self { data_key: String::new(), issue_number: 0, phase: Phase::Scan }
    }
}

impl Place<'_> {
    fn scope(&self) -> Scope {
        match self {
            Self::Issue(..) | Self::Kept(..) => Scope::Issue,
            Self::Repository(..) => Scope::Repository,
            Self::Account => Scope::Account,
        }
    }
}

/// Does what a word asks for, or the next page of the rest of it. The tenant must be set by the transaction.
///
/// # Errors
/// Any database error.
pub(crate) async fn say(
    connection: &mut PgConnection,
    saying: &Saying<'_>,
    rest: Option<&Rest>,
) -> Result<Said, sqlx::Error> {
    let scope = saying.place.scope();
    let (key, issue) = identity(connection, saying).await?;
    let (newest, now) = rows::newest_word(connection, saying.account, &key, issue).await?;
    // Without a time, or with one ahead of the database's clock, it is said now, after everything else that was said,
    // whosever clock that came from.
    let at = saying.at.filter(|at| *at <= now).unwrap_or_else(|| match newest {
        Some(newest) if newest.at >= now => newest.at.saturating_add(time::Duration::MICROSECOND),
        _ => now,
    });
    let word = Word { closed: saying.closed, at, as_of: saying.as_of };
    let bearing = match rest {
        None => word.bearing(newest),
        Some(rest) => word.bearing_of_rest(newest, rest.bearing),
    };
    if bearing == Bearing::New && !saying.dry_run {
        rows::set_word(connection, saying.account, &key, issue, word).await?;
    }
    let after = rest.map_or_else(After::nothing, |rest| rest.after.clone());
    let held = rows::held(connection, saying.account, &key, issue, &after, PAGE).await?;
    let rest = match held.last() {
        Some(last) if held.len() == PAGE as usize && bearing != Bearing::Late => {
            Some(Rest { bearing, after: last.place()? })
        }
        _ => None,
    };
    let fates: Vec<_> = held.into_iter().map(|row| (word.fate(bearing, scope, row.held), row)).collect();
    let count = |wanted: &[Fate]| fates.iter().filter(|(fate, _)| wanted.contains(fate)).count();
    let closed = count(&[Fate::Closes, Fate::ClosesOnItsOwn]);
    let restored = count(&[Fate::Returns]);
    let touched = change(connection, saying, scope, fates).await?;
    Ok(Said { touched, closed, restored, rest })
}

async fn change(
    connection: &mut PgConnection,
    saying: &Saying<'_>,
    scope: Scope,
    fates: Vec<(Fate, Row)>,
) -> Result<Vec<Phase>, sqlx::Error> {
    let of = |wanted: Fate| -> Vec<Uuid> {
        fates.iter().filter(|(fate, _)| *fate == wanted).map(|(_, row)| row.id).collect()
    };
    let (closing, own, returning) = (of(Fate::Closes), of(Fate::ClosesOnItsOwn), of(Fate::Returns));
    let mut touched = [closing.as_slice(), &returning].concat();
    let doomed: Vec<Uuid> = match (saying.closed, saying.purge) {
        (true, true) => {
            let before = fates.iter().filter(|(_, row)| row.held.closed_by.is_some()).map(|(_, row)| row.id);
            before.chain(closing.iter().copied()).collect()
        }
        (true, false) if rows::grace_is_none(connection, saying).await? => closing.clone(),
        _ => Vec::new(),
    };
    if !saying.dry_run {
        rows::tell(connection, saying, &returning, "restored").await?;
        rows::bring_back(connection, &returning).await?;
        rows::tell(connection, saying, &closing, "deleted").await?;
        rows::hide(connection, saying, scope, &[closing.as_slice(), &own].concat()).await?;
        rows::tell(connection, saying, &doomed, "purged").await?;
        rows::remove(connection, &doomed).await?;
    }
    touched.extend(doomed);
    let touched = fates.iter().filter(|(_, row)| touched.contains(&row.id));
    touched.map(|(_, row)| named(&row.phase)).collect()
}

/// Under which names the word and its rows are kept. From here on nobody else says anything about the same.
async fn identity(connection: &mut PgConnection, saying: &Saying<'_>) -> Result<(String, i32), sqlx::Error> {
    let (repository, id, issue) = match saying.place {
        Place::Issue(repository, id, issue) => (Some(repository), id, issue.get()),
        Place::Repository(repository, id) => (Some(repository), id, 0),
        Place::Kept(_, issue) => (None, None, issue.get()),
        Place::Account => (None, None, 0),
    };
    let key: String = match (saying.place, repository) {
        (Place::Kept(key, _), _) => key.to_owned(),
        (_, Some(repository)) => {
            sqlx::query_scalar("select word_repository_key($1, $2, $3)")
                .bind(saying.account.get())
                .bind(repository.as_str())
                .bind(id)
                .fetch_one(&mut *connection)
                .await?
        }
        (_, None) => String::new(),
    };
    sqlx::query("select pg_advisory_xact_lock(hashtextextended($1 || '/' || $2 || '#' || $3, 1))")
        .bind(saying.account.get().to_string())
        .bind(&key)
        .bind(issue.to_string())
        .execute(connection)
        .await?;
    Ok((key, issue))
}

/// The newest word about an issue itself: one that it went elsewhere is none.
///
/// # Errors
/// Any database error.
pub(crate) async fn newest_word(
    connection: &mut PgConnection,
    account: AccountId,
    key: &str,
    issue: IssueNumber,
) -> Result<Option<Word>, sqlx::Error> {
    let went = "select exists (select from lifecycle l where l.forge_account_id = $1 and l.repository = $2
                                 and l.issue_number = $3 and l.moved_to is not null)";
    let went: bool = sqlx::query_scalar(went)
        .bind(account.get())
        .bind(key)
        .bind(i32::from(issue))
        .fetch_one(&mut *connection)
        .await?;
    let (newest, _) = rows::newest_word(connection, account, key, issue.get()).await?;
    Ok(newest.filter(|_| !went))
}

/// Names the tenant to row-level security, for this transaction.
///
/// # Errors
/// Any database error.
pub(crate) async fn enter(connection: &mut PgConnection, account: AccountId) -> Result<(), sqlx::Error> {
    sqlx::query("select set_config('phase_data.account', $1, true)")
        .bind(account.get().to_string())
        .execute(connection)
        .await
        .map(drop)
}

/// Who said it, as receipts keep it.
fn actor<'a>(saying: &Saying<'a>) -> Json<&'a Actor> {
    Json(saying.actor)
}
