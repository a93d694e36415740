//! Stories through the real action, the real backend and a real PostgreSQL.

mod admin;
mod concurrency;
mod conditional_requests;
mod contract;
mod corpus;
mod errors;
mod fidelity;
mod keys;
mod main_job;
mod operation;
mod secret_scanning;
mod tenancy;
