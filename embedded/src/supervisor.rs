//! Keeps PostgreSQL running exactly as long as the backend.
//!
//! A shell script starts PostgreSQL and then reads from a pipe that only the backend can write to. If the backend ends
//! in any way, `SIGKILL` included, the kernel closes that pipe, and the script stops PostgreSQL. In the other direction,
//! only PostgreSQL's processes hold the write end of a second pipe, which the backend reads: when it closes, the last
//! of them has ended, and the backend restarts PostgreSQL.
//!
//! A thread waits for that. A task would end with the tokio runtime that started it, and the tests share one
//! PostgreSQL among many runtimes.

use std::io::{self, Read, Write};
use std::process::{Child, ChildStdin, ExitStatus};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::error::EmbeddedError;
use crate::launcher::{Launcher, RESTART};

const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// The state of PostgreSQL.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum State {
    /// It runs, or is being restarted.
    Running,
    /// It has ended and is not restarted: it was stopped, or its start failed.
    Ended(Option<ExitStatus>),
}

/// PostgreSQL under supervision. Dropping it stops PostgreSQL without waiting.
#[derive(Debug)]
pub(crate) struct Supervisor {
    shared: Arc<Shared>,
    state: watch::Receiver<State>,
}

/// The state that the waiting thread shares with the handle.
#[derive(Debug, Default)]
struct Shared {
    control: Mutex<Control>,
    stop_asked: Condvar,
}

#[derive(Debug, Default)]
struct Control {
    stopping: bool,
    /// Set once PostgreSQL has answered. If it ends before that, the start failed, and it is not restarted.
    ready: bool,
    /// Set once it has ended and is not restarted.
    ended: bool,
    /// The backend's end of the pipe. Closing it stops PostgreSQL.
    pipe: Option<ChildStdin>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Control> {
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Supervisor {
    /// Starts PostgreSQL. It does not answer yet when this returns.
    pub(crate) fn start(launcher: Launcher) -> Result<Supervisor, EmbeddedError> {
        let failed = |source| EmbeddedError::Spawn { program: "/bin/sh".into(), source };
        let shared = Arc::new(Shared::default());
        let (state_tx, state) = watch::channel(State::Running);
        let child = spawn_unless_stopping(&launcher, &shared).map_err(failed)?;
        let for_thread = Arc::clone(&shared);
        std::thread::Builder::new()
            .name("postgres".to_owned())
            .spawn(move || {
                let status = supervise(&launcher, &for_thread, child);
                // This releases the lock on the log, after the last process of PostgreSQL has ended.
                drop(launcher);
                state_tx.send_replace(State::Ended(status));
            })
            .map_err(failed)?;
        Ok(Supervisor { shared, state })
    }

    /// Restarts PostgreSQL from now on when it ends. `false`: it has ended already.
    pub(crate) fn set_ready(&self) -> bool {
        let mut control = self.shared.lock();
        control.ready = true;
        !control.ended
    }

    /// Waits until PostgreSQL has ended and is not restarted.
    pub(crate) async fn ended(&self) -> Option<ExitStatus> {
        let mut state = self.state.clone();
        match state.wait_for(|state| *state != State::Running).await.as_deref() {
            Ok(State::Ended(status)) => *status,
            Ok(State::Running) | Err(_) => None,
        }
    }

    /// Asks PostgreSQL to stop.
    pub(crate) fn stop(&self) {
        let mut control = self.shared.lock();
        control.stopping = true;
        drop(control.pipe.take());
        self.shared.stop_asked.notify_all();
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.stop();
    }
}

fn spawn_unless_stopping(launcher: &Launcher, shared: &Shared) -> io::Result<Option<Child>> {
    // The lock is held until the end: a stop either comes first, or finds the pipe.
    let mut control = shared.lock();
    if control.stopping {
        return Ok(None);
    }
    let mut child = launcher.spawn()?;
    control.pipe = child.stdin.take();
    Ok(Some(child))
}

/// Runs until PostgreSQL has ended and is not restarted.
fn supervise(launcher: &Launcher, shared: &Shared, first: Option<Child>) -> Option<ExitStatus> {
    let mut last = None;
    let mut pause = SHORTEST_PAUSE;
    let mut next = Ok(first);
    loop {
        let began = Instant::now();
        match next {
            Ok(None) => return last,
            Ok(Some(child)) => {
                let (status, restart) = wait(child, shared);
                last = status;
                if !restart {
                    return last;
                }
                let exit_status = last.map_or_else(|| "unknown".to_owned(), |status| status.to_string());
                tracing::error!(exit_status, "PostgreSQL ended unexpectedly, restarting it");
            }
            Err(error) => tracing::error!(%error, "PostgreSQL could not be restarted, retrying"),
        }
        if began.elapsed() > 2 * LONGEST_PAUSE {
            pause = SHORTEST_PAUSE;
        }
        let waited = shared.stop_asked.wait_timeout_while(shared.lock(), pause, |control| !control.stopping);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
        pause = (pause * 2).min(LONGEST_PAUSE);
        next = spawn_unless_stopping(launcher, shared);
    }
}

/// Waits until all of PostgreSQL's processes have ended, then ends the script. Returns `true` to restart it.
fn wait(mut child: Child, shared: &Shared) -> (Option<ExitStatus>, bool) {
    if let Some(mut output) = child.stdout.take() {
        let mut ignored = [0; 256];
        while output.read(&mut ignored).is_ok_and(|length| length > 0) {}
    }
    let restart = {
        let mut control = shared.lock();
        let restart = control.ready && !control.stopping;
        control.ended = !restart;
        // Without a pipe, or if the script has ended, no script needs this.
        if let Some(mut pipe) = control.pipe.take()
            && restart
        {
            let _ = pipe.write_all(RESTART);
        }
        restart
    };
    (child.wait().ok(), restart)
}
