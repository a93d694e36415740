//! PostgreSQL stops on request, and is restarted otherwise.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use phase_data_embedded::{DATABASE, EmbeddedError, Settings};
use sqlx::ConnectOptions;

use super::{
    eventually, kill, number, postmaster_pid, refused, run, safe, started, temporary_directory, throwaway,
};

#[tokio::test]
async fn a_dropped_handle_stops_postgres_and_the_next_start_waits_for_that() {
    let directory = temporary_directory();
    let postgres = started(safe(&directory)).await;
    run(&postgres, "create table t (n integer); insert into t values (7)").await;
    let first = postmaster_pid(postgres.data_dir());
    drop(postgres);
    let postgres = started(safe(&directory)).await;
    assert_ne!(postmaster_pid(postgres.data_dir()), first);
    assert_eq!(number(&postgres, "select n from t").await, 7);
    postgres.stop().await.expect("it stops");
}

/// The other process of the test below, which runs this very file again with its directory as the current.
#[tokio::test]
#[ignore = "part of another test"]
async fn hold() {
    let here = std::env::current_dir().expect("a directory");
    let postgres = started(Settings::new(here.join("data"))).await;
    run(&postgres, "create table t (n integer); insert into t values (9)").await;
    fs::write(here.join("holding"), "").expect("the file is written");
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn after_a_sigkill_postgres_goes_and_the_next_start_works_at_once() {
    let directory = temporary_directory();
    let mut holder = Command::new(std::env::current_exe().expect("our path"))
        .args(["--ignored", "--exact", "stopping::hold"])
        .current_dir(directory.path())
        .stdout(Stdio::null())
        .spawn()
        .expect("the other process starts");
    eventually("the other process holds", async || directory.path().join("holding").exists()).await;
    let error = refused(safe(&directory)).await;
    assert!(matches!(error, EmbeddedError::InUse(_)), "{error}");

    holder.kill().expect("the kill works");
    let postgres = started(safe(&directory)).await;
    assert_eq!(number(&postgres, "select n from t").await, 9);
    postgres.stop().await.expect("it stops");
    holder.wait().expect("the other process is gone");
}

#[tokio::test]
async fn a_killed_postgres_is_started_again() {
    for throw_away in [false, true] {
        let directory = temporary_directory();
        let postgres = started(if throw_away { throwaway(&directory) } else { safe(&directory) }).await;
        run(&postgres, "create table t (n integer)").await;
        // Throw-away clusters don't keep what was not written yet.
        run(&postgres, "checkpoint").await;
        let pid = postmaster_pid(postgres.data_dir()).expect("a pid");
        kill("KILL", &pid);
        let options = postgres.connect_options(DATABASE);
        eventually("it answers again", async || {
            let renewed = postmaster_pid(postgres.data_dir()).is_some_and(|now| now != pid);
            renewed && options.connect().await.is_ok()
        })
        .await;
        assert_eq!(number(&postgres, "select count(*)::integer from t").await, 0);
        postgres.stop().await.expect("it stops");
    }
}

#[tokio::test]
async fn a_throw_away_cluster_removes_its_directory_even_when_only_dropped() {
    let directory = temporary_directory();
    let data_dir = directory.path().join("data");
    started(throwaway(&directory)).await.stop().await.expect("it stops");
    assert!(!data_dir.exists());

    // Root's directory above it is closed to the script, which then leaves the empty directory.
    let is_gone = || fs::read_dir(&data_dir).map_or(true, |mut entries| entries.next().is_none());
    drop(started(throwaway(&directory)).await);
    eventually("the directory is removed", async || is_gone()).await;
}

#[tokio::test]
async fn a_frozen_postgresql_is_waited_for_no_longer_than_the_stop_may_take() {
    let directory = temporary_directory();
    let postgres = started(throwaway(&directory)).await;
    let postmaster = postmaster_pid(&directory.path().join("data")).expect("it runs");
    // With all that it has started: nothing of it hears a signal that asks.
    let children = fs::read_to_string(format!("/proc/{postmaster}/task/{postmaster}/children"));
    let children = children.expect("its children");
    let frozen: Vec<&str> = children.split_whitespace().chain([postmaster.as_str()]).collect();
    // One of them may have ended by itself meanwhile.
    frozen.iter().for_each(|pid| drop(Command::new("kill").args(["-s", "STOP", pid]).output()));
    let began = Instant::now();
    let stopped = postgres.stop_within(Duration::from_secs(1)).await.expect_err("it does not hear");
    assert!(matches!(stopped, EmbeddedError::NotStopped { waited: 1, .. }), "{stopped}");
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    // The remaining processes end.
    frozen.iter().for_each(|pid| drop(Command::new("kill").args(["-s", "KILL", pid]).output()));
}
