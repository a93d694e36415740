//! Results of the functions, from columns to names that were validated before they were stored.

use phase_data_wire::phase_data::{Attempt, StoreEffect};
use phase_data_wire::{CommitSha, Document, Phase};
use sqlx::types::Json;
use time::OffsetDateTime;

use super::state::{ResultState, StateRow};
use crate::domain::StoredForm;
use crate::store::claims::linked;

/// A phase after a store.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) effect: StoreEffect,
    pub(crate) revision: i64,
    pub(crate) etag: String,
    pub(crate) data_bytes: i64,
    pub(crate) data_sha256: Vec<u8>,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) updated_at: OffsetDateTime,
    pub(crate) expires_at: Option<OffsetDateTime>,
    pub(crate) commit_sha: Option<CommitSha>,
    pub(crate) state: ResultState,
}

/// The result of a store.
#[derive(Debug)]
pub(crate) enum StoreResult {
    /// It was done, or had been done before.
    Stored(Stored),
    /// The precondition did not hold; this is there, if anything is.
    Mismatch(Option<Current>),
    /// Another claim lives, with this attempt.
    Claimed(Attempt),
    /// The claim of the store has ended, with this attempt, or the phase has none of its id.
    Lost(Option<Attempt>),
}

/// The revision and the entity tag of a stored document.
#[derive(Debug)]
pub(crate) struct Current {
    pub(crate) revision: i64,
    pub(crate) etag: String,
}

/// One stored phase.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) phase: Phase,
    pub(crate) revision: i64,
    pub(crate) etag: String,
    pub(crate) commit_sha: Option<CommitSha>,
    pub(crate) state: ResultState,
    pub(crate) data_bytes: i64,
    pub(crate) data_sha256: Vec<u8>,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) updated_at: OffsetDateTime,
    pub(crate) expires_at: Option<OffsetDateTime>,
    pub(crate) data: Document,
}

#[derive(sqlx::FromRow)]
pub(super) struct StoredRow {
    effect: Option<String>,
    revision: Option<i64>,
    data_bytes: Option<i64>,
    data_sha256: Option<Vec<u8>>,
    created_at: Option<OffsetDateTime>,
    updated_at: Option<OffsetDateTime>,
    expires_at: Option<OffsetDateTime>,
    commit_sha: Option<String>,
    etag: Option<String>,
    #[sqlx(flatten)]
    state: StateRow,
    claim: Option<Json<Attempt>>,
}

/// The start of a patch: the answer that the same request had before, or the stored document and its identity.
#[derive(sqlx::FromRow)]
pub(super) struct BegunRow {
    #[sqlx(flatten)]
    pub(super) answer: StoredRow,
    pub(super) patch_of: Option<String>,
    data: Option<Json<Document>>,
    escaped: Option<bool>,
}

#[derive(sqlx::FromRow)]
pub(super) struct RetrievedRow {
    phase: String,
    revision: i64,
    etag: String,
    commit_sha: Option<String>,
    #[sqlx(flatten)]
    state: StateRow,
    data_bytes: i64,
    data_sha256: Vec<u8>,
    created_at: OffsetDateTime,
    updated_at: OffsetDateTime,
    expires_at: Option<OffsetDateTime>,
    data: Json<Document>,
    escaped: bool,
}

impl BegunRow {
    /// Takes the document that is to be patched, if there is one.
    pub(super) fn take_document(&mut self) -> Result<Option<Document>, sqlx::Error> {
        let stored = self.data.take().map(|Json(stored)| stored);
        stored.map(|stored| original(stored, self.escaped == Some(true))).transpose()
    }
}

impl StoredRow {
    /// Tells whether what was patched is not what is there now.
    pub(super) fn is_to_be_tried_again(&self) -> bool {
        self.effect.as_deref() == Some("retry")
    }
}

impl TryFrom<StoredRow> for StoreResult {
    type Error = sqlx::Error;

    fn try_from(row: StoredRow) -> Result<Self, sqlx::Error> {
        let effect = match row.effect.as_deref() {
            Some("created") => StoreEffect::Created,
            Some("replaced") => StoreEffect::Replaced,
            Some("unchanged") => StoreEffect::Unchanged,
            Some("mismatch") => {
                let current = row.revision.zip(row.etag);
                return Ok(Self::Mismatch(current.map(|(revision, etag)| Current { revision, etag })));
            }
            Some("claimed") => {
                let claim = row.claim.ok_or_else(|| unreadable("a claim without its attempt"))?;
                return Ok(Self::Claimed(linked(claim.0)));
            }
            Some("lost") => return Ok(Self::Lost(row.claim.map(|Json(claim)| linked(claim)))),
            other => return Err(unreadable(&format!("effect {other:?}"))),
        };
        let missing = || unreadable("a stored row without all of its columns");
        Ok(Self::Stored(Stored {
            effect,
            revision: row.revision.ok_or_else(missing)?,
            etag: row.etag.ok_or_else(missing)?,
            data_bytes: row.data_bytes.ok_or_else(missing)?,
            data_sha256: row.data_sha256.ok_or_else(missing)?,
            created_at: row.created_at.ok_or_else(missing)?,
            updated_at: row.updated_at.ok_or_else(missing)?,
            expires_at: row.expires_at,
            commit_sha: row.commit_sha.as_deref().map(named).transpose()?,
            state: row.state.into(),
        }))
    }
}

impl TryFrom<RetrievedRow> for Row {
    type Error = sqlx::Error;

    fn try_from(row: RetrievedRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            phase: named(&row.phase)?,
            revision: row.revision,
            etag: row.etag,
            commit_sha: row.commit_sha.as_deref().map(named).transpose()?,
            state: row.state.into(),
            data_bytes: row.data_bytes,
            data_sha256: row.data_sha256,
            created_at: row.created_at,
            updated_at: row.updated_at,
            expires_at: row.expires_at,
            data: original(row.data.0, row.escaped)?,
        })
    }
}

/// Returns a document as it was before it was stored.
fn original(stored: Document, is_escaped: bool) -> Result<Document, sqlx::Error> {
    if !is_escaped {
        return Ok(stored);
    }
    let json = StoredForm::Escaped.original(stored.as_str()).into_owned();
    Document::parse(json).map_err(|error| unreadable(&error.to_string()))
}

/// A name that was validated before it was stored.
pub(in crate::store) fn named<T>(text: &str) -> Result<T, sqlx::Error>
where
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    text.parse().map_err(|error: T::Err| unreadable(&error.to_string()))
}

/// Returns the error for a value that only a broken row can contain.
pub(in crate::store) fn unreadable(what: &str) -> sqlx::Error {
    sqlx::Error::Decode(what.into())
}
