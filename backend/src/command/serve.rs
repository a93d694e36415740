//! `serve`.

use std::io::Write;
use std::pin::{Pin, pin};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use anyhow::Context as _;
use phase_data_wire::admin::{CreateKey, KeyScope};
use tokio::signal::unix::{SignalKind, signal};

use super::database::OpenDatabase;
use super::key;
use super::welcome::{Welcome, WelcomeKey};
use crate::app::Application;
use crate::auth::AccountId;
use crate::config::Config;
use crate::store::{Program, account};

/// Serves until SIGTERM or SIGINT.
pub(super) async fn serve(
    config: &Config,
    program: &'static Program,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let signalled = Arc::new(OnceLock::new());
    let mut shutdown = pin!(shutdown(signalled.clone())?);
    // The first signal also ends a start that waits for a database.
    let database = tokio::select! {
        opened = OpenDatabase::for_server(&config.database, program) => opened?,
        () = &mut shutdown => return Ok(()),
    };
    let served = serve_on(config, &database, out, shutdown).await;
    // The whole shutdown has one limit: PostgreSQL gets the time that requests in flight have left.
    let used = signalled.get().map(Instant::elapsed).unwrap_or_default();
    let closed = database.close_within(config.shutdown_timeout.saturating_sub(used)).await;
    served.and(closed)
}

async fn serve_on(
    config: &Config,
    database: &OpenDatabase,
    out: &mut impl Write,
    mut shutdown: Pin<&mut impl Future<Output = ()>>,
) -> anyhow::Result<()> {
    let building = async {
        let application =
            Application::build(config, database.program, database.server.clone(), &database.owner).await?;
        let key = if database.is_embedded() { Some(first_key(database).await?) } else { None };
        anyhow::Ok((application, key))
    };
    let (application, key) = tokio::select! {
        built = building => built?,
        () = &mut shutdown => return Ok(()),
    };
    if let Some(key) = &key {
        let address = application.address();
        let data_dir = config.database.chosen_data_dir();
        let welcome = Welcome { address, key, data_dir, public_url: config.public_url.as_deref() };
        out.write_all(welcome.text().as_bytes())?;
        out.flush()?;
    }
    application.run(shutdown).await;
    Ok(())
}

/// Creates an account and a key in a new embedded database, so that no set-up is needed.
async fn first_key(database: &OpenDatabase) -> anyhow::Result<WelcomeKey> {
    let mut connection = database.migrated().await?;
    let made = async {
        let accounts = account::list(&mut connection).await?;
        if let Some(oldest) = accounts.first() {
            return Ok(WelcomeKey::Earlier { account: (accounts.len() > 1).then_some(oldest.id) });
        }
        // Another process may have registered one since.
        let created = account::create(&mut connection, "local", 1, "local").await?;
        let Some(account) = created else { return Ok(WelcomeKey::Earlier { account: None }) };
        let account = AccountId::named_by_operator(account.id);
        let name = "first key".parse()?;
        let request = CreateKey { name, scope: KeyScope::Write, repositories: None, expires_in_days: None };
        key::generate(&mut connection, account, request).await.map(WelcomeKey::First)
    };
    database.within(made).await
}

/// Completes at the first SIGTERM or SIGINT, and records its time. Must be called before anything else starts, so that no
/// signal is missed.
fn shutdown(signalled: Arc<OnceLock<Instant>>) -> anyhow::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM can't be handled")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("SIGINT can't be handled")?;
    Ok(async move {
        let name = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        };
        signalled.get_or_init(Instant::now);
        tracing::info!(signal = name, "stopping: requests in flight may finish");
    })
}
