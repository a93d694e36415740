//! Waits for data that is not stored yet.

use std::time::Duration;

use phase_data_wire::{Phase, WaitSeconds};
use tokio::time::Instant;

use crate::client::{Client, WaitOutcome, pause};
use crate::error::Error;
use crate::job::RetrieveOptions;
use crate::log::Log;
use crate::target::Target;

/// A backend's wait may end this much early: clocks differ.
const EARLY_WAKE_TOLERANCE: Duration = Duration::from_millis(100);

/// Waits until all that is wanted is there, or the time is over. What is there then is retrieved after it, in one
/// answer.
pub(super) async fn wait_for(
    client: &Client<'_>,
    target: &Target,
    options: &RetrieveOptions,
    log: &mut Log<'_>,
) -> Result<(), Error> {
    let deadline = Instant::now() + options.wait;
    let each = options.phases.iter().copied().map(Some);
    let awaited: Vec<Option<Phase>> = if options.phases.is_empty() { vec![None] } else { each.collect() };
    let left = || deadline.saturating_duration_since(Instant::now());
    let mut early_answers = 0;
    let mut longest = Duration::MAX;
    for phase in awaited {
        loop {
            if left().is_zero() {
                return Ok(());
            }
            let (begun, wait) = (Instant::now(), WaitSeconds::at_most(whole_seconds(left().min(longest))));
            match client.wait(target, phase, wait, log).await? {
                WaitOutcome::Stored => break,
                WaitOutcome::NotStored => {}
                WaitOutcome::CutOff(elapsed) => {
                    longest = shorter(elapsed);
                    log.line(&cut_off(elapsed, longest));
                    continue;
                }
            }
            if begun.elapsed() + EARLY_WAKE_TOLERANCE < wait.get() {
                // The backend did not wait as requested: without a pause the step would send requests in a tight loop.
                early_answers += 1;
                tokio::time::sleep(pause(early_answers).min(left())).await;
            } else {
                early_answers = 0;
            }
        }
    }
    Ok(())
}

/// Returns a wait that ends before a proxy ends the request: three quarters of the time after which it did, at least 1 s.
fn shorter(elapsed: Duration) -> Duration {
    Duration::from_secs((elapsed * 3 / 4).as_secs().max(1))
}

fn cut_off(elapsed: Duration, longest: Duration) -> String {
    format!(
        "A proxy ended the request after {:.0} s. Waiting on, {} s at a time.",
        elapsed.as_secs_f64(),
        longest.as_secs()
    )
}

/// Rounds up to whole seconds.
fn whole_seconds(time: Duration) -> Duration {
    Duration::from_secs(time.as_secs() + u64::from(time.subsec_nanos() > 0))
}
