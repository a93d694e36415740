//! Times from outside: of a forge, a webhook or a caller.

use std::str::FromStr;

use serde::{Deserialize, Deserializer};
use time::format_description::well_known::Rfc3339;
use time::macros::datetime;
use time::{OffsetDateTime, UtcOffset};

/// A time from outside. It is converted to UTC and limited to the years 1 to 9999, so that it can always be converted,
/// stored, compared and shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct StatedTime(OffsetDateTime);

/// The error for a text that is no time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a time is written 2026-03-01T09:30:00Z, or with its offset from UTC, as in 2026-03-01T11:30:00+02:00"
)]
pub struct StatedTimeError;

/// The earliest time of RFC 3339. PostgreSQL has earlier ones, which are not needed.
const EARLIEST: OffsetDateTime = datetime!(0001-01-01 00:00:00 UTC);
/// The last microsecond that both RFC 3339 and PostgreSQL have.
const LATEST: OffsetDateTime = datetime!(9999-12-31 23:59:59.999999 UTC);

impl StatedTime {
    /// Returns the time in UTC.
    #[must_use]
    pub fn get(self) -> OffsetDateTime {
        self.0
    }

    /// Returns the time, or `None` if it is in the future. Then the clock of the sender is ahead, and the time means now:
    /// recorded unchanged, it would count as newer than every report until then.
    #[must_use]
    pub fn not_ahead_of(self, told_at: OffsetDateTime) -> Option<OffsetDateTime> {
        Some(self.0).filter(|stated| *stated <= told_at)
    }
}

impl From<OffsetDateTime> for StatedTime {
    fn from(stated: OffsetDateTime) -> Self {
        // `None` means that the time is outside of the calendar in UTC.
        let utc = stated.checked_to_offset(UtcOffset::UTC);
        Self(utc.unwrap_or(stated.clamp(EARLIEST, LATEST)).clamp(EARLIEST, LATEST))
    }
}

/// RFC 3339, as GitHub writes times.
impl<'de> Deserialize<'de> for StatedTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        time::serde::rfc3339::deserialize(deserializer).map(Self::from)
    }
}

/// RFC 3339, and the forms in which clients send it in a query: `+0000` or `+00` as the offset, a blank instead of `T`, and a
/// blank instead of the offset's `+`, which means a blank in a query.
impl FromStr for StatedTime {
    type Err = StatedTimeError;

    fn from_str(text: &str) -> Result<Self, StatedTimeError> {
        let at = as_rfc3339(text).and_then(|text| OffsetDateTime::parse(&text, &Rfc3339).ok());
        at.map(Self::from).ok_or(StatedTimeError)
    }
}

/// Writes a time as RFC 3339 does. Only the separators are looked at.
fn as_rfc3339(text: &str) -> Option<String> {
    let (date, rest) = text.split_at_checked("2026-03-01".len())?;
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let (clock, offset) = rest.split_at(rest.find(['Z', 'z', '+', '-', ' '])?);
    let offset = offset.trim_start();
    if offset.eq_ignore_ascii_case("z") {
        return Some(format!("{date}T{clock}Z"));
    }
    let sign = if offset.starts_with('-') { '-' } else { '+' };
    let digits = offset.strip_prefix(['+', '-']).unwrap_or(offset);
    let (hours, minutes) = match digits.split_once(':') {
        Some(parts) => parts,
        None => digits.split_at_checked(2)?,
    };
    let minutes = if minutes.is_empty() { "00" } else { minutes };
    Some(format!("{date}T{clock}{sign}{hours}:{minutes}"))
}

/// A query parameter of this type has the schema of a time.
#[cfg(feature = "openapi")]
const _: () = {
    use std::borrow::Cow;

    use poem_openapi::registry::MetaSchemaRef;
    use poem_openapi::types::Type;

    impl Type for StatedTime {
        const IS_REQUIRED: bool = true;
        type RawValueType = Self;
        type RawElementValueType = Self;

        fn name() -> Cow<'static, str> {
            OffsetDateTime::name()
        }

        fn schema_ref() -> MetaSchemaRef {
            OffsetDateTime::schema_ref()
        }

        fn as_raw_value(&self) -> Option<&Self> {
            Some(self)
        }

        fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
            Box::new(std::iter::once(self))
        }
    }
};
crate::schema::parameter!(StatedTime);

#[cfg(test)]
mod tests {
    use super::*;

    fn stated(text: &str) -> StatedTime {
        serde_json::from_str(&format!("{text:?}")).expect("a time")
    }

    #[test]
    fn every_time_that_can_be_written_has_a_place_in_the_calendar() {
        for (text, is_kept) in [
            ("2026-03-01T12:00:00+02:00", "2026-03-01T10:00:00Z"),
            ("2026-03-01T10:00:00.123456789Z", "2026-03-01T10:00:00.123456789Z"),
            ("0000-01-01T00:00:00+23:59", "0001-01-01T00:00:00Z"),
            ("0000-12-31T23:59:59Z", "0001-01-01T00:00:00Z"),
            ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
            ("9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999999Z"),
            // In UTC this is the year 10000, which can't be converted.
            ("9999-12-31T23:59:59-23:59", "9999-12-31T23:59:59.999999Z"),
        ] {
            assert_eq!(stated(text).get().format(&Rfc3339).expect("a time"), is_kept, "{text}");
        }
        for wrong in ["2026-03-01", "10000-01-01T00:00:00Z", "-0001-01-01T00:00:00Z", "infinity", ""] {
            assert!(serde_json::from_str::<StatedTime>(&format!("{wrong:?}")).is_err(), "{wrong}");
        }
    }

    #[test]
    fn times_in_queries_are_read_in_the_forms_that_clients_send() {
        for text in [
            "2026-03-01T10:00:00Z",
            "2026-03-01t10:00:00z",
            "2026-03-01 10:00:00Z",
            "2026-03-01 10:00:00 +0000",
            "2026-03-01T10:00:00.000000+00:00",
            "2026-03-01T10:00:00+0000",
            "2026-03-01T10:00:00+00",
            "2026-03-01T10:00:00-0000",
            "2026-03-01T10:00:00 00:00",
            "2026-03-01T10:00:00 0000",
            "2026-03-01T12:00:00 02:00",
            "2026-03-01T12:00:00+0200",
            "2026-03-01 04:30:00-0530",
            "2026-03-01 04:30:00.0 -0530",
        ] {
            let at = text.parse::<StatedTime>().unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(at.get(), datetime!(2026-03-01 10:00:00 UTC), "{text}");
        }
        for text in [
            "",
            "now",
            "1772359200",
            "2026-03-01",
            "2026-03-01T10:00:00",
            "2026-03-01T10:00Z",
            "2026-03-01T10:00:00 ",
            "2026-03-01T10:00:00+",
            "2026-03-01T10:00:00+2",
            "2026-03-01T10:00:00+020",
            "2026-03-01T10:00:00++02:00",
            "2026-03-01T10:00:00+02:0",
            "2026-03-01T10:00:00+99:00",
            "2026-03-01T10:00:00 UTC",
            "2026-03-01T10:00:00Z[UTC]",
            "2026-03-01  10:00:00Z",
            "2026-02-30T10:00:00Z",
            "01/03/2026 10:00:00",
            "2026-03-0é 10:00:00Z",
            "2026-03-01T10:00:00+é0:00",
        ] {
            assert_eq!(text.parse::<StatedTime>(), Err(StatedTimeError), "{text}");
        }
    }

    #[test]
    fn a_time_ahead_of_its_receipt_means_now_and_every_other_is_kept() {
        let told_at = datetime!(2026-03-01 10:00:00 UTC);
        for (text, is_kept) in [
            ("2026-03-01T10:00:00Z", true),
            ("2026-03-01T12:00:00+02:00", true),
            ("1970-01-01T00:00:00Z", true),
            ("0000-01-01T00:00:00+23:59", true),
            ("2026-03-01T10:00:00.000000001Z", false),
            ("2026-03-01T11:00:00+00:59", false),
            ("9999-12-31T23:59:59-23:59", false),
        ] {
            let expected = is_kept.then(|| stated(text).get());
            assert_eq!(stated(text).not_ahead_of(told_at), expected, "{text}");
        }
    }
}
