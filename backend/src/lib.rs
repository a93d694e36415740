//! The phase-data backend: stores one JSON document per forge account, repository, issue and phase.
//!
//! In reading order: [`app`] wires everything together; `api` speaks HTTP; `auth` turns credentials into
//! callers; `domain` has the rules; `store` speaks SQL; `error` turns what fails into answers;
//! [`command`] is the command line.

mod api;
pub mod app;
mod auth;
pub mod command;
pub mod config;
mod domain;
mod error;
mod github_app;
mod heavy;
mod jobs;
mod outbound;
mod panics;
mod readiness;
mod server;
mod shares;
mod store;
mod sweep;
pub mod telemetry;
mod waiting;

pub use store::Program;
