//! When GitHub wants to be left alone.
//! <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api>

use std::time::Duration;

use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

/// What a secondary limit costs at least where GitHub names no time.
const A_MINUTE: Duration = Duration::from_secs(60);

/// How long to wait after a 403 or a 429, if it came of a rate limit.
pub(crate) fn wait(status: u16, headers: &HeaderMap, message: &str) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let number = |name: &str| text(name).and_then(|text| text.trim().parse::<i64>().ok());
    if let Some(seconds) = number(RETRY_AFTER.as_str()) {
        return Some(Duration::from_secs(seconds.max(0).unsigned_abs()));
    }
    if number("x-ratelimit-remaining") == Some(0) {
        // The reset is a time of GitHub's clock, and this machine's may be wrong.
        let date = text(DATE.as_str()).and_then(|text| OffsetDateTime::parse(text, &Rfc2822).ok());
        let now = date.unwrap_or_else(OffsetDateTime::now_utc).unix_timestamp();
        let seconds = number("x-ratelimit-reset").map(|reset| reset - now + 1);
        return Some(seconds.map_or(A_MINUTE, |seconds| Duration::from_secs(seconds.max(1).unsigned_abs())));
    }
    let secondary = message.to_ascii_lowercase().contains("rate limit");
    (status == 429 || secondary).then_some(A_MINUTE)
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
        let left = ("x-ratelimit-remaining", "4999");
        assert_eq!(after(403, &[left], "Resource not accessible by integration"), None);
    }
}
