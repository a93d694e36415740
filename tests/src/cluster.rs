//! One PostgreSQL for the whole run, and a database for each test.

use std::ffi::OsString;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use phase_data_embedded::{self as embedded, Durability, EmbeddedPostgres, Settings};
use sqlx::{Connection, Executor, PgConnection};
use tokio::runtime::Runtime;

/// A private PostgreSQL that goes when the test process does, however that ends: its supervisor sees the
/// pipe close, stops it and removes its directory.
pub struct Cluster {
    postgres: EmbeddedPostgres,
    databases: AtomicU32,
    /// Every test has a runtime of its own, which ends with it; the cluster outlives them all.
    runtime: Runtime,
}

impl Cluster {
    /// The run's cluster, started by whoever asks first.
    ///
    /// # Panics
    /// If it does not start: with the reason.
    pub fn shared() -> &'static Self {
        static CLUSTER: OnceLock<Cluster> = OnceLock::new();
        CLUSTER.get_or_init(|| {
            // A test asks from within its own runtime, where another can't be waited for.
            let started = std::thread::spawn(Self::start).join();
            started.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    fn start() -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let folder = std::env::temp_dir().join(format!("phase-data-test-{}", std::process::id()));
        let settings = Settings {
            durability: Durability::Throwaway,
            max_connections: 400,
            search_path: search_path(),
            ..Settings::new(folder)
        };
        let started = runtime.block_on(embedded::start(settings));
        let postgres = started.unwrap_or_else(|error| panic!("PostgreSQL for the tests: {error}"));
        Self { postgres, databases: AtomicU32::new(0), runtime }
    }

    /// Makes an empty database and answers its URL.
    ///
    /// # Panics
    /// If PostgreSQL refuses.
    pub async fn create_database(&'static self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let statement = format!("create database {name}");
        let created = self.runtime.spawn(async move {
            let mut connection = PgConnection::connect(&self.postgres.connection_url("postgres")).await?;
            connection.execute(sqlx::AssertSqlSafe(statement)).await?;
            connection.close().await
        });
        created.await.expect("the task runs").expect("a new database");
        self.postgres.connection_url(&name)
    }
}

/// Where the programs are that the tests run.
#[expect(clippy::disallowed_methods, reason = "the one place where the harness reads the environment")]
pub fn search_path() -> Option<OsString> {
    std::env::var_os("PATH")
}
