//! Waits between the attempts of a request: one policy for all HTTP clients.

use std::time::{Duration, SystemTime};

/// The minimum wait, so that no request is repeated without a pause.
pub const SHORTEST_WAIT: Duration = Duration::from_millis(100);
/// The maximum wait. GitHub's rate limits end within an hour; a longer wait comes from a wrong clock.
pub const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);

/// The waits between the attempts of one call: each is twice the previous one, up to a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waits {
    /// The wait after the first failed attempt.
    pub first: Duration,
    /// The longest wait without a `Retry-After`.
    pub longest: Duration,
}

impl Waits {
    /// Returns the wait after this number of failed attempts, without a `Retry-After`.
    #[must_use]
    pub fn after(self, failed: u32) -> Duration {
        let doubled = self.first.saturating_mul(2_u32.saturating_pow(failed.saturating_sub(1)));
        bounded(doubled.min(self.longest))
    }

    /// Returns the longer of the wait after this number of failed attempts and the requested one.
    #[must_use]
    pub fn after_asked(self, failed: u32, requested: Duration) -> Duration {
        bounded(requested.max(self.after(failed)))
    }
}

/// Returns a wait within the minimum and the maximum.
#[must_use]
pub fn bounded(wait: Duration) -> Duration {
    wait.clamp(SHORTEST_WAIT, LONGEST_WAIT)
}

/// Parses a `Retry-After` header: seconds, or a date (RFC 9110, section 10.2.3). A date in the past means now. Longer
/// waits are reduced to [`LONGEST_WAIT`].
#[must_use]
pub fn retry_after(text: &str, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    let requested = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number with too many digits is also a long wait.
        text.parse().map_or(LONGEST_WAIT, Duration::from_secs)
    } else {
        httpdate::parse_http_date(text).ok()?.duration_since(now).unwrap_or_default()
    };
    Some(requested.min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAITS: Waits = Waits { first: Duration::from_millis(250), longest: Duration::from_secs(8) };

    #[test]
    fn waits_double_up_to_a_limit_and_a_longer_one_that_was_asked_for_counts() {
        let waits = [0, 1, 2, 3, 6, 7, 100, u32::MAX].map(|failed| WAITS.after(failed).as_millis());
        assert_eq!(waits, [250, 250, 500, 1000, 8000, 8000, 8000, 8000]);
        assert_eq!(WAITS.after_asked(1, Duration::ZERO).as_millis(), 250);
        assert_eq!(WAITS.after_asked(1, Duration::from_secs(7)).as_secs(), 7);
        assert_eq!(WAITS.after_asked(1, Duration::MAX), LONGEST_WAIT);
    }

    #[test]
    fn a_retry_after_is_read_in_all_its_forms_and_has_an_end() {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").expect("a date");
        for (text, seconds) in [
            ("7", Some(7)),
            ("0", Some(0)),
            (" 7 ", Some(7)),
            ("3601", Some(3600)),
            ("9223372036854775807", Some(3600)),
            ("18446744073709551616", Some(3600)),
            ("999999999999999999999999999999", Some(3600)),
            ("Sun, 06 Nov 1994 08:49:47 GMT", Some(10)),
            ("Sunday, 06-Nov-94 08:49:47 GMT", Some(10)),
            ("Sun, 06 Nov 1994 08:49:30 GMT", Some(0)),
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("Fri, 31 Dec 9999 23:59:59 GMT", Some(3600)),
            ("soon", None),
            ("", None),
            ("-1", None),
            ("+1", None),
            ("1.5", None),
            ("1e3", None),
        ] {
            assert_eq!(retry_after(text, now), seconds.map(Duration::from_secs), "{text}");
        }
    }
}
