//! Starts that are refused, each with the cause.

use std::fs;

use phase_data_embedded::{EmbeddedError, Settings};

use super::{number, refused, safe, started, temporary_directory, throwaway};

#[tokio::test]
async fn a_second_start_on_the_same_directory_is_refused_and_the_first_goes_on() {
    let directory = temporary_directory();
    let postgres = started(throwaway(&directory)).await;
    let error = refused(safe(&directory)).await;
    assert!(matches!(&error, EmbeddedError::InUse(dir) if dir == postgres.data_dir()), "{error}");
    assert_eq!(number(&postgres, "select 1").await, 1);
    postgres.stop().await.expect("it stops");
}

#[tokio::test]
async fn a_directory_with_something_else_in_it_is_left_alone() {
    let directory = temporary_directory();
    let file = directory.path().join("data/precious");
    fs::create_dir(directory.path().join("data")).expect("a directory");
    fs::write(&file, "x").expect("a file");
    let error = refused(safe(&directory)).await;
    assert!(matches!(error, EmbeddedError::NotOurs(_)), "{error}");
    let error = refused(throwaway(&directory)).await;
    assert!(matches!(error, EmbeddedError::NotEmpty(_)), "{error}");
    assert!(file.exists());
}

#[tokio::test]
async fn a_wrong_bin_directory_is_named() {
    let directory = temporary_directory();
    let error = refused(Settings { postgres_bin_dir: Some("/usr/share".into()), ..safe(&directory) }).await;
    assert!(
        error
            .to_string()
            .starts_with("/usr/share has no usable PostgreSQL: the program postgres is missing.")
    );
}

#[tokio::test]
async fn a_cluster_of_another_major_version_is_refused_with_both_versions() {
    let directory = temporary_directory();
    let cluster = directory.path().join("data/cluster");
    fs::create_dir_all(&cluster).expect("a directory");
    // Nobody offers binaries of this version, so that nothing is fetched where there is internet.
    fs::write(cluster.join("PG_VERSION"), "8\n").expect("a file");
    fs::write(directory.path().join("data/backend.lock"), "").expect("a file");
    let error = refused(safe(&directory)).await.to_string();
    assert!(error.contains("are of PostgreSQL 8, and no other major version can read them"), "{error}");
    assert!(error.contains("required: version 8"), "{error}");
}

#[tokio::test]
async fn a_failed_start_shows_the_end_of_the_log() {
    let directory = temporary_directory();
    let error = refused(Settings { max_connections: 0, ..throwaway(&directory) }).await;
    assert!(
        error.to_string().contains("0 is outside the valid range for parameter \"max_connections\""),
        "{error}"
    );
}
