use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::{Notify, oneshot};

use super::super::records::Records;
use super::*;

/// The deadline of each step on a busy machine.
const SOON: Duration = Duration::from_secs(10);

/// A job that does what it is told in each run, and counts what it does.
#[derive(Clone, Default)]
struct Scripted {
    runs: Arc<AtomicU32>,
    finishes: Arc<AtomicU32>,
    panics: bool,
    hangs: bool,
}

impl Job for Scripted {
    async fn run_once(&mut self, _check_in: &CheckIn) -> anyhow::Result<Report> {
        let run = self.runs.fetch_add(1, Ordering::Relaxed) + 1;
        assert!(!self.panics, "a bug");
        if self.hangs {
            std::future::pending::<()>().await;
        }
        if run == 1 { anyhow::bail!("the first run fails") } else { Ok(Report::default().count("done", run)) }
    }

    async fn finish(&mut self) -> anyhow::Result<()> {
        self.finishes.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

async fn until(expected: u32, counter: &AtomicU32) {
    let counted = async {
        while counter.load(Ordering::Relaxed) < expected {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(SOON, counted).await.expect("it gets that far");
}

#[tokio::test]
async fn a_job_that_panics_starts_again_and_one_that_keeps_panicking_is_stalled() {
    let records = Records::default();
    let check_in = records.add("broken", Duration::from_secs(3600));
    let job = Scripted { panics: true, ..Scripted::default() };
    let runs = job.runs.clone();
    let running = tokio::spawn(async move {
        let restarts = Waits { first: Duration::ZERO, longest: Duration::ZERO };
        let schedule = Schedule::every(Duration::from_secs(3600));
        keep_running(&mut job.clone(), &check_in, &schedule, restarts, || job.clone()).await
    });
    until(3, &runs).await;
    assert_eq!(records.stalled(), [], "it may yet work");
    until(MOST_PANICS + 1, &runs).await;
    assert_eq!(records.stalled().iter().map(|stalled| stalled.job).collect::<Vec<_>>(), ["broken"]);
    running.abort();
}

#[tokio::test]
async fn a_failed_run_is_repeated_after_its_own_pause_and_a_notification_ends_a_long_pause() {
    let (wake, job) = (Arc::new(Notify::new()), Scripted::default());
    let schedule = Schedule::every(Duration::from_secs(3600)).retry_after(Duration::from_millis(10));
    let check_in = Records::default().add("job", schedule.limit());
    let (_stop, stopped) = watch::channel(false);
    let schedule = schedule.or_when(wake.clone());
    let running = tokio::spawn(run_until_stopped(
        check_in.clone(),
        schedule,
        {
            let job = job.clone();
            move || job.clone()
        },
        stopped,
    ));
    until(2, &job.runs).await;
    sleep(Duration::from_millis(50)).await;
    assert_eq!(job.runs.load(Ordering::Relaxed), 2, "a run that succeeded is followed by the long pause");
    wake.notify_one();
    until(3, &job.runs).await;
    running.abort();
    let (_, before) = check_in.finish(Ok(Report::default()), Duration::ZERO).expect("it was added");
    let before = before.expect("the third run");
    assert_eq!((before.failures, before.result), (0, Ok(Report::default().count("done", 3_u32))));
}

#[tokio::test]
async fn a_stop_drops_the_current_run_and_the_job_finishes_once() {
    let job = Scripted { hangs: true, ..Scripted::default() };
    let check_in = Records::default().add("job", Duration::MAX);
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(run_until_stopped(
        check_in,
        Schedule::every(Duration::ZERO),
        {
            let job = job.clone();
            move || job.clone()
        },
        stopped,
    ));
    until(1, &job.runs).await;
    stop.send_replace(true);
    timeout(SOON, running).await.expect("it ends").expect("it does not panic");
    assert_eq!((job.runs.load(Ordering::Relaxed), job.finishes.load(Ordering::Relaxed)), (1, 1));
}

#[tokio::test]
async fn a_job_that_cannot_finish_does_not_hold_the_stop_up() {
    struct Stuck(Arc<Mutex<Option<oneshot::Sender<()>>>>);
    impl Job for Stuck {
        async fn run_once(&mut self, _check_in: &CheckIn) -> anyhow::Result<Report> {
            Ok(Report::default())
        }
        async fn finish(&mut self) -> anyhow::Result<()> {
            drop(self.0.lock().expect("a lock").take());
            std::future::pending().await
        }
    }
    let (asked, was_asked) = oneshot::channel();
    let asked = Arc::new(Mutex::new(Some(asked)));
    let (stop, stopped) = watch::channel(true);
    let check_in = Records::default().add("stuck", Duration::MAX);
    let schedule = Schedule::every(Duration::from_secs(1));
    let running = run_until_stopped(check_in, schedule, move || Stuck(asked.clone()), stopped);
    timeout(SOON, running).await.expect("it ends");
    assert!(was_asked.await.is_err(), "it was asked to finish");
    drop(stop);
}
