//! What the stories stand on: the real programs, a real PostgreSQL, real sockets.
//!
//! - [`Cluster`] is one private PostgreSQL for the whole run, by the same code as the embedded default.
//! - [`Backend`] is the real server on a database of its own; [`Tenant`] an account with its keys.
//! - [`Step`] is one run of the real action in an empty runner, as a workflow step would be.
//! - [`GithubApi`] publishes the keys that GitHub signs its messages with, and signs some.
//! - [`issue_event`] and its like are what GitHub delivers, and [`Backend::deliver`] signs and sends it.
//! - [`FakeGithub`] answers what a sweep and a comment ask GitHub.
//! - [`LocalIssuer`] makes id tokens as a forge does, and hands them out as a runner does.
//! - [`TlsFront`], [`ConnectProxy`], [`PrefixFront`] and [`LossyFront`] are what stands between a step and the backend in real networks.
//! - [`DatabaseProxy`] is a network between backend and database that can swallow everything.
//! - [`releases`] are backends of releases that come after this one.
//! - [`Random`] chooses for random walks.
//! - [`corpus`] reads real scanner reports where they are at hand.
//!
//! Everything is bound to loopback or a Unix socket, on free ports, and goes when its handle does.

mod backend;
mod cluster;
pub mod corpus;
mod database_proxy;
mod fake_github;
mod github_api;
mod issuer;
mod network;
mod programs;
mod random;
pub mod releases;
mod requests;
mod step;
mod webhook;

pub use backend::{Backend, Tenant, connect};
pub use cluster::{Cluster, search_path};
pub use database_proxy::DatabaseProxy;
pub use fake_github::{Comment, FakeGithub, Fault, Issue, World};
pub use github_api::GithubApi;
pub use issuer::LocalIssuer;
pub use network::{ConnectProxy, LossyFront, PrefixFront, TlsFront};
pub use programs::{
    action_program, backend_program, long_test, random_walk, second_release, third_release, update_documents,
};
pub use random::Random;
pub use requests::{Answer, client};
pub use step::{Step, StepResult};
pub use webhook::{APP_SECRET, APP_WEBHOOK, hook_signature, issue_event, repository};
