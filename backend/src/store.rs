//! SQL, one file a table, and nowhere else.
//!
//! Every function on tenant data takes an [`AccountId`](crate::auth::AccountId), which only `auth` can
//! make: a query without a tenant does not compile. Behind that stands row-level security, see
//! `sql/tables`.

pub(crate) mod account;
pub(crate) mod api_key;
pub(crate) mod claims;
pub(crate) mod closing;
mod connection_advice;
mod db;
mod effects;
pub(crate) mod instance;
pub(crate) mod issues;
mod migrate;
mod owner;
pub(crate) mod phase_data;
pub(crate) mod phase_event;
mod program;
pub(crate) mod purge;
mod refusal;
mod schema;
mod session;
pub(crate) mod sweep;
pub(crate) mod usage;
mod values;
pub(crate) mod webhook_delivery;
pub(crate) mod webhook_secret;
pub(crate) mod webhook_worker;

pub(crate) use connection_advice::refused_server;
use db::Statement;
pub(crate) use db::{Db, StoreError};
pub(crate) use migrate::{connect_migrated, migrate, owner_elsewhere, pre_release_schema};
pub(crate) use owner::{named, refuse_other_database, within};
pub use program::Program;
pub(crate) use schema::SchemaError;
pub(crate) use session::{SessionKind, SessionSetup};
