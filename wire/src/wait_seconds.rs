//! Waiting times of requests.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Seconds for which a request waits: at most 50, because proxies commonly close a silent connection after 60.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WaitSeconds(u8);

/// An invalid [`WaitSeconds`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a request can wait for 0 to 50 seconds (got {0:?})")]
pub struct WaitSecondsError(String);

impl WaitSeconds {
    /// The longest wait.
    pub const MAX: u8 = 50;

    /// Returns the part of a wait that one request can take.
    #[must_use]
    pub fn at_most(wait: Duration) -> Self {
        Self(u8::try_from(wait.as_secs()).unwrap_or(Self::MAX).min(Self::MAX))
    }

    /// Returns the duration.
    #[must_use]
    pub fn get(self) -> Duration {
        Duration::from_secs(self.0.into())
    }
}

impl FromStr for WaitSeconds {
    type Err = WaitSecondsError;

    fn from_str(text: &str) -> Result<Self, WaitSecondsError> {
        let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
        let seconds = text.parse().ok().filter(|seconds| plain && *seconds <= Self::MAX);
        seconds.map(Self).ok_or_else(|| WaitSecondsError(text.chars().take(40).collect()))
    }
}

impl fmt::Display for WaitSeconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl serde::Serialize for WaitSeconds {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(self.0)
    }
}

impl<'de> serde::Deserialize<'de> for WaitSeconds {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = u8::deserialize(deserializer)?;
        seconds.to_string().parse().map_err(serde::de::Error::custom)
    }
}

crate::schema::schema!(
    WaitSeconds,
    MetaSchema {
        description: Some("Seconds for which the request waits for the data."),
        minimum: Some(0.0),
        maximum: Some(WaitSeconds::MAX.into()),
        example: Some(1.into()),
        ..MetaSchema::new_with_format("integer", "int32")
    }
);
crate::schema::parameter!(WaitSeconds);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_has_an_end_before_proxies_make_one() {
        for (text, seconds) in [("0", 0), ("7", 7), ("50", 50)] {
            assert_eq!(text.parse::<WaitSeconds>().map(WaitSeconds::get), Ok(Duration::from_secs(seconds)));
        }
        for wrong in ["51", "-1", "+1", "07", "1.5", "", "300"] {
            assert!(wrong.parse::<WaitSeconds>().is_err(), "{wrong}");
        }
        assert_eq!(WaitSeconds::at_most(Duration::from_secs(3600)).to_string(), "50");
        assert_eq!(WaitSeconds::at_most(Duration::from_millis(2900)).to_string(), "2");
    }
}
