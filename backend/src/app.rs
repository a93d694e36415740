//! Wires everything together; serves `main` and the tests.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use sqlx::postgres::PgConnectOptions;
use tokio::net::TcpListener;

use crate::api::{self, BodyLimits, Budgets, Links, State, Webhooks};
use crate::auth::github_signature::GithubSignatures;
use crate::auth::oidc::{Oidc, OidcSettings};
use crate::auth::{Authenticator, Hook};
use crate::config::Config;
use crate::domain::JsonLimits;
use crate::github_app::GithubApp;
use crate::jobs::{Intervals, Jobs, Records, Setup, WebhookQueue};
use crate::outbound;
use crate::readiness::Readiness;
use crate::server::{Server, ServerLimits, fitting_connections};
use crate::store::instance::Instance;
use crate::store::{self, Db, Program};
use crate::sweep::Sweep;
use crate::waiting::Registry;

/// The maximum nesting of a stored document: common JSON parsers accept it by default.
const MAX_NESTING: usize = 128;
/// The maximum number of digits of a stored number when written out.
const MAX_NUMBER_DIGITS: usize = 1000;

/// A backend that is bound to its port and ready to run.
#[derive(Debug)]
pub struct Application {
    server: Server,
    address: SocketAddr,
    state: State,
    jobs: Setup,
    shutdown_timeout: Duration,
}

/// Returns the OpenAPI contract as YAML, the content of `openapi.yaml`. It has the package's version, without the commit: it
/// is itself committed.
///
/// # Errors
/// If the document can't be written as YAML.
pub fn contract_yaml() -> anyhow::Result<String> {
    let contract = api::Contract::generate(&Links::new(None), env!("CARGO_PKG_VERSION"));
    contract.yaml().context("the contract could not be written as YAML")
}

impl Application {
    /// Brings the schema up to date over the owner's connection, binds the port, and enters the registry of servers.
    ///
    /// # Errors
    /// If the database can't be reached or migrated, or the port is taken: with what to do about it.
    pub async fn build(
        config: &Config,
        program: &'static Program,
        server: PgConnectOptions,
        owner: &PgConnectOptions,
    ) -> anyhow::Result<Self> {
        migrate(program, owner).await?;
        let database = server.clone();
        let no_pool = "the connection pool could not be set up";
        let readiness = Readiness::new(server.clone(), program).context(no_pool)?;
        let db = Db::new(server, program, config.max_connections).context(no_pool)?;
        store::refuse_other_database(program, owner, &database, &db).await?;
        check(&db, &database).await?;
        let listener = TcpListener::bind(config.listen).await.with_context(|| {
            format!("can't listen on {}: choose another address with --listen", config.listen)
        })?;
        let address = listener.local_addr().context("the bound address is unknown")?;
        let http = outbound::client().context("the client for outgoing requests could not be set up")?;
        let connections = fitting_connections(config.max_connections);
        // From now on newer releases see this server. The second check notices a contract step that was taken before.
        let instance = Instance::new(program);
        instance.announce(&db).await.context("the server could not enter the registry of servers")?;
        if let Err(error) = check(&db, &database).await {
            // If this fails, too, the server counts as running for another minute.
            let _ = instance.remove(&db).await;
            return Err(error);
        }
        let sweep = sweep(config, &db, http.clone());
        let version = program.version();
        let state = state(config, db, readiness, address, http, connections, version);
        Ok(Self {
            server: Server::new(listener, ServerLimits::for_connections(connections)),
            address,
            jobs: Setup {
                db: state.db.clone(),
                program,
                instance,
                database,
                waiting: state.waiting.clone(),
                webhook_queue: state.webhooks.queue.clone(),
                last_used: state.authenticator.last_used(),
                records: state.jobs.clone(),
                intervals: intervals(config),
                sweep,
            },
            state,
            shutdown_timeout: config.shutdown_timeout,
        })
    }

    /// Returns the address that it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `shutdown` completes; then requests in flight may finish.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        tracing::info!(address = %self.address, version = self.state.version, "listening");
        let jobs = Jobs::start(self.jobs);
        let waiting = self.state.waiting.clone();
        // Waiting requests would delay the shutdown.
        let shutdown = async move {
            shutdown.await;
            waiting.close();
        };
        self.server.run(api::routes(self.state), shutdown, self.shutdown_timeout).await;
        jobs.stop().await;
        tracing::info!("stopped");
    }
}

/// Brings the database up to date if this user owns the tables. Otherwise `check` reports what is missing.
async fn migrate(program: &Program, owner: &PgConnectOptions) -> anyhow::Result<()> {
    if let Some(owner) = store::owner_elsewhere(program, owner).await? {
        tracing::info!(owner, "not migrating: the tables belong to another user");
        return Ok(());
    }
    let mut report = |line: &str| tracing::info!("{line}");
    store::migrate(program, owner, false, &mut report)
        .await
        .context("the database could not be brought up to date")
}

/// Checks that the server can work on the database.
async fn check(db: &Db, database: &PgConnectOptions) -> anyhow::Result<()> {
    let checked = async {
        db.check().await?;
        db.check_rights().await
    };
    checked.await.map_err(|error| store::refused_server(error, database))
}

/// Creates the verifier of id tokens. Its audience must name only this backend: the operator of another service could
/// replay a token for that service here.
fn oidc(config: &Config, address: SocketAddr, http: reqwest::Client) -> Option<Oidc> {
    let issuers = config.oidc_issuers.clone()?;
    let audience = config.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
    Some(Oidc::new(OidcSettings { audience, issuers }, http))
}

/// Creates the sweep and its interval, if a GitHub App is configured.
fn sweep(config: &Config, db: &Db, http: reqwest::Client) -> Option<(Sweep, Duration)> {
    let app = GithubApp::new(config.github_app.clone()?, http, config.github_api.clone());
    let sweep = Sweep { app, db: db.clone(), grace: config.grace_period, dry_run: false };
    Some((sweep, config.sweep_interval))
}

fn intervals(config: &Config) -> Intervals {
    Intervals {
        purge: config.purge_interval,
        last_used: config.last_used,
        events_kept_for: config.events_kept_for,
        grace: config.grace_period,
    }
}

fn state(
    config: &Config,
    db: Db,
    readiness: Readiness,
    address: SocketAddr,
    http: reqwest::Client,
    connections: usize,
    version: &'static str,
) -> State {
    let oidc = oidc(config, address, http.clone());
    let body_limits = BodyLimits::for_documents(config.max_body_bytes, config.body_timeout);
    State {
        authenticator: Arc::new(Authenticator::new(db.clone(), oidc)),
        github_signatures: Arc::new(GithubSignatures::new(http, &config.github_api)),
        webhooks: Webhooks::new(Hook::of_app(config.webhook_secrets.clone()), WebhookQueue::default()),
        db,
        waiting: Registry::default(),
        readiness,
        jobs: Records::default(),
        grace: config.grace_period,
        trusted_proxies: config.trusted_proxies.clone(),
        version,
        links: Links::new(config.public_url.as_deref()),
        json_limits: JsonLimits {
            depth: MAX_NESTING,
            number_digits: MAX_NUMBER_DIGITS,
            bytes: config.max_body_bytes,
        },
        budgets: Budgets::new(connections, config.buffer_bytes, body_limits.max_bytes),
        body_limits,
    }
}
