//! Keeps PostgreSQL running for as long as we live, and not a moment longer.
//!
//! We start a small shell script, which starts PostgreSQL and then reads from a pipe that only we can write
//! to. However we end, by `SIGKILL` too, the kernel closes that pipe, and the script stops PostgreSQL. The
//! other way round, PostgreSQL's processes are the only ones to hold the write end of a second pipe, which
//! we read: when it ends, the last of them has gone, and we start it again.
//!
//! A thread of our own waits for that. A task would end with the tokio runtime that it was started in, and
//! the tests share one PostgreSQL among the runtimes of many.

use std::io::{self, Read, Write};
use std::process::{Child, ChildStdin, ExitStatus};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::EmbeddedError;
use super::launch::{AGAIN, Launch};

const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// How far PostgreSQL is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Phase {
    /// It runs, or is started again at this moment.
    Running,
    /// It has ended for good: it was told to, or it never got ready.
    Ended(Option<ExitStatus>),
}

/// PostgreSQL under supervision. Dropping it stops PostgreSQL without waiting.
#[derive(Debug)]
pub(super) struct Supervisor {
    shared: Arc<Shared>,
    phase: watch::Receiver<Phase>,
}

/// What the thread that waits shares with the handle.
#[derive(Debug, Default)]
struct Shared {
    control: Mutex<Control>,
    stop_asked: Condvar,
}

#[derive(Debug, Default)]
struct Control {
    stopping: bool,
    /// Whether it has answered. Before that, ending is a failed start and is not tried again.
    ready: bool,
    /// Whether it has ended for good.
    ended: bool,
    /// Our end of the pipe. Closing it stops PostgreSQL.
    pipe: Option<ChildStdin>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Control> {
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Supervisor {
    /// Starts PostgreSQL. It does not answer yet when this returns.
    pub(super) fn start(launch: Launch) -> Result<Supervisor, EmbeddedError> {
        let failed = |source| EmbeddedError::Spawn { program: "/bin/sh".into(), source };
        let shared = Arc::new(Shared::default());
        let (phase_tx, phase) = watch::channel(Phase::Running);
        let child = spawn_unless_stopping(&launch, &shared).map_err(failed)?;
        let for_thread = Arc::clone(&shared);
        std::thread::Builder::new()
            .name("postgres".to_owned())
            .spawn(move || {
                let status = supervise(&launch, &for_thread, child);
                // Only now, when nothing of PostgreSQL is left, does the lock on the log go with it.
                drop(launch);
                phase_tx.send_replace(Phase::Ended(status));
            })
            .map_err(failed)?;
        Ok(Supervisor { shared, phase })
    }

    /// From now on PostgreSQL is started again when it ends. `false`: it has ended already.
    pub(super) fn set_ready(&self) -> bool {
        let mut control = self.shared.lock();
        control.ready = true;
        !control.ended
    }

    /// Waits until PostgreSQL has ended for good.
    pub(super) async fn ended(&self) -> Option<ExitStatus> {
        let mut phase = self.phase.clone();
        match phase.wait_for(|phase| *phase != Phase::Running).await.as_deref() {
            Ok(Phase::Ended(status)) => *status,
            Ok(Phase::Running) | Err(_) => None,
        }
    }

    /// Tells PostgreSQL to stop.
    pub(super) fn stop(&self) {
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

fn spawn_unless_stopping(launch: &Launch, shared: &Shared) -> io::Result<Option<Child>> {
    // Locked all the while: a stop either comes first, or finds the pipe.
    let mut control = shared.lock();
    if control.stopping {
        return Ok(None);
    }
    let mut child = launch.spawn()?;
    control.pipe = child.stdin.take();
    Ok(Some(child))
}

/// Runs until PostgreSQL has ended for good.
fn supervise(launch: &Launch, shared: &Shared, first: Option<Child>) -> Option<ExitStatus> {
    let mut last = None;
    let mut pause = SHORTEST_PAUSE;
    let mut next = Ok(first);
    loop {
        let began = Instant::now();
        match next {
            Ok(None) => return last,
            Ok(Some(child)) => {
                let (status, again) = wait(child, shared);
                last = status;
                if !again {
                    return last;
                }
                let status = last.map_or_else(|| "unknown".to_owned(), |status| status.to_string());
                tracing::error!(status, "PostgreSQL ended on its own, starting it again");
            }
            Err(error) => tracing::error!(%error, "PostgreSQL could not be started again, trying once more"),
        }
        if began.elapsed() > 2 * LONGEST_PAUSE {
            pause = SHORTEST_PAUSE;
        }
        let waited = shared.stop_asked.wait_timeout_while(shared.lock(), pause, |control| !control.stopping);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
        pause = (pause * 2).min(LONGEST_PAUSE);
        next = spawn_unless_stopping(launch, shared);
    }
}

/// Waits until all of PostgreSQL's processes have gone, then ends the script. Says whether to start again.
fn wait(mut child: Child, shared: &Shared) -> (Option<ExitStatus>, bool) {
    if let Some(mut output) = child.stdout.take() {
        let mut ignored = [0; 256];
        while output.read(&mut ignored).is_ok_and(|length| length > 0) {}
    }
    let again = {
        let mut control = shared.lock();
        let again = control.ready && !control.stopping;
        control.ended = !again;
        // Without a pipe, or with a script that has gone, there is nothing to tell.
        if let Some(mut pipe) = control.pipe.take()
            && again
        {
            let _ = pipe.write_all(AGAIN);
        }
        again
    };
    (child.wait().ok(), again)
}
