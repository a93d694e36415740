//! The clock, which tests can set.

use std::fmt;
use std::time::{Duration, Instant};

use time::OffsetDateTime;

/// Two clocks, because they answer different questions.
pub(crate) trait Clock: fmt::Debug + Send + Sync + 'static {
    /// Seconds since 1970, to compare with a token's claims.
    fn unix(&self) -> i64;

    /// The time since some fixed moment. It never goes backwards: a corrected wall clock must neither open
    /// nor close the limit on fetches.
    fn monotonic(&self) -> Duration;
}

/// The computer's own clocks.
#[derive(Debug)]
pub(crate) struct SystemClock {
    started: Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self { started: Instant::now() }
    }
}

impl Clock for SystemClock {
    fn unix(&self) -> i64 {
        OffsetDateTime::now_utc().unix_timestamp()
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }
}
