//! Times in untrusted input, which can be something else.

use std::fmt;

use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::StatedTime;

/// A value of untrusted input where a time is expected. Anything else is ignored, and nothing of it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LenientTime {
    /// A text in the form of RFC 3339.
    Text(StatedTime),
    /// Seconds since 1970.
    Seconds(StatedTime),
    /// Something else.
    Unreadable,
}

impl LenientTime {
    /// Returns the time, in either form.
    #[must_use]
    pub fn get(self) -> Option<OffsetDateTime> {
        match self {
            Self::Text(at) | Self::Seconds(at) => Some(at.get()),
            Self::Unreadable => None,
        }
    }

    fn seconds(seconds: i64) -> Self {
        OffsetDateTime::from_unix_timestamp(seconds).map_or(Self::Unreadable, |at| Self::Seconds(at.into()))
    }
}

impl<'de> Deserialize<'de> for LenientTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Anything)
    }
}

// An untagged enum would buffer the whole value while it tries one variant after the other.
struct Anything;

impl<'de> Visitor<'de> for Anything {
    type Value = LenientTime;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("anything")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<LenientTime, E> {
        let at = OffsetDateTime::parse(text, &Rfc3339);
        Ok(at.map_or(LenientTime::Unreadable, |at| LenientTime::Text(at.into())))
    }

    fn visit_i64<E: Error>(self, seconds: i64) -> Result<LenientTime, E> {
        Ok(LenientTime::seconds(seconds))
    }

    fn visit_u64<E: Error>(self, seconds: u64) -> Result<LenientTime, E> {
        Ok(i64::try_from(seconds).map_or(LenientTime::Unreadable, LenientTime::seconds))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<LenientTime, E> {
        Ok(LenientTime::Unreadable)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<LenientTime, E> {
        Ok(LenientTime::Unreadable)
    }

    fn visit_unit<E: Error>(self) -> Result<LenientTime, E> {
        Ok(LenientTime::Unreadable)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<LenientTime, A::Error> {
        while sequence.next_element::<IgnoredAny>()?.is_some() {}
        Ok(LenientTime::Unreadable)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<LenientTime, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(LenientTime::Unreadable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_both_forms_and_anything_else_is_passed_over() {
        let read = |json: &str| serde_json::from_str::<LenientTime>(json).expect("JSON");
        assert!(matches!(read(r#""2026-03-01T09:30:00Z""#), LenientTime::Text(_)));
        assert!(matches!(read(r#""9999-12-31T23:59:59-23:59""#), LenientTime::Text(_)));
        assert_eq!(read("1772357400").get().map(OffsetDateTime::unix_timestamp), Some(1_772_357_400));
        assert!(matches!(read("-1"), LenientTime::Seconds(_)));
        let others =
            ["9223372036854775807", "-9223372036854775808", "18446744073709551615", "1e300", "1.5", "true"];
        for other in
            others.into_iter().chain(["null", "[]", "[[1],{}]", "{}", r#"{"a":[]}"#, r#""""#, r#""soon""#])
        {
            assert_eq!(read(other), LenientTime::Unreadable, "{other}");
        }
        assert!(serde_json::from_str::<LenientTime>("[1").is_err());
    }
}
