//! Parsers of claims. Each is strict: GitHub writes every claim in one way, and a value in another form was not written by
//! GitHub.

use phase_data_wire::Repository;
use serde_json::Value;

/// The description of the expected value.
pub(super) type Expected = &'static str;

/// The end of the year 9999, so that every time can be shown.
const LAST_SECOND: i64 = 253_402_300_799;

/// Text that is not empty.
pub(super) fn text(value: &Value) -> Result<String, Expected> {
    let text = value.as_str().filter(|text| !text.is_empty());
    text.map(str::to_owned).ok_or("a string that is not empty")
}

/// One audience. A list is refused even with one entry: a token for two audiences can be passed on by
/// either to the other, and nobody who follows the instructions sends a list.
pub(super) fn audience(value: &Value) -> Result<String, Expected> {
    text(value).map_err(|_| "one string, not a list: a token is for one audience")
}

/// A whole number of seconds since 1970.
pub(super) fn seconds(value: &Value) -> Result<i64, Expected> {
    let seconds = value.as_i64().filter(|seconds| (0..=LAST_SECOND).contains(seconds));
    seconds.ok_or("a whole number of seconds since 1970")
}

/// A number above zero, as decimal digits in a string. GitHub writes its ids so. JSON numbers are refused:
/// some readers round long ones, and then two owners share one id.
pub(super) fn id(value: &Value) -> Result<i64, Expected> {
    let digits = value.as_str().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let id = digits.filter(|text| !text.starts_with('0')).and_then(|text| text.parse().ok());
    id.ok_or("a number above zero as a string of decimal digits")
}

/// `owner/name`.
pub(super) fn repository(value: &Value) -> Result<Repository, Expected> {
    value.as_str().and_then(|text| text.parse().ok()).ok_or("a repository as owner/name")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_id_is_decimal_digits_in_a_string() {
        assert_eq!(id(&json!("1")), Ok(1));
        assert_eq!(id(&json!("9223372036854775807")), Ok(i64::MAX));
        for bad in [
            json!("9223372036854775808"),
            json!("-1"),
            json!("+1"),
            json!("0"),
            json!("01"),
            json!(""),
            json!(" 1"),
            json!("1e3"),
            json!("0x1"),
            json!("١"),
            json!(1),
            json!(1.0),
            json!(null),
            json!(["1"]),
        ] {
            assert!(id(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_time_is_a_whole_number_that_can_be_shown() {
        assert_eq!(seconds(&json!(1_800_000_000)), Ok(1_800_000_000));
        for bad in
            [json!(-1), json!(1.5), json!(1e300), json!(i64::MAX), json!(u64::MAX), json!("1"), json!(null)]
        {
            assert!(seconds(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn one_audience_is_no_list() {
        assert_eq!(audience(&json!("a")), Ok("a".to_owned()));
        for bad in [json!(["a"]), json!(["a", "b"]), json!([]), json!(""), json!(1), json!({"a": 1})] {
            assert!(audience(&bad).is_err(), "{bad}");
        }
    }
}
