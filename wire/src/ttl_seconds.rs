//! Leases of claims.

use serde::{Deserialize, Serialize};

/// Seconds until others may take over a claim: a minute to a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "u32")]
pub struct TtlSeconds(u32);

/// An invalid [`TtlSeconds`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the lease of a claim must be 60 (a minute) to 86400 seconds (a day); got {0}")]
pub struct TtlSecondsError(i64);

impl TtlSeconds {
    /// The shortest lease: a minute.
    pub const MIN: u32 = 60;
    /// The longest lease: a day.
    pub const MAX: u32 = 24 * 60 * 60;

    /// Returns the seconds.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0
    }
}

/// A quarter of an hour.
impl Default for TtlSeconds {
    fn default() -> Self {
        Self(15 * 60)
    }
}

impl TryFrom<i64> for TtlSeconds {
    type Error = TtlSecondsError;

    fn try_from(seconds: i64) -> Result<Self, TtlSecondsError> {
        match u32::try_from(seconds) {
            Ok(known) if (Self::MIN..=Self::MAX).contains(&known) => Ok(Self(known)),
            _ => Err(TtlSecondsError(seconds)),
        }
    }
}

impl From<TtlSeconds> for u32 {
    fn from(seconds: TtlSeconds) -> Self {
        seconds.0
    }
}

crate::schema::schema!(
    TtlSeconds,
    MetaSchema {
        description: Some("Seconds until others may take over a claim: a minute to a day."),
        minimum: Some(f64::from(TtlSeconds::MIN)),
        maximum: Some(f64::from(TtlSeconds::MAX)),
        example: Some(900.into()),
        ..MetaSchema::new_with_format("integer", "int32")
    }
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_is_a_minute_to_a_day() {
        for good in [60, 900, 86_400] {
            assert_eq!(TtlSeconds::try_from(good).map(|ttl| i64::from(ttl.get())), Ok(good));
        }
        for bad in [i64::MIN, -60, 0, 59, 86_401, i64::MAX] {
            assert!(TtlSeconds::try_from(bad).is_err(), "{bad}");
        }
        assert_eq!(TtlSeconds::default().get(), 900);
    }
}
