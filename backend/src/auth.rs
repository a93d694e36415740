//! From a credential to a [`Caller`], and what a caller may do.
//!
//! Nothing else can make an [`AccountId`]: whoever holds one was let in.

mod account_id;
mod api_key;
mod authenticator;
mod caller;
pub(crate) mod github_signature;
mod last_used;
mod look_ups;
pub(crate) mod oidc;
mod remembered_keys;
mod webhook;

pub(crate) use account_id::AccountId;
pub(crate) use api_key::{ApiKey, KeyId, KeyLookup, KeyRecord};
pub(crate) use authenticator::{AccountLookup, AccountRecord, Authenticator, Refusal};
pub(crate) use caller::{Actor, Caller, Denied, Grant, Reach, Scope, SingleUse};
pub(crate) use last_used::{LastUse, LastUsedTracker};
use look_ups::LookUps;
pub(crate) use remembered_keys::REMEMBERED as KEYS_ARE_REMEMBERED;
use remembered_keys::RememberedKeys;
pub(crate) use webhook::{Hook, HookRecord, HookSignature, HookSignatureError, VerifiedHook};
