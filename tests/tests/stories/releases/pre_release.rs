//! Databases and data directories of builds from before the first release.

use phase_data_embedded::{self as embedded, Settings};
use phase_data_tests::{Backend, search_path};

use super::{empty_database, execute, owner, texts};
use crate::operation::data_dir;

/// The tables of such a build, as far as they are checked.
const LAYOUT: &str = "create table public._sqlx_migrations (version bigint primary key);
                      insert into public._sqlx_migrations values (1), (17);
                      create table public.forge_account (id uuid); create table public.phase_data (id uuid)";

#[tokio::test]
async fn a_database_of_a_pre_release_is_named_as_what_it_is_and_stays_as_it_was() {
    let url = empty_database().await;
    execute(&mut owner(&url).await, LAYOUT).await;
    for arguments in [&["serve", "--listen", "127.0.0.1:0"][..], &["migrate"], &["account", "list"]] {
        let output = Backend::run(&[("DATABASE_URL", &url)], arguments);
        let printed = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && printed.contains("from before the first release"), "{printed}");
        assert!(printed.contains("schema public") && printed.contains("pg_dump"), "{printed}");
        assert!(printed.contains("an empty database"), "{printed}");
    }
    let schemas = "select nspname::text from pg_namespace where nspname like 'phase%'";
    assert_eq!(texts(&mut owner(&url).await, schemas).await, Vec::<String>::new());
}

#[tokio::test]
async fn tables_of_the_same_names_that_are_no_pre_releases_are_no_hindrance() {
    let url = empty_database().await;
    execute(&mut owner(&url).await, LAYOUT).await;
    execute(&mut owner(&url).await, "update public._sqlx_migrations set version = version + 100").await;
    let output = Backend::run(&[("DATABASE_URL", &url)], &["migrate"]);
    assert!(output.status.success(), "{output:?}");
}

#[tokio::test]
async fn a_data_directory_of_a_pre_release_is_named_as_what_it_is_and_stays_as_it_was() {
    let (_folder, path) = data_dir();
    let settings = || Settings { search_path: search_path(), ..Settings::new(&path) };
    let postgres = embedded::start(settings()).await.unwrap_or_else(|error| panic!("{error}"));
    let mut database = owner(&postgres.connection_url("phase_data")).await;
    execute(&mut database, LAYOUT).await;
    execute(&mut database, "drop role phase_data_server; drop role phase_data_app").await;
    drop(database);
    postgres.stop().await.unwrap_or_else(|error| panic!("{error}"));
    for arguments in [&["serve", "--listen", "127.0.0.1:0"][..], &["migrate"]] {
        let output = Backend::run(
            &[("PHASE_DATA_DATA_DIR", &path), ("PATH", &search_path().unwrap_or_default().to_string_lossy())],
            arguments,
        );
        let printed = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && printed.contains("from before the first release"), "{printed}");
        assert!(printed.contains(&path) && printed.contains("another data directory"), "{printed}");
    }
}
