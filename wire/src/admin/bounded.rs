//! Numbers with a range.

use serde::{Deserialize, Serialize};

/// A number outside of its range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} must be between {min} and {max} (got {got})")]
pub struct OutOfRange {
    what: &'static str,
    min: u16,
    max: u16,
    got: i64,
}

/// Declares a number whose range is checked when it is parsed.
macro_rules! bounded {
    ($(#[$doc:meta])* $name:ident, $what:literal, $min:literal..=$max:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(try_from = "i64", into = "u16")]
        pub struct $name(u16);

        impl $name {
            /// The smallest number.
            pub const MIN: u16 = $min;
            /// The largest number.
            pub const MAX: u16 = $max;

            /// The number.
            #[must_use]
            pub fn get(self) -> u16 {
                self.0
            }
        }

        impl TryFrom<i64> for $name {
            type Error = OutOfRange;

            fn try_from(got: i64) -> Result<Self, OutOfRange> {
                match u16::try_from(got) {
                    Ok(number) if (Self::MIN..=Self::MAX).contains(&number) => Ok(Self(number)),
                    _ => Err(OutOfRange { what: $what, min: Self::MIN, max: Self::MAX, got }),
                }
            }
        }

        impl From<$name> for u16 {
            fn from(number: $name) -> u16 {
                number.0
            }
        }
    };
}

bounded!(
    /// Days until a key expires: up to ten years.
    ExpiresInDays,
    "the number of days",
    1..=3650
);
bounded!(
    /// Hours for which a rotated key stays valid: up to 30 days.
    OldKeyHours,
    "the number of hours",
    0..=720
);

bounded!(
    /// Days for which closed data can be restored: up to a year.
    GraceDays,
    "the number of days",
    0..=365
);

bounded!(
    /// Days for which events are kept: up to a hundred years.
    EventDays,
    "the number of days",
    1..=36500
);

impl Default for OldKeyHours {
    /// Returns one day: enough to replace a secret by hand everywhere.
    fn default() -> Self {
        Self(24)
    }
}

crate::schema::schema!(
    ExpiresInDays,
    MetaSchema {
        minimum: Some(ExpiresInDays::MIN.into()),
        maximum: Some(ExpiresInDays::MAX.into()),
        example: Some(90.into()),
        description: Some("Days until the key expires."),
        ..MetaSchema::new_with_format("integer", "int32")
    }
);

crate::schema::schema!(
    GraceDays,
    MetaSchema {
        minimum: Some(GraceDays::MIN.into()),
        maximum: Some(GraceDays::MAX.into()),
        example: Some(30.into()),
        description: Some("Days for which closed data can be restored."),
        ..MetaSchema::new_with_format("integer", "int32")
    }
);

crate::schema::schema!(
    EventDays,
    MetaSchema {
        minimum: Some(EventDays::MIN.into()),
        maximum: Some(EventDays::MAX.into()),
        example: Some(730.into()),
        description: Some("Days for which events are kept."),
        ..MetaSchema::new_with_format("integer", "int32")
    }
);

crate::schema::schema!(
    OldKeyHours,
    MetaSchema {
        minimum: Some(OldKeyHours::MIN.into()),
        maximum: Some(OldKeyHours::MAX.into()),
        example: Some(24.into()),
        description: Some("Hours for which a rotated key stays valid."),
        ..MetaSchema::new_with_format("integer", "int32")
    }
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_out_of_range_is_refused_with_the_range() {
        assert_eq!(OldKeyHours::try_from(0).map(OldKeyHours::get), Ok(0));
        assert_eq!(ExpiresInDays::try_from(3650).map(ExpiresInDays::get), Ok(3650));
        let refusal = ExpiresInDays::try_from(0).expect_err("no time at all").to_string();
        assert_eq!(refusal, "the number of days must be between 1 and 3650 (got 0)");
        assert!(OldKeyHours::try_from(721).is_err() && OldKeyHours::try_from(-1).is_err());
    }
}
