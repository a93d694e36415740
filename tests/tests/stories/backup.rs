//! Backups: the manual's own commands, and a new cluster that serves what they saved.

mod other_owner;
mod private;
mod roles;
mod state;

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use phase_data_embedded::{self as embedded, Durability, EmbeddedPostgres, Settings};
use phase_data_tests::{
    APP_SECRET, APP_WEBHOOK, Backend, backend_program, issue_event, repository, search_path,
};
use sqlx::{Connection, Executor, PgConnection};
use tempfile::TempDir;

use crate::readme::markdown::{Block, blocks, read, section};
use crate::webhook::in_seconds;
use state::State;

/// A PostgreSQL in which nobody has made anything yet.
pub(crate) struct PlainCluster {
    postgres: EmbeddedPostgres,
    /// Its programs come first in this `PATH`.
    path: OsString,
    _folder: TempDir,
}

impl PlainCluster {
    pub(crate) async fn start() -> Self {
        let (folder, data_dir) = crate::operation::data_dir();
        let settings = Settings {
            durability: Durability::Throwaway,
            search_path: search_path(),
            ..Settings::new(data_dir)
        };
        let postgres = embedded::start(settings).await.expect("a PostgreSQL");
        let superuser = postgres.connection_url("postgres");
        let mut superuser = PgConnection::connect(&superuser).await.expect("the superuser's connection");
        // The database and roles of a new private PostgreSQL.
        for statement in ["drop database phase_data", "drop role phase_data_server, phase_data_app"] {
            superuser.execute(statement).await.expect("a plain cluster");
        }
        Self { postgres, path: path_to_programs(&mut superuser).await, _folder: folder }
    }

    /// One with the manual's roles and a migrated database.
    pub(crate) async fn migrated() -> Self {
        let cluster = Self::start().await;
        let blocks = manual("## The database");
        cluster.sql(&blocks[0]);
        let (server, owner) =
            (cluster.url("phase_data_server", "phase_data"), cluster.url("phase_data_owner", "phase_data"));
        let settings = [("DATABASE_URL", server.as_str()), ("PHASE_DATA_OWNER_DATABASE_URL", owner.as_str())];
        let migrated = Backend::run(&settings, &["migrate"]);
        assert!(migrated.status.success(), "{migrated:?}");
        cluster.sql(&blocks[2]);
        cluster
    }

    /// The URL of a database for a role.
    pub(crate) fn url(&self, role: &str, database: &str) -> String {
        self.postgres.connection_url(database).replacen("phase_data@", &format!("{role}@"), 1)
    }

    /// The place of `HOST` in the manual's URLs.
    fn host(&self) -> String {
        let url = self.postgres.connection_url("");
        url.split_once('@').expect("a URL with a user").1.trim_end_matches('/').to_owned()
    }

    /// A backend on the database `phase_data`, with the manual's roles. The test itself is the superuser, who sees all rows.
    pub(crate) fn backend(&self) -> Backend {
        let owner = self.url("phase_data_owner", "phase_data");
        let settings = [APP_SECRET, ("PHASE_DATA_OWNER_DATABASE_URL", owner.as_str())];
        Backend::start_on(self.postgres.connection_url("phase_data"), &settings)
    }

    /// Runs a block of SQL as the superuser.
    fn sql(&self, block: &Block) {
        self.run_sql("postgres", &block.text);
    }

    /// Runs SQL in a database as the superuser.
    fn run_sql(&self, database: &str, sql: &str) {
        let url = self.postgres.connection_url(database);
        shell(
            &self.path,
            "psql --no-psqlrc --set=ON_ERROR_STOP=1 --dbname=\"$URL\"",
            Path::new("/"),
            &[("URL", &url)],
            sql,
        );
    }
}

/// Returns a `PATH` on which our program and those of this PostgreSQL come first.
async fn path_to_programs(superuser: &mut PgConnection) -> OsString {
    let own = sqlx::query_scalar("select setting from pg_config where name = 'BINDIR'");
    let own: String = own.fetch_one(superuser).await.expect("where the programs are");
    let path = search_path().unwrap_or_default();
    let ours = backend_program().parent().expect("a folder").to_owned();
    std::env::join_paths([ours, own.into()].into_iter().chain(std::env::split_paths(&path))).expect("a path")
}

/// Runs a script with this input. It must succeed.
fn shell(path: &OsStr, script: &str, folder: &Path, variables: &[(&str, &str)], input: &str) {
    let mut shell = Command::new("sh");
    shell
        .args(["-euc", script])
        .current_dir(folder)
        .env_clear()
        .env("PATH", path)
        .envs(variables.iter().copied());
    let piped = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = piped.spawn().expect("a shell");
    process.stdin.take().expect("its input").write_all(input.as_bytes()).expect("all of the input");
    let output = process.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{script}: {output:?}");
}

/// The blocks under a heading of the manual.
fn manual(heading: &str) -> Vec<Block> {
    blocks(section(&read("docs/operating.md"), heading))
}

#[tokio::test]
async fn what_the_manual_backs_up_it_restores_into_a_new_cluster_with_the_roles_that_it_names() {
    let (old, new) = (PlainCluster::start().await, PlainCluster::start().await);
    let folder = tempfile::tempdir().expect("a folder");
    let run = |block: &Block| {
        let script = block.text.replace(":…@db.example.com", &format!("@{}", old.host()));
        let script = script.replace(":…@new.example.com", &format!("@{}", new.host()));
        assert!(!script.contains("example.com"), "{script}");
        shell(&old.path, &script, folder.path(), &[], "");
    };
    let (set_up, backup) = (manual("## The database"), manual("### Backup and restore"));
    let [create, migrate, grant, ..] = set_up.as_slice() else { panic!("less than three blocks") };
    let [backup_role, dump, roles, restore] = backup.as_slice() else { panic!("not four blocks") };
    old.sql(create);
    run(migrate);
    old.sql(grant);
    let before = old.backend();
    let tenants = state::fill(&before).await;

    // A delivery waits for a row that somebody has locked.
    assert_eq!(before.store(&tenants[0].key, "octo/other", 1, "scan", "1").await.status, 201);
    let mut lock = before.database().await;
    let locked = "begin; select from phase_data where repository = 'octo/other' for update";
    lock.execute(locked).await.expect("a lock");
    let at = in_seconds(0);
    let mut closed = issue_event("closed", 1, &at);
    closed["repository"] = repository(9919, 2, "octo/other", &at);
    let answer = before.deliver((APP_WEBHOOK, APP_SECRET.1), "issues", "waits", &closed).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    let state = State::of(&before, &tenants).await;

    old.sql(backup_role);
    run(dump);
    before.kill();
    new.sql(roles);
    run(restore);
    drop((lock, old));

    let after = new.backend();
    // It goes on where the old one was.
    assert_eq!(after.finished("waits").await, ("done".to_owned(), None));
    assert_eq!(after.retrieve(&tenants[0].key, "octo/other", 1).await.status, 404);
    assert_eq!(after.finished("closes").await, ("done".to_owned(), None));
    state.assert_holds(&after, &tenants).await;
    state::assert_goes_on(&after, &tenants).await;
    // The owner's commands work, too.
    let owner = new.url("phase_data_owner", "phase_data");
    let registered = ["account", "create", "--owner-id", "3", "--login", "third"];
    let registered = Backend::run(&[("DATABASE_URL", &owner)], &registered);
    assert!(registered.status.success(), "{registered:?}");
}

#[tokio::test]
async fn a_dump_by_the_owner_fails_and_leaves_nothing_out_in_silence() {
    let old = PlainCluster::start().await;
    let set_up = manual("## The database");
    let folder = tempfile::tempdir().expect("a folder");
    old.sql(&set_up[0]);
    shell(
        &old.path,
        &set_up[1].text.replace(":…@db.example.com", &format!("@{}", old.host())),
        folder.path(),
        &[],
        "",
    );
    let url = old.url("phase_data_owner", "phase_data");
    let output =
        Command::new("pg_dump").args(["--dbname", &url]).env("PATH", &old.path).output().expect("pg_dump");
    let printed = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{printed}");
    let quoted = "query would be affected by row-level security policy";
    assert!(printed.contains(quoted) && read("docs/operating.md").contains(quoted), "{printed}");
}
