//! The real binary, in an environment of its own, against a real socket with recorded answers.

mod action_yml;
mod answers;
mod audience;
mod backend;
mod conditions;
mod dispatch;
mod files;
mod hostile;
mod inputs;
mod links;
mod lost_answers;
mod oidc;
mod oidc_refusals;
mod operations;
mod outputs;
mod payloads;
mod persistence;
mod proxies;
mod refusals;
mod retries;
mod retrieval;
mod step;
mod token_service;
mod traces;
mod wrong_answers;
