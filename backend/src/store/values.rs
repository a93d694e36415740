//! The values of several columns that functions take as one argument each: the composite types of `backend/sql/types`.

use phase_data_github::Effect;
use phase_data_wire::ClaimId;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgTypeInfo};
use sqlx::types::Json;
use sqlx::{Encode, Postgres, Type};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::auth::{AccountId, Actor, Grant, SingleUse};
use crate::domain::{Precondition, StoredForm};

/// A repository as a request names it: `repository_ref`.
#[derive(Debug, Clone, Encode)]
pub(super) struct RepositoryRef {
    account: Uuid,
    name: Option<String>,
    external_id: Option<i64>,
    proven_at: Option<OffsetDateTime>,
}

/// The actor and the request of a write, and the digest that a token is spent for: `write_by`.
#[derive(Debug, Encode)]
pub(super) struct WriteBy<'a> {
    pub(super) actor: Json<&'a Actor>,
    pub(super) request_id: &'a str,
    pub(super) jti: Option<&'a str>,
    pub(super) request_sha256: Option<Vec<u8>>,
    pub(super) token_expires_at: Option<OffsetDateTime>,
}

/// The options of a store: `store_options`.
#[derive(Debug, Encode)]
pub(super) struct StoreOptions {
    pub(super) commit_sha: Option<String>,
    pub(super) lives_for_seconds: Option<f64>,
    pub(super) patch_of: Option<String>,
    pub(super) escaped: bool,
    pub(super) status: Option<&'static str>,
    /// Empty to remove what is stored.
    pub(super) outcome: Option<&'static str>,
    /// Empty to remove what is stored.
    pub(super) reason: Option<String>,
    pub(super) claim_id: Option<Uuid>,
    pub(super) keep_claim: bool,
}

/// A claim on a phase: `claim_request`.
#[derive(Debug, Encode)]
pub(super) struct ClaimRequest {
    pub(super) claim_id: Uuid,
    pub(super) ttl_seconds: f64,
    pub(super) commit_sha: Option<String>,
    pub(super) force: bool,
}

/// Returns a claim's id as PostgreSQL has it.
pub(super) fn claim_uuid(id: &ClaimId) -> Uuid {
    Uuid::from_u128(id.as_u128())
}

/// A document in the form in which it is stored, as `jsonb`.
#[derive(Debug, Clone, Copy)]
pub(super) struct StoredDocument<'a> {
    pub(super) json: &'a str,
    pub(super) form: StoredForm,
}

/// The name of a phase: `phase`.
#[derive(Debug, Clone, Copy)]
pub(super) struct PhaseName(pub(super) &'static str);

/// The filter of a list of issues: `issue_filter`.
#[derive(Debug, Encode)]
pub(super) struct IssueFilter {
    pub(super) closed: bool,
    pub(super) pending: Option<PhaseName>,
    pub(super) phase: Option<PhaseName>,
    pub(super) stale_for: Option<String>,
    pub(super) status: Option<&'static str>,
    pub(super) outcome: Option<&'static str>,
    pub(super) older_than_seconds: Option<f64>,
    pub(super) claimed: Option<bool>,
}

/// A webhook delivery as it comes: `received_webhook`.
#[derive(Debug, Encode)]
pub(super) struct ReceivedDelivery<'a> {
    pub(super) delivery_id: &'a str,
    pub(super) event: &'a str,
    pub(super) action: Option<&'a str>,
    pub(super) state: &'a str,
    pub(super) reason: Option<&'a str>,
    pub(super) effects: Option<Json<&'a [Effect]>>,
    pub(super) request_id: &'a str,
}

/// The precondition of a store: `store_condition`.
#[derive(Debug, Encode)]
pub(super) struct StoreCondition {
    pub(super) must_exist: bool,
    pub(super) must_not_exist: bool,
    pub(super) etags: Option<Vec<String>>,
    pub(super) if_revision: Option<i64>,
}

/// That something is closed, or open again: `lifecycle_change`.
#[derive(Debug, Clone, Copy, Encode)]
pub(super) struct LifecycleChange {
    pub(super) closed: bool,
    pub(super) at: Option<OffsetDateTime>,
    pub(super) as_of: Option<OffsetDateTime>,
    pub(super) purge: bool,
    pub(super) dry_run: bool,
    pub(super) grace_seconds: f64,
}

impl RepositoryRef {
    /// Names a repository, with its numeric id and the time of the proof where there is one.
    pub(super) fn new(
        account: AccountId,
        name: &str,
        external_id: Option<i64>,
        proven_at: Option<OffsetDateTime>,
    ) -> Self {
        Self { account: account.get(), name: Some(name.to_owned()), external_id, proven_at }
    }

    /// Names the whole account.
    pub(super) fn none(account: AccountId) -> Self {
        Self { account: account.get(), name: None, external_id: None, proven_at: None }
    }
}

impl From<&Grant> for RepositoryRef {
    fn from(grant: &Grant) -> Self {
        let (name, id) = (grant.repository().as_str(), grant.repository_id());
        Self::new(grant.account(), name, id, grant.proven_at())
    }
}

impl From<&Precondition> for StoreCondition {
    fn from(precondition: &Precondition) -> Self {
        Self {
            must_exist: precondition.must_exist(),
            must_not_exist: precondition.must_not_exist(),
            etags: precondition.tags().map(|tags| tags.into_iter().map(str::to_owned).collect()),
            if_revision: precondition.revision(),
        }
    }
}

impl<'a> WriteBy<'a> {
    /// Names who writes, with the token that is used up and a digest of what it is spent for, if there is one.
    pub(super) fn new(
        actor: &'a Actor,
        request_id: &'a str,
        token: Option<&'a SingleUse>,
        request_sha256: Option<Vec<u8>>,
    ) -> Self {
        Self {
            actor: Json(actor),
            request_id,
            jti: token.map(|token| token.jti.as_str()),
            request_sha256,
            token_expires_at: token.map(|token| token.expires_at),
        }
    }
}

/// The version of the format in which PostgreSQL receives `jsonb`.
const JSONB_VERSION: u8 = 1;

impl Encode<'_, Postgres> for StoredDocument<'_> {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        // It can be large: no byte more is allocated than it needs.
        let text = self.form.of(self.json);
        buffer.reserve_exact(text.len() + 1);
        buffer.push(JSONB_VERSION);
        buffer.extend_from_slice(text.as_bytes());
        Ok(IsNull::No)
    }
}

impl Type<Postgres> for StoredDocument<'_> {
    fn type_info() -> PgTypeInfo {
        <Json<()> as Type<Postgres>>::type_info()
    }
}

impl Encode<'_, Postgres> for PhaseName {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        <&str as Encode<Postgres>>::encode(self.0, buffer)
    }
}

macro_rules! composite {
    ($($type:ty = $name:literal),+ $(,)?) => {
        $(impl Type<Postgres> for $type {
            fn type_info() -> PgTypeInfo {
                PgTypeInfo::with_name($name)
            }
        })+
    };
}

composite! {
    RepositoryRef = "repository_ref",
    WriteBy<'_> = "write_by",
    ClaimRequest = "claim_request",
    StoreOptions = "store_options",
    StoreCondition = "store_condition",
    LifecycleChange = "lifecycle_change",
    ReceivedDelivery<'_> = "received_webhook",
    IssueFilter = "issue_filter",
    PhaseName = "phase",
}
