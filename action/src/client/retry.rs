//! When to try again, and how long to wait before.

use std::fmt;
use std::time::{Duration, SystemTime};

use phase_data_wire::{SHORTEST_WAIT, Waits, retry_after};
use reqwest::{RequestBuilder, StatusCode};
use tokio::time::Instant;

use super::answer::{Answer, TransportError, debug_line, request_label};
use crate::log::Log;
use crate::random;

/// The longest waits between attempts.
const WAITS: Waits = Waits { first: Duration::from_millis(250), longest: Duration::from_secs(8) };
/// With less time left an attempt is not begun: it would only fail in another way.
const SHORTEST_ATTEMPT: Duration = Duration::from_millis(250);

/// More than a page of a list or of events has, or any answer without documents.
const MAX_ANSWER_BYTES: usize = 4 << 20;
/// An id token has about 2 KB.
const MAX_TOKEN_ANSWER_BYTES: usize = 64 << 10;

/// Who is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Peer {
    Backend,
    /// Where the runner gives id tokens.
    TokenService,
}

impl Peer {
    /// The most bytes of an answer that are read, unless the call says otherwise.
    fn largest_answer(self) -> usize {
        match self {
            Self::Backend => MAX_ANSWER_BYTES,
            Self::TokenService => MAX_TOKEN_ANSWER_BYTES,
        }
    }

    /// A 500 of the backend's is a defect, which stays; asking for a token again is what GitHub's own
    /// clients do after any failure on its side.
    pub(super) fn is_transient(self, status: StatusCode) -> bool {
        match status.as_u16() {
            408 | 429 | 502..=504 => true,
            500.. => self == Self::TokenService,
            _ => false,
        }
    }
}

/// The time that a call has, and what is used up of it.
pub(super) struct RetryBudget {
    peer: Peer,
    limit: usize,
    start: Instant,
    deadline: Instant,
    attempts: u32,
}

/// What became of one attempt.
pub(super) enum Attempt {
    /// This is what the call comes to.
    Final(Result<Answer, TransportError>),
    /// It may go better another time, and the wait for that is over.
    Again(Result<Answer, TransportError>),
}

/// Why the same request may succeed later.
#[derive(Debug)]
struct Reason {
    cause: String,
    /// How long the other side asks to wait.
    asked: Option<Duration>,
}

/// There is not enough time left for another attempt.
#[derive(Debug, PartialEq, Eq)]
struct OutOfTime {
    peer: Peer,
    attempts: u32,
    asked: Option<Duration>,
}

/// Whether another attempt may have another outcome. A refusal never has.
fn reason(peer: Peer, outcome: &Result<Answer, TransportError>) -> Option<Reason> {
    match outcome {
        Ok(answer) if peer.is_transient(answer.status) => Some(Reason {
            cause: format!("{peer} answered {}", answer.status.as_u16()),
            asked: answer.retry_after().and_then(|text| retry_after(text, SystemTime::now())),
        }),
        Err(error) if !error.is_local() && !error.is_certificate() => {
            Some(Reason { cause: format!("{peer} was not reached ({error})"), asked: None })
        }
        _ => None,
    }
}

/// The line that the log gets before a wait.
fn message(reason: &Reason, delay: Duration, attempts: u32) -> String {
    let seconds = delay.as_secs_f64();
    format!("Attempt {attempts}: {}. Trying again in {seconds:.1} s.", reason.cause)
}

impl RetryBudget {
    pub(super) fn until(deadline: Instant, peer: Peer) -> Self {
        Self { peer, limit: peer.largest_answer(), start: Instant::now(), deadline, attempts: 0 }
    }

    /// The same, for an answer of up to so many bytes.
    pub(super) fn reading(self, limit: usize) -> Self {
        Self { limit, ..self }
    }

    /// Makes one attempt, and waits if there should be another.
    pub(super) async fn attempt(&mut self, request: RequestBuilder, log: &mut Log<'_>) -> Attempt {
        let outcome = self.outcome(request, log).await;
        let Some(reason) = reason(self.peer, &outcome) else { return Attempt::Final(outcome) };
        match self.next(&reason) {
            Ok(delay) => {
                log.line(&message(&reason, delay, self.attempts()));
                tokio::time::sleep(delay).await;
                Attempt::Again(outcome)
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
        let outcome = match tokio::time::timeout(self.left(), Answer::to(client, request, self.limit)).await {
            Ok(outcome) => outcome.map(|answer| answer.understood(log)),
            Err(_) => Err(TransportError::TimedOut),
        };
        log.debug(|| debug_line(&label, &outcome, start.elapsed()));
        outcome
    }

    /// The time left for the attempt that begins now.
    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// The attempts that were made; one that ended well or for good counts, too.
    pub(super) fn attempts(&self) -> u32 {
        self.attempts.max(1)
    }

    /// The time that was used, for people.
    pub(super) fn seconds(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }

    /// Counts a failed attempt; says how long to wait before the next, unless that leaves no time for it.
    fn next(&mut self, reason: &Reason) -> Result<Duration, OutOfTime> {
        self.attempts = self.attempts.saturating_add(1);
        let left = self.left();
        // Half of the time that is left stays for the attempt itself.
        let own = jittered(WAITS.after(self.attempts).min(left / 2));
        // A wait of no time, or until a date in the past, would ask without a pause.
        let wait = reason.asked.map_or(own, |asked| asked.max(own));
        let leaves_time = |wait: Duration| wait.saturating_add(SHORTEST_ATTEMPT) < left;
        if leaves_time(wait) {
            return Ok(wait);
        }
        let asked = reason.asked.filter(|asked| !leaves_time(*asked) && !asked.is_zero());
        Err(OutOfTime { peer: self.peer, attempts: self.attempts, asked })
    }
}

/// How long to wait after so many attempts, if nothing says how long.
pub(crate) fn pause(attempts: u32) -> Duration {
    jittered(WAITS.after(attempts))
}

/// Full jitter above the shortest wait: jobs that failed together do not come back together.
fn jittered(longest: Duration) -> Duration {
    longest.mul_f64(random::fraction().unwrap_or(1.0)).max(SHORTEST_WAIT)
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Backend => "the backend",
            Self::TokenService => "the runner's token service",
        })
    }
}

impl fmt::Display for OutOfTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attempt {}: ", self.attempts)?;
        match self.asked {
            Some(wait) => {
                let seconds = wait.as_secs();
                let peer = self.peer;
                write!(f, "{peer} asks to wait {seconds} s, longer than timeout-seconds allows. Giving up.")
            }
            None => f.write_str("timeout-seconds leaves no time for another one. Giving up."),
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
    fn only_what_passes_is_tried_again() {
        let passing = |peer| {
            let passes =
                |status: &u16| StatusCode::from_u16(*status).is_ok_and(|it| Peer::is_transient(peer, it));
            (100..=505).filter(passes).collect::<Vec<_>>()
        };
        assert_eq!(passing(Peer::Backend), [408, 429, 502, 503, 504]);
        assert_eq!(passing(Peer::TokenService), [408, 429, 500, 501, 502, 503, 504, 505]);
    }

    #[test]
    fn a_wait_that_leaves_no_time_is_not_begun() {
        let asked = |seconds| Reason { cause: String::new(), asked: Some(Duration::from_secs(seconds)) };
        let mut budget = RetryBudget::until(Instant::now() + Duration::from_secs(5), Peer::Backend);
        assert_eq!(budget.next(&asked(1)), Ok(Duration::from_secs(1)));
        assert_eq!(
            budget.next(&asked(9)),
            Err(OutOfTime { peer: Peer::Backend, attempts: 2, asked: Some(Duration::from_secs(9)) })
        );
    }
}
