//! Removes pid files that a killed PostgreSQL left, and finds its processes.
//!
//! PostgreSQL notices that the process in its pid file has ended, but takes a zombie for a running process. A zombie
//! remains if the script that waits for it was killed, too, and no init process collects it, as in many containers.

use std::fs;
use std::path::{Path, PathBuf};

/// Removes the pid files that name a zombie. Call it only with the lock on the log, which proves that no PostgreSQL runs
/// in the data directory.
pub(crate) fn remove_pid_files_of_zombies(pid_files: &[PathBuf]) {
    for path in pid_files {
        if let Some(pid) = pid_in(path)
            && is_zombie(pid)
        {
            tracing::info!(pid_file = %path.display(), pid, "removing the pid file of a killed PostgreSQL");
            // If that fails, PostgreSQL reports it.
            let _ = fs::remove_file(path);
        }
    }
}

/// Returns the process id in a pid file of PostgreSQL.
pub(crate) fn pid_in(path: &Path) -> Option<u32> {
    fs::read_to_string(path).ok()?.lines().next()?.trim().parse().ok()
}

/// Returns the processes of the PostgreSQL in this directory, which all work there. Its children go on if the process in the
/// pid file is killed while they are frozen.
pub(crate) fn processes_in(cluster: &Path) -> Vec<u32> {
    let cluster = fs::canonicalize(cluster).unwrap_or_else(|_| cluster.to_owned());
    let entries = fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let mut pids: Vec<u32> = pids
        .filter(|pid| fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == cluster))
        .collect();
    pids.sort_unstable();
    pids
}

/// Checks if Linux lists the process as a zombie. Other systems have no such file.
fn is_zombie(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // "7 (name) Z 1 …": the name may contain brackets and spaces.
    stat.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with('Z'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;
    use std::time::{Duration, Instant};

    #[test]
    #[cfg(target_os = "linux")]
    fn the_processes_that_work_in_a_directory_are_found() {
        let place = tempfile::tempdir().expect("a temporary directory");
        let other = tempfile::tempdir().expect("a temporary directory");
        let start =
            |place: &Path| Command::new("sleep").arg("60").current_dir(place).spawn().expect("a process");
        let mut started = [start(place.path()), start(place.path()), start(other.path())];
        let mut expected = vec![started[0].id(), started[1].id()];
        expected.sort_unstable();
        assert_eq!(processes_in(place.path()), expected);
        for process in &mut started {
            process.kill().expect("it ends");
            process.wait().expect("it is collected");
        }
        assert_eq!(processes_in(place.path()), Vec::<u32>::new());
    }

    #[expect(clippy::disallowed_methods, reason = "nothing else runs in this test")]
    #[test]
    #[cfg(target_os = "linux")]
    fn only_a_zombies_pid_file_is_removed() {
        let place = tempfile::tempdir().expect("a temporary directory");
        let [of_zombie, of_us] = ["zombie.pid", "us.pid"].map(|name| place.path().join(name));
        let mut zombie = Command::new("true").spawn().expect("a process");
        fs::write(&of_zombie, format!("{}\n/data\n", zombie.id())).expect("a file");
        fs::write(&of_us, format!("{}\n", std::process::id())).expect("a file");
        let began = Instant::now();
        while !is_zombie(zombie.id()) {
            assert!(began.elapsed() < Duration::from_secs(60), "it never ends");
            std::thread::sleep(Duration::from_millis(5));
        }
        remove_pid_files_of_zombies(&[of_zombie.clone(), of_us.clone(), place.path().join("missing")]);
        assert_eq!([of_zombie.exists(), of_us.exists()], [false, true]);
        zombie.wait().expect("it is collected");
    }
}
