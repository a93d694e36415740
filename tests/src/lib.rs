//! The harness of the stories: the real programs, a real PostgreSQL, real sockets.
//!
//! - [`Cluster`] is one private PostgreSQL for the whole run, by the same code as the embedded default.
//! - [`Backend`] is the real server on a database of its own; [`Tenant`] an account with its keys.
//! - [`Step`] is one run of the real action in an empty runner, as a workflow step would be.
//! - [`GithubApi`] publishes the keys that GitHub signs its messages with, and signs some.
//! - [`issue_event`] and similar functions make GitHub's deliveries, and [`Backend::deliver`] signs and sends them.
//! - [`FakeGithub`] answers the requests of a sweep, a comment and a dispatch.
//! - [`LocalIssuer`] makes id tokens like a forge, and returns them like a runner.
//! - [`TlsFront`], [`ConnectProxy`], [`PrefixFront`] and [`LossyFront`] are proxies between a step and the backend, as in real networks.
//! - [`ScriptedServer`] answers as a proxy, an older backend or a broken GitHub does.
//! - [`DatabaseProxy`] is a network between backend and database that can drop everything.
//! - [`releases`] are backends of later releases.
//! - [`Random`] chooses for random walks.
//! - [`corpus`] reads real scanner reports if they are available.
//!
//! Everything is bound to loopback or a Unix socket, on free ports, and is removed when its handle is dropped.

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
mod scripted;
mod step;
mod webhook;

pub use backend::{Backend, Tenant, connect};
pub use cluster::{Cluster, search_path};
pub use database_proxy::DatabaseProxy;
pub use fake_github::{Comment, Dispatched, FakeGithub, Fault, Issue, Workflow, World};
pub use github_api::GithubApi;
pub use issuer::LocalIssuer;
pub use network::{ConnectProxy, LossyFront, PrefixFront, TlsFront};
pub use programs::{
    action_program, backend_program, long_test, random_walk, second_release, third_release, update_documents,
};
pub use random::Random;
pub use requests::{Answer, client};
pub use scripted::ScriptedServer;
pub use step::{CommandLineResult, Step, StepResult, unknown_key};
pub use webhook::{APP_SECRET, APP_WEBHOOK, hook_signature, issue_event, repository};
