//! Ages of results.

use std::fmt;
use std::str::FromStr;

/// Seconds since the last change of a phase: 1 second to ten years.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OlderThanSeconds(u32);

/// An invalid [`OlderThanSeconds`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an age must be 1 to 315360000 seconds (ten years); got {0:?}")]
pub struct OlderThanError(String);

impl OlderThanSeconds {
    /// The greatest age: ten years of 365 days.
    pub const MAX: u32 = 10 * 365 * 24 * 60 * 60;

    /// Returns the seconds.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0
    }
}

/// Parses decimal digits, as in a query.
impl FromStr for OlderThanSeconds {
    type Err = OlderThanError;

    fn from_str(text: &str) -> Result<Self, OlderThanError> {
        let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
        match text.parse() {
            Ok(seconds) if plain && seconds <= Self::MAX => Ok(Self(seconds)),
            _ => Err(OlderThanError(text.chars().take(40).collect())),
        }
    }
}

impl fmt::Display for OlderThanSeconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl serde::Serialize for OlderThanSeconds {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(self.0)
    }
}

impl<'de> serde::Deserialize<'de> for OlderThanSeconds {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = u32::deserialize(deserializer)?;
        seconds.to_string().parse().map_err(serde::de::Error::custom)
    }
}

crate::schema::schema!(
    OlderThanSeconds,
    MetaSchema {
        description: Some("Seconds since the last change: 1 second to ten years."),
        minimum: Some(1.0),
        maximum: Some(f64::from(OlderThanSeconds::MAX)),
        example: Some(86_400.into()),
        ..MetaSchema::new_with_format("integer", "int32")
    }
);
crate::schema::parameter!(OlderThanSeconds);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_a_number_of_seconds_up_to_ten_years() {
        for good in ["1", "86400", "315360000"] {
            assert_eq!(good.parse::<OlderThanSeconds>().map(|age| age.to_string()), Ok(good.to_owned()));
        }
        for bad in ["", "0", "-1", "+1", "01", "1.0", "1e3", "1d", "315360001", "99999999999999999999"] {
            let refusal = bad.parse::<OlderThanSeconds>().expect_err(bad).to_string();
            assert!(refusal.contains("1 to 315360000 seconds"), "{refusal}");
        }
    }
}
