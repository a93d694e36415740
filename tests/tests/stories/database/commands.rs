//! Only `serve` and `migrate` change the schema.

use std::path::Path;

use phase_data_tests::{Backend, Cluster, backend_program, connect, second_release};
use sqlx::{AssertSqlSafe, Executor};

/// Commands that need no database.
const WITHOUT_DATABASE: [&str; 2] = ["health", "openapi"];
/// The arguments that commands require.
const REQUIRED: [(&str, &[&str]); 5] = [
    ("account create", &["--owner-id", "7", "--login", "seven"]),
    ("account rename", &["seven", "eight"]),
    ("account delete", &["seven", "--yes"]),
    ("key create", &["--name", "n"]),
    ("key revoke", &["abcdefghijkl"]),
];
/// Options that change what a command does.
const OPTIONS: [(&str, &[&str]); 2] = [("purge", &["--dry-run"]), ("sweep", &["--dry-run"])];

/// Returns the commands that a help text lists.
fn listed(command: &[String]) -> Vec<String> {
    let arguments: Vec<&str> = command.iter().map(String::as_str).chain(["--help"]).collect();
    let help = String::from_utf8(Backend::run(&[], &arguments).stdout).expect("text");
    let Some((_, list)) = help.split_once("Commands:\n") else { return Vec::new() };
    let lines = list.lines().take_while(|line| !line.is_empty());
    // A description that goes on has no command in front.
    let names = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

/// Returns the command lines of all commands that use the database and are not there to change it.
fn commands() -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut open = vec![Vec::new()];
    while let Some(command) = open.pop() {
        let below = listed(&command);
        if below.is_empty() {
            found.push(command);
            continue;
        }
        for name in below.into_iter().filter(|name| name != "help") {
            open.push([command.clone(), vec![name]].concat());
        }
    }
    found.retain(|it| !["serve", "migrate"].iter().chain(&WITHOUT_DATABASE).any(|name| it[0] == **name));
    let with = |command: &Vec<String>, list: &[(&str, &[&str])]| -> Option<Vec<String>> {
        let (_, more) = list.iter().find(|(name, _)| *name == command.join(" "))?;
        Some(command.iter().cloned().chain(more.iter().map(|&it| it.to_owned())).collect())
    };
    let more: Vec<_> = found.iter().filter_map(|command| with(command, &OPTIONS)).collect();
    let complete = found.iter().map(|command| with(command, &REQUIRED).unwrap_or_else(|| command.clone()));
    complete.chain(more).collect()
}

/// All that a command could leave behind in the schema.
async fn schema(url: &str) -> Vec<String> {
    let mut database = connect(url).await;
    let objects = "
        select 'schema ' || nspname from pg_namespace where nspname not like 'pg\\_t%'
        union all select 'class ' || oid::regclass from pg_class where relnamespace::regnamespace::text like 'phase%'
        union all select 'function ' || oid::regprocedure from pg_proc where pronamespace::regnamespace::text like 'phase%'
        order by 1";
    let mut all: Vec<String> = sqlx::query_scalar(objects).fetch_all(&mut database).await.expect("objects");
    for table in ["_sqlx_migrations", "function_schema", "upgrade_state", "server_instance"] {
        let rows = AssertSqlSafe(format!("select t::text from phase_data.{table} t order by 1"));
        if all.contains(&format!("class {table}")) {
            all.extend(sqlx::query_scalar::<_, String>(rows).fetch_all(&mut database).await.expect("rows"));
        }
    }
    all
}

/// Each command refuses the database with this, and leaves its schema as it was.
async fn assert_refused(program: &'static Path, url: &str, expected: &[&str]) {
    let before = schema(url).await;
    let commands = commands();
    assert!(commands.len() >= 11, "{commands:?}");
    for command in commands {
        let arguments: Vec<&str> = command.iter().map(String::as_str).collect();
        let refused = Backend::run_release(program, &[("DATABASE_URL", url)], &arguments);
        let text = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success(), "{arguments:?}");
        assert!(expected.iter().all(|part| text.contains(part)), "{arguments:?}: {text}");
        assert_eq!(schema(url).await, before, "{arguments:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_command_but_serve_and_migrate_touches_an_empty_database() {
    let url = Cluster::shared().create_database().await;
    let said = ["no tables of phase-data", "run `phase-data-backend migrate`"];
    assert_refused(backend_program(), &url, &said).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_command_but_serve_and_migrate_updates_an_older_schema() {
    let url = Cluster::shared().create_database().await;
    assert!(Backend::run(&[("DATABASE_URL", &url)], &["migrate"]).status.success());
    let expected = ["lack the migration 9001", "run `second-release migrate`"];
    assert_refused(second_release(), &url, &expected).await;
    // The same tables, and other functions.
    let drop = "do $$ begin execute (select format('drop schema %I cascade', name) from phase_data.function_schema); end $$";
    connect(&url).await.execute(drop).await.expect("no functions");
    let expected = ["lacks the functions of this release", "run `phase-data-backend migrate`"];
    assert_refused(backend_program(), &url, &expected).await;
    let migrated = Backend::run(&[("DATABASE_URL", &url)], &["migrate"]);
    let printed = String::from_utf8_lossy(&migrated.stdout).into_owned();
    assert!(
        migrated.status.success() && printed.contains("installed the functions of release 1"),
        "{printed}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_command_works_on_a_schema_that_a_newer_release_made() {
    let url = Cluster::shared().create_database().await;
    assert!(Backend::run(&[("DATABASE_URL", &url)], &["migrate"]).status.success());
    connect(&url)
        .await
        .execute("update phase_data.upgrade_state set min_release = 7")
        .await
        .expect("an update");
    let expected = ["made by a newer phase-data-backend", "needs release 7"];
    assert_refused(backend_program(), &url, &expected).await;
    let before = schema(&url).await;
    for arguments in [&["serve", "--listen", "127.0.0.1:0"][..], &["migrate"], &["migrate", "--force"]] {
        let refused = Backend::run(&[("DATABASE_URL", &url)], arguments);
        let text = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && expected.iter().all(|part| text.contains(part)), "{text}");
        assert_eq!(schema(&url).await, before, "{arguments:?}");
    }
}
