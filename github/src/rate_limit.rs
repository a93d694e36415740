//! GitHub's rate limits.
//! <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api>

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};
use phase_data_wire::{LONGEST_WAIT, bounded, retry_after};

/// The shortest wait for a secondary limit, if GitHub states no time.
const A_MINUTE: Duration = Duration::from_secs(60);
/// A reset is stated in whole seconds.
const A_SECOND: Duration = Duration::from_secs(1);

/// Returns the wait after a 403 or a 429 that came of a rate limit. The headers' times are bounded: they may come from a
/// proxy, or from a wrong clock.
pub(crate) fn wait(status: u16, headers: &HeaderMap, message: &str) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let number = |name: &str| text(name).and_then(|text| text.trim().parse::<u64>().ok());
    // The times are by GitHub's clock, and this machine's may be wrong.
    let date = text(DATE.as_str()).and_then(|text| httpdate::parse_http_date(text).ok());
    let now = date.unwrap_or_else(SystemTime::now);
    if let Some(requested) = text(RETRY_AFTER.as_str()) {
        return Some(bounded(retry_after(requested, now).unwrap_or(A_MINUTE)));
    }
    if number("x-ratelimit-remaining") == Some(0) {
        let reset = number("x-ratelimit-reset").map(|reset| until(reset, now).saturating_add(A_SECOND));
        return Some(bounded(reset.unwrap_or(A_MINUTE)));
    }
    let secondary = message.to_ascii_lowercase().contains("rate limit");
    (status == 429 || secondary).then_some(A_MINUTE)
}

/// Returns the time until so many seconds after 1970; zero, if that has passed.
fn until(seconds: u64, now: SystemTime) -> Duration {
    let at = UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
    at.map_or(LONGEST_WAIT, |at| at.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn after(status: u16, headers: &[(&'static str, &'static str)], message: &str) -> Option<u64> {
        let headers = headers.iter();
        let headers = headers
            .map(|(name, value)| (http::HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        wait(status, &headers, message).map(|wait| wait.as_secs())
    }

    #[test]
    fn a_limit_says_when_it_ends_and_a_missing_permission_never_does() {
        let date = ("date", "Sun, 01 Mar 2026 09:30:00 GMT"); // 1772357400
        let used_up = ("x-ratelimit-remaining", "0");
        assert_eq!(after(403, &[("retry-after", "7")], ""), Some(7));
        assert_eq!(after(429, &[], ""), Some(60));
        assert_eq!(after(403, &[date, used_up, ("x-ratelimit-reset", "1772357430")], ""), Some(31));
        assert_eq!(after(403, &[date, used_up, ("x-ratelimit-reset", "1772357000")], ""), Some(1));
        assert_eq!(after(403, &[used_up], ""), Some(60));
        assert_eq!(after(403, &[], "You have exceeded a secondary rate limit."), Some(60));
        assert_eq!(after(403, &[("retry-after", "soon")], ""), Some(60));
        let left = ("x-ratelimit-remaining", "4999");
        assert_eq!(after(403, &[left], "Resource not accessible by integration"), None);
    }

    #[test]
    fn no_header_makes_a_wait_without_an_end_or_without_a_pause() {
        let used_up = ("x-ratelimit-remaining", "0");
        let numbers = ["0", "1", "-1", "9223372036854775807", "18446744073709551615", "18446744073709551616"];
        let more =
            ["-9223372036854775808", "1e400", "NaN", "", " 5", "0x10", "Fri, 31 Dec 9999 23:59:59 GMT"];
        let dates = ["Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "yesterday"];
        for value in numbers.into_iter().chain(more) {
            for date in dates.map(|date| ("date", date)) {
                for name in ["retry-after", "x-ratelimit-reset"] {
                    let headers = [date, used_up, (name, value)];
                    let headers = headers.iter().map(|(name, value)| {
                        (http::HeaderName::from_static(name), HeaderValue::from_static(value))
                    });
                    let waited = wait(403, &headers.collect(), "").expect("a limit");
                    let bounds = phase_data_wire::SHORTEST_WAIT..=LONGEST_WAIT;
                    assert!(bounds.contains(&waited), "{name}: {value:?}, {date:?}: {waited:?}");
                }
            }
        }
    }
}
