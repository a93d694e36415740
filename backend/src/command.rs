//! The command line.

mod account;
mod database;
mod delivery;
mod environment;
mod health;
mod key;
mod migrate;
mod program_name;
mod purge;
mod serve;
mod settings;
mod sweep;
mod welcome;

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use account::AccountCommand;
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use phase_data_wire::Repository;
use phase_data_wire::admin::{CreateKey, ExpiresInDays, KeyName};
use settings::Settings;
use sqlx::PgConnection;

use crate::auth::Scope;
use crate::config::Config;
use crate::store::Program;
use crate::telemetry::chain;
use crate::{app, panics, telemetry};

/// Stores one JSON document per account, repository, issue and phase, for workflows that span several runs.
///
/// Without a command, it serves the HTTP API. Without DATABASE_URL, it runs a private PostgreSQL.
#[derive(Debug, Parser)]
#[command(name = "phase-data-backend", args_conflicts_with_subcommands = false)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the HTTP API (the default)
    Serve,
    /// Migrate the tables, install this release's functions, drop unused functions of old releases, and exit
    Migrate {
        /// Take contract steps even if servers of older releases run. These servers break and can't be restarted
        #[arg(long)]
        force: bool,
    },
    /// Purge documents whose grace period is over or that have expired, and events past their retention. The server
    /// does this periodically
    Purge {
        /// Report what would be purged, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Ask GitHub, as the GitHub App, for the state of issues with data; clean up closed issues and restore reopened
    /// ones. The server does this periodically
    Sweep {
        /// Report what would be cleaned up or restored, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Check whether the backend on this machine is ready, for container health checks
    Health,
    /// Print the OpenAPI contract as YAML
    Openapi,
    /// Manage accounts: the owners whose repositories may store data
    #[command(subcommand)]
    Account(AccountCommand),
    /// Manage an account's API keys
    #[command(subcommand)]
    Key(KeyCommand),
    /// Inspect webhook deliveries
    #[command(subcommand)]
    Delivery(DeliveryCommand),
}

#[derive(Debug, Subcommand)]
enum DeliveryCommand {
    /// List the failed webhook deliveries of all accounts, newest first
    Failed,
}

#[derive(Debug, Subcommand)]
enum KeyCommand {
    /// Create a key and print it once
    Create {
        /// Id or login of the account; optional if there is only one account
        #[arg(long)]
        account: Option<String>,
        /// Name of the key, shown in lists
        #[arg(long)]
        name: KeyName,
        /// Scope of the key; each scope includes the ones before it
        #[arg(long, value_enum, default_value = "write")]
        scope: Scope,
        /// Repository that the key can access; repeat the option for several [default: all repositories of the
        /// account]
        #[arg(long = "repository", value_name = "OWNER/NAME")]
        repositories: Vec<Repository>,
        /// Days until the key expires [default: never]
        #[arg(long, value_parser = key::days)]
        expires_in_days: Option<ExpiresInDays>,
    },
    /// List the keys of an account
    List {
        /// Id or login of the account; optional if there is only one account
        #[arg(long)]
        account: Option<String>,
    },
    /// Revoke a key: it stops working within a second
    Revoke {
        /// Id of the key, as shown by `key list`
        id: String,
    },
}

/// Parses the command line and runs the command. `program` is what this release installs in a database.
#[must_use]
pub fn run(program: &'static Program) -> ExitCode {
    let matches = Cli::command().version(program.version()).get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    match start(cli, program) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // If even this can't be written, no other output is possible.
            let message = program_name::with_program_name(&chain(error.as_ref()));
            let _ = writeln!(std::io::stderr(), "error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn start(cli: Cli, program: &'static Program) -> anyhow::Result<()> {
    if let Some(Command::Openapi) = cli.command {
        write!(std::io::stdout(), "{}", app::contract_yaml()?)?;
        return Ok(());
    }
    let config = Config::from_lookup(|name| cli.settings.get(name))?;
    environment::remove_postgres_variables(&config.database)?;
    telemetry::start(config.log_format, &config.log, config.no_color);
    // A health check runs every few seconds.
    if !matches!(cli.command, Some(Command::Health)) {
        environment::warn_of_unknown_settings(&settings::variables());
    }
    panics::log_all();
    // This fails only if a provider is already installed, which is as good.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(dispatch(cli.command.unwrap_or(Command::Serve), &config, program));
    // A thread that still blocks, for example on a DNS query, does not delay the exit.
    runtime.shutdown_timeout(Duration::from_secs(1));
    done
}

async fn dispatch(command: Command, config: &Config, program: &'static Program) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    match command {
        Command::Serve => serve::serve(config, program, &mut out).await,
        Command::Health => health::health(config, &mut out).await,
        Command::Openapi => Ok(()),
        command => {
            if !matches!(command, Command::Migrate { .. }) {
                database::refuse_missing_cluster(&config.database)?;
            }
            let database = database::OpenDatabase::new(&config.database, program).await?;
            let done = on_database(command, config, &database, &mut out).await;
            database.close().await?;
            done
        }
    }
}

async fn on_database(
    command: Command,
    config: &Config,
    database: &database::OpenDatabase,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    match command {
        Command::Migrate { force } => return migrate::migrate(database, out, force).await,
        Command::Purge { dry_run } => return purge::purge(database, config, out, dry_run).await,
        Command::Sweep { dry_run } => return sweep::sweep(database, config, out, dry_run).await,
        Command::Delivery(DeliveryCommand::Failed) => return delivery::failed(database, out).await,
        Command::Account(AccountCommand::Delete { account, dry_run, yes }) => {
            let consent = match (dry_run, yes) {
                (true, _) => account::Consent::DryRun,
                (false, true) => account::Consent::Given,
                (false, false) => account::Consent::Missing,
            };
            return account::delete(database, out, &account, consent).await;
        }
        _ => {}
    }
    let mut connection = database.migrated().await?;
    database.within(on_connection(command, &mut connection, out)).await
}

async fn on_connection(
    command: Command,
    connection: &mut PgConnection,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    match command {
        Command::Account(AccountCommand::Create { forge, owner_id, login }) => {
            account::create(connection, out, &forge, owner_id, &login).await
        }
        Command::Account(AccountCommand::List) => account::list(connection, out).await,
        Command::Account(AccountCommand::Rename { account, new_login }) => {
            account::rename(connection, out, &account, &new_login).await
        }
        Command::Key(KeyCommand::Create { account, name, scope, repositories, expires_in_days }) => {
            let repositories = Some(repositories).filter(|list| !list.is_empty());
            let request = CreateKey { name, scope: scope.into(), repositories, expires_in_days };
            key::create(connection, out, account.as_deref(), request).await
        }
        Command::Key(KeyCommand::List { account }) => key::list(connection, out, account.as_deref()).await,
        Command::Key(KeyCommand::Revoke { id }) => key::revoke(connection, out, &id).await,
        // These commands don't use the owner's connection, and are handled above.
        Command::Migrate { .. }
        | Command::Serve
        | Command::Openapi
        | Command::Health
        | Command::Purge { .. }
        | Command::Sweep { .. }
        | Command::Delivery(_)
        | Command::Account(AccountCommand::Delete { .. }) => Ok(()),
    }
}
