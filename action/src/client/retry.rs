//! Decides about retries, and how long to wait before each.

use std::fmt;
use std::time::{Duration, SystemTime};

use phase_data_wire::{SHORTEST_WAIT, Waits, retry_after};
use reqwest::RequestBuilder;
use tokio::time::Instant;

use super::answer::{Answer, TransportError, debug_line, request_label};
use super::peer::Peer;
use crate::log::Log;
use crate::random;

/// The longest waits between attempts.
const WAITS: Waits = Waits { first: Duration::from_millis(250), longest: Duration::from_secs(8) };
/// With less time left no attempt is started: it would only fail in another way.
const SHORTEST_ATTEMPT: Duration = Duration::from_millis(250);

/// A proxy that fails sooner did not wait for the backend.
const SHORTEST_CUT_OFF: Duration = Duration::from_secs(1);

/// The time of a call, and its attempts so far.
pub(super) struct RetryBudget {
    peer: Peer,
    limit: usize,
    start: Instant,
    deadline: Instant,
    attempts: u32,
    /// The time limit of one attempt that waits for data, in addition to the deadline.
    wait_limit: Option<Duration>,
    /// The last attempt, for which the pause was shortened, is made.
    is_last: bool,
}

/// The outcome of one attempt.
pub(super) enum Attempt {
    /// The outcome of the call.
    Final(Result<Answer, TransportError>),
    /// A retry may succeed, and the wait before it is over.
    Retry(Result<Answer, TransportError>),
    /// A proxy ended an attempt that waited for data, after this time.
    CutOff(Duration),
}

/// The reason for a retry.
#[derive(Debug)]
struct Reason {
    cause: String,
    /// The wait that the server requests.
    requested: Option<Duration>,
}

/// The remaining time is too short for another attempt.
#[derive(Debug, PartialEq, Eq)]
struct OutOfTime {
    peer: Peer,
    attempts: u32,
    requested: Option<Duration>,
}

/// Returns the reason if another attempt may succeed. After a refusal none can.
fn retry_reason(peer: Peer, outcome: &Result<Answer, TransportError>) -> Option<Reason> {
    match outcome {
        Ok(answer) if peer.is_transient(answer.status) => Some(Reason {
            cause: format!("{peer} answered {}", answer.status.as_u16()),
            requested: answer.retry_after().and_then(|text| retry_after(text, SystemTime::now())),
        }),
        Err(error) if !error.is_permanent() => {
            Some(Reason { cause: format!("{peer} could not be reached ({error})"), requested: None })
        }
        _ => None,
    }
}

/// Checks if something between the step and the backend ended a request that was waiting. The backend itself answers with a
/// problem, for example when it stops.
fn is_cut_off(outcome: &Result<Answer, TransportError>) -> bool {
    match outcome {
        // 524 is Cloudflare's.
        Ok(answer) => matches!(answer.status.as_u16(), 408 | 502..=504 | 524) && answer.problem().is_none(),
        Err(error) => error.is_lost_answer(),
    }
}

/// Returns the log line before a wait.
fn message(reason: &Reason, delay: Duration, attempts: u32) -> String {
    let seconds = delay.as_secs_f64();
    format!("Attempt {attempts}: {}. Retrying in {seconds:.1} s.", reason.cause)
}

impl RetryBudget {
    pub(super) fn until(deadline: Instant, peer: Peer) -> Self {
        let limit = peer.max_answer_bytes();
        Self { peer, limit, start: Instant::now(), deadline, attempts: 0, wait_limit: None, is_last: false }
    }

    /// Sets the maximum size of the answer.
    pub(super) fn reading(self, limit: usize) -> Self {
        Self { limit, ..self }
    }

    /// Expects that an attempt waits for data, at most for this time.
    pub(super) fn waiting(self, limit: Duration) -> Self {
        Self { wait_limit: Some(limit), ..self }
    }

    /// Sends the request once, and waits if a retry follows.
    pub(super) async fn attempt(&mut self, request: RequestBuilder, log: &mut Log<'_>) -> Attempt {
        let start = Instant::now();
        let outcome = self.outcome(request, log).await;
        let elapsed = start.elapsed();
        if self.wait_limit.is_some()
            && elapsed >= SHORTEST_CUT_OFF
            && is_cut_off(&outcome)
            && !self.remaining().is_zero()
        {
            return Attempt::CutOff(elapsed);
        }
        let Some(reason) = retry_reason(self.peer, &outcome) else { return Attempt::Final(outcome) };
        match self.next(&reason) {
            Ok(delay) => {
                log.line(&message(&reason, delay, self.attempts()));
                tokio::time::sleep(delay).await;
                Attempt::Retry(outcome)
            }
            Err(out_of_time) => {
                log.line(&out_of_time.to_string());
                Attempt::Final(outcome)
            }
        }
    }

    async fn outcome(&self, request: RequestBuilder, log: &mut Log<'_>) -> Result<Answer, TransportError> {
        let (client, request) = request.build_split();
        let request = request.map_err(TransportError::Network)?;
        let (label, start) = (request_label(&request), Instant::now());
        let limit = self.wait_limit.map_or(self.remaining(), |limit| limit.min(self.remaining()));
        let outcome = match tokio::time::timeout(limit, Answer::to(client, request, self.limit)).await {
            Ok(outcome) => outcome.map(|answer| answer.with_problem(log)),
            Err(_) => Err(TransportError::TimedOut),
        };
        log.debug(|| debug_line(&label, &outcome, start.elapsed()));
        outcome
    }

    /// Returns the remaining time.
    fn remaining(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Returns the number of attempts, including the last one.
    pub(super) fn attempts(&self) -> u32 {
        self.attempts.max(1)
    }

    /// Returns the elapsed time, for people.
    pub(super) fn seconds(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }

    /// Counts a failed attempt. Returns the wait before the next one, unless that leaves no time for it.
    fn next(&mut self, reason: &Reason) -> Result<Duration, OutOfTime> {
        self.attempts = self.attempts.saturating_add(1);
        let remaining = self.remaining();
        let own = jittered(WAITS.after(self.attempts));
        // If the pause is too long for the remaining time, one more attempt follows, and half of that time is for it.
        let is_last = own > remaining / 2;
        if is_last && self.is_last {
            return Err(OutOfTime { peer: self.peer, attempts: self.attempts, requested: None });
        }
        self.is_last = is_last;
        let own = own.min(remaining / 2).max(SHORTEST_WAIT);
        // A requested wait of zero, or until a past date, would retry without a pause.
        let wait = reason.requested.map_or(own, |requested| requested.max(own));
        let leaves_time = |wait: Duration| wait.saturating_add(SHORTEST_ATTEMPT) < remaining;
        if leaves_time(wait) {
            return Ok(wait);
        }
        let requested = reason.requested.filter(|requested| !leaves_time(*requested) && !requested.is_zero());
        Err(OutOfTime { peer: self.peer, attempts: self.attempts, requested })
    }
}

/// Returns how long to wait after this number of attempts, if the server requests no wait.
pub(crate) fn pause(attempts: u32) -> Duration {
    jittered(WAITS.after(attempts))
}

/// Applies jitter to the upper half of a wait, so that jobs that failed together do not retry together. No wait is shorter than
/// the one before it, except at the limit.
fn jittered(longest: Duration) -> Duration {
    longest.mul_f64(0.5 + random::fraction().unwrap_or(1.0) / 2.0).max(SHORTEST_WAIT)
}

impl fmt::Display for OutOfTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attempt {}: ", self.attempts)?;
        match self.requested {
            Some(wait) => {
                let seconds = wait.as_secs();
                let peer = self.peer;
                write!(
                    f,
                    "{peer} requests a wait of {seconds} s, which is longer than timeout-seconds allows."
                )
            }
            None => f.write_str("timeout-seconds leaves no time for another attempt."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_wait_is_without_a_pause() {
        for attempts in [1, 2, 100, u32::MAX] {
            for _ in 0..200 {
                assert!((SHORTEST_WAIT..=WAITS.longest).contains(&pause(attempts)), "{attempts}");
            }
        }
    }

    #[test]
    fn waits_get_longer_and_their_number_is_small() {
        let reason = Reason { cause: String::new(), requested: None };
        for seconds in [1, 5, 30, 300] {
            let start = Instant::now();
            let mut budget = RetryBudget::until(start + Duration::from_secs(seconds), Peer::Backend);
            let mut waits = Vec::new();
            // Attempts take no time here, so each wait is taken from the budget instead of slept.
            while let Ok(wait) = budget.next(&reason) {
                budget.deadline -= wait;
                waits.push(wait);
            }
            let total: Duration = waits.iter().sum();
            assert!(total >= Duration::from_secs(seconds) / 2, "{seconds} s: {waits:?}");
            assert!(waits.len() <= 6 + usize::try_from(seconds / 4).unwrap_or_default(), "{waits:?}");
            waits.pop();
            let limit = WAITS.longest / 2;
            assert!(waits.is_sorted_by(|one, next| one <= next || *next >= limit), "{waits:?}");
        }
    }

    #[test]
    fn a_wait_that_leaves_no_time_is_not_begun() {
        let requested =
            |seconds| Reason { cause: String::new(), requested: Some(Duration::from_secs(seconds)) };
        let mut budget = RetryBudget::until(Instant::now() + Duration::from_secs(5), Peer::Backend);
        assert_eq!(budget.next(&requested(1)), Ok(Duration::from_secs(1)));
        assert_eq!(
            budget.next(&requested(9)),
            Err(OutOfTime { peer: Peer::Backend, attempts: 2, requested: Some(Duration::from_secs(9)) })
        );
    }
}
