//! Pid files that a killed PostgreSQL left.
//!
//! PostgreSQL sees for itself that the process in its pid file is gone, but takes a zombie for alive: one
//! that was killed together with the script that waits for it, and that the init process has not collected.
//! In a container there may be no init process that ever does.

use std::fs;
use std::path::{Path, PathBuf};

/// Removes those of the pid files that name a zombie. To be called when nothing of PostgreSQL runs in the
/// data directory, which the lock on its log tells.
pub(super) fn remove_pid_files_of_zombies(pid_files: &[PathBuf]) {
    for path in pid_files {
        if let Some(pid) = pid_in(path)
            && is_zombie(pid)
        {
            tracing::info!(path = %path.display(), pid, "removing the pid file of a PostgreSQL that was killed");
            // Should that fail, PostgreSQL says so by itself.
            let _ = fs::remove_file(path);
        }
    }
}

/// The process that a pid file of PostgreSQL's names.
pub(super) fn pid_in(path: &Path) -> Option<u32> {
    fs::read_to_string(path).ok()?.lines().next()?.trim().parse().ok()
}

/// Whether Linux lists the process as a zombie. Other systems have no such file.
fn is_zombie(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // "7 (name) Z 1 …": the name may hold brackets and blanks itself.
    stat.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with('Z'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;
    use std::time::{Duration, Instant};

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
