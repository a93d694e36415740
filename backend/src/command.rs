//! The command line.

mod account;
mod database;
mod delivery;
mod environment;
mod health;
mod key;
mod migrate;
mod purge;
mod serve;
mod settings;
mod sweep;

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use phase_data_wire::Repository;
use phase_data_wire::admin::{CreateKey, ExpiresInDays, KeyName};
use settings::Settings;
use sqlx::PgConnection;

use crate::auth::Scope;
use crate::config::Config;
use crate::store::Program;
use crate::{app, panics, telemetry};

/// Keeps what the phases of an issue learned: one JSON document per account, repository, issue and phase.
///
/// Without a command it serves. Without DATABASE_URL it runs a private PostgreSQL of its own.
#[derive(Debug, Parser)]
#[command(name = "phase-data-backend", version, args_conflicts_with_subcommands = false)]
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
    /// Bring the database up to this release and exit: tables, this release's functions, and those of old ones
    Migrate {
        /// Take contract steps although servers of older releases run. They break, and can't come back
        #[arg(long)]
        force: bool,
    },
    /// Remove for good what is past its grace period or has expired, and events that are kept no longer, as the server
    /// does by itself
    Purge {
        /// Only say what would be removed
        #[arg(long)]
        dry_run: bool,
    },
    /// Ask GitHub, as an App, which issues with data are closed or open again, and clean them up or bring them back, as
    /// the server does by itself
    Sweep {
        /// Only say which those are
        #[arg(long)]
        dry_run: bool,
    },
    /// Ask the backend that listens here whether it can serve; for a container's health check
    Health,
    /// Print the OpenAPI contract as YAML
    Openapi,
    /// Manage accounts: whose repositories may keep data here
    #[command(subcommand)]
    Account(AccountCommand),
    /// Manage an account's API keys
    #[command(subcommand)]
    Key(KeyCommand),
    /// Look at webhook deliveries
    #[command(subcommand)]
    Delivery(DeliveryCommand),
}

#[derive(Debug, Subcommand)]
enum DeliveryCommand {
    /// List the webhook deliveries that failed for good, of all accounts, the newest first
    Failed,
}

#[derive(Debug, Subcommand)]
enum AccountCommand {
    /// Register a forge's owner (organisation or user)
    Create {
        /// The forge: github, or the name of one of your own
        #[arg(long, default_value = "github", value_parser = account::forge)]
        forge: String,
        /// The owner's numeric id, as https://api.github.com/users/LOGIN shows it
        #[arg(long, value_parser = account::owner_id)]
        owner_id: i64,
        /// The owner's name, for display
        #[arg(long, value_parser = account::login)]
        login: String,
    },
    /// List the accounts
    List,
}

#[derive(Debug, Subcommand)]
enum KeyCommand {
    /// Make a key and print it, once
    Create {
        /// The account's id or login; may be left out when there is just one
        #[arg(long)]
        account: Option<String>,
        /// What the key is for, to tell keys apart in lists
        #[arg(long)]
        name: KeyName,
        /// What the key allows; each includes the ones before it
        #[arg(long, value_enum, default_value = "write")]
        scope: Scope,
        /// A repository that the key reaches, as owner/name; may be given several times. Left out, the key
        /// reaches all of the account's
        #[arg(long = "repository", value_name = "OWNER/NAME")]
        repositories: Vec<Repository>,
        /// After how many days the key stops working; never, if left out
        #[arg(long, value_parser = key::days)]
        expires_in_days: Option<ExpiresInDays>,
    },
    /// List an account's keys
    List {
        /// The account's id or login; may be left out when there is just one
        #[arg(long)]
        account: Option<String>,
    },
    /// Revoke a key: it stops working within a second
    Revoke {
        /// The key's id, as lists show it
        id: String,
    },
}

/// Parses the command line and runs the command. `program` is what this release installs in a database.
#[must_use]
pub fn run(program: &'static Program) -> ExitCode {
    let cli = Cli::parse();
    match start(cli, program) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // If even this can't be written, no other output is possible.
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
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
    telemetry::start(config.log_format, &config.log);
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
        | Command::Delivery(_) => Ok(()),
    }
}
