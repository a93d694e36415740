//! Stories through the real action, the real backend and a real PostgreSQL.

mod admin;
mod command_line;
mod concurrency;
mod conditional_requests;
mod contract;
mod corpus;
mod doctor;
mod errors;
mod expiry;
mod fidelity;
mod grace_period;
mod keys;
mod lifecycle;
mod listing;
mod main_job;
mod merging;
mod mistakes;
mod network;
mod oidc;
mod operation;
mod readme;
mod secret_scanning;
mod tenancy;
mod waiting;
mod webhook;
