//! Runs one job for as long as the server runs: pauses, check-ins, logs, and new starts after a panic.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use phase_data_wire::Waits;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::job::{Job, Report, Schedule};
use super::records::{CheckIn, Run, STEADY};
use crate::panics::caught;
use crate::telemetry::{chain, milliseconds};

/// The pauses before a job that panicked is started again.
const RESTARTS: Waits = Waits { first: Duration::from_secs(1), longest: Duration::from_secs(60) };
/// A job that panicked so many times in a row makes no progress.
const MOST_PANICS: u32 = 8;
/// The deadline of a job to finish when the server stops.
pub(super) const FINISH_DEADLINE: Duration = Duration::from_secs(2);

/// Runs a job until the server stops; then the current run is dropped, and the job may finish.
pub(super) async fn run_until_stopped<J: Job>(
    check_in: CheckIn,
    schedule: Schedule,
    make: impl Fn() -> J,
    mut stop: watch::Receiver<bool>,
) {
    let mut job = make();
    tokio::select! {
        never = keep_running(&mut job, &check_in, &schedule, RESTARTS, make) => match never {},
        // An error means that the owner is gone.
        _ = stop.wait_for(|stop| *stop) => {}
    }
    let error = match timeout(FINISH_DEADLINE, caught(job.finish())).await {
        Ok(Ok(Ok(()))) => return,
        Ok(Ok(Err(error))) => chain(error.as_ref()),
        Ok(Err(panicked)) => panicked.to_string(),
        Err(late) => late.to_string(),
    };
    tracing::warn!(
        job = check_in.job(),
        error,
        "a background job could not finish before the server stopped"
    );
}

/// Runs a job again and again. A job that panicked met a bug, and is made anew: what it works on is in PostgreSQL. The
/// pause before that keeps it from doing nothing else.
async fn keep_running<J: Job>(
    job: &mut J,
    check_in: &CheckIn,
    schedule: &Schedule,
    restarts: Waits,
    make: impl Fn() -> J,
) -> Infallible {
    let (mut made, mut panics) = (Instant::now(), 0_u32);
    loop {
        check_in.start();
        let started = Instant::now();
        let result = caught(job.run_once(check_in)).await;
        let took = started.elapsed();
        match result {
            Ok(result) => {
                let pause = pause_after(&result, schedule);
                record(check_in, result.map_err(|error| chain(error.as_ref())), took);
                wait(pause, schedule).await;
            }
            Err(panicked) => {
                panics = if made.elapsed() > STEADY { 1 } else { panics.saturating_add(1) };
                check_in.finish(Err(panicked.to_string()), took);
                if panics >= MOST_PANICS {
                    check_in.keeps_crashing();
                }
                let (name, pause) = (check_in.job(), restarts.after(panics));
                let pause_ms = milliseconds(pause);
                tracing::error!(job = name, panics, pause_ms, "a background job panicked and is restarted");
                sleep(pause).await;
                *job = make();
                made = Instant::now();
            }
        }
    }
}

fn pause_after(result: &anyhow::Result<Report>, schedule: &Schedule) -> Duration {
    match result {
        Ok(report) if report.has_more => Duration::ZERO,
        Ok(_) => schedule.pause,
        Err(_) => schedule.retry,
    }
}

async fn wait(pause: Duration, schedule: &Schedule) {
    match &schedule.wake {
        Some(wake) if !pause.is_zero() => tokio::select! {
            () = wake.notified() => {}
            () = sleep(pause) => {}
        },
        // A pause of zero lets other tasks run, too.
        _ => sleep(pause).await,
    }
}

/// Records a run, and logs it if there is something to say: what it did, why it failed, or that it works again. Of
/// failures with one cause only the first, the second, the fourth and so on are logged, and those of several jobs once.
fn record(check_in: &CheckIn, result: Result<Report, String>, took: Duration) {
    let Some((run, before)) = check_in.finish(result, took) else { return };
    let job = check_in.job();
    let failures_before = before.as_ref().map_or(0, |before| before.failures);
    let Run { result, failures, .. } = &run;
    match result {
        Ok(report) => {
            if failures_before > 0 {
                tracing::info!(job, failures = failures_before, "a background job recovered");
            }
            if !report.is_empty() {
                let duration_ms = milliseconds(run.took);
                tracing::info!(job, counts = %report, duration_ms, "a background job completed a run");
            }
        }
        Err(error) => {
            let is_known = before.is_some_and(|before| before.result.as_ref().err() == Some(error));
            let is_due = !is_known || failures.is_power_of_two();
            if is_due && !check_in.is_shared(error, *failures) {
                tracing::warn!(job, error, failures, "a background job failed and is retried");
            }
        }
    }
}

#[cfg(test)]
mod tests;
