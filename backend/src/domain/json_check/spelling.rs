//! Compares the spelling of a JSON text with PostgreSQL's.

/// An escape in a string.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::domain) struct Escape {
    /// Its length in bytes; a surrogate pair counts as one escape.
    pub(in crate::domain) length: usize,
    /// The length of its character in bytes when the document is read.
    pub(super) bytes: usize,
    /// The meaning of the escape.
    pub(in crate::domain) meaning: Meaning,
}

/// The meaning of an escape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::domain) enum Meaning {
    /// It is a short one like `\n`.
    Short,
    /// A character that JSONB can hold.
    Character(char),
    /// U+0000.
    Nul,
    /// Half of a surrogate pair.
    LoneSurrogate(u32),
}

/// A number without an exponent.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Number {
    /// The number of its digits, without a zero before the point of a fraction.
    pub(super) digits: u64,
    /// The length of PostgreSQL's spelling in bytes.
    pub(super) bytes: usize,
    /// Tells whether PostgreSQL can hold it.
    pub(super) is_storable: bool,
}

/// PostgreSQL's `numeric` has so many digits before the point, and so many behind it.
pub(crate) const MOST_DIGITS: (u64, u64) = (131_072, 16_383);
/// PostgreSQL accepts larger exponents for zero only, and much larger ones not at all.
const LARGEST_EXPONENT: u64 = 1_000_000;

/// Returns the escape at the start of `text`.
pub(in crate::domain) fn escape(text: &str) -> Escape {
    let (length, bytes, meaning) = match unicode_escape(text) {
        // Every short escape is PostgreSQL's spelling, too, but for this one.
        None if text.starts_with("\\/") => (2, 1, Meaning::Short),
        None => (2, 2, Meaning::Short),
        Some(0) => (6, 6, Meaning::Nul),
        Some(high @ 0xD800..=0xDBFF) => match text.get(6..).and_then(unicode_escape) {
            Some(low @ 0xDC00..=0xDFFF) => {
                (12, 4, character(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)))
            }
            _ => (6, 6, Meaning::LoneSurrogate(high)),
        },
        Some(unit) => (6, spelled(unit), character(unit)),
    };
    Escape { length, bytes, meaning }
}

/// The character of a code point, which only a surrogate does not have.
fn character(code: u32) -> Meaning {
    char::from_u32(code).map_or(Meaning::LoneSurrogate(code), Meaning::Character)
}

/// The code unit of a `\uXXXX` at the start of `text`.
fn unicode_escape(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u32::from_str_radix(digits, 16).ok()
}

fn spelled(unit: u32) -> usize {
    match unit {
        // \b \t \n \f \r \" \\
        0x08 | 0x09 | 0x0A | 0x0C | 0x0D | 0x22 | 0x5C => 2,
        0x00..0x20 => 6,
        // Half of a surrogate pair stays an escape.
        _ => char::from_u32(unit).map_or(6, char::len_utf8),
    }
}

/// A JSON number as PostgreSQL writes it out: `1e3` is 1000, `1.5e-3` is 0.0015, `-0.0` is 0.0.
pub(super) fn number(text: &str) -> Number {
    let unsigned = text.trim_start_matches('-');
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    // An exponent that is too long for an i64 is too large either way, its sign aside.
    let exponent: i64 = exponent.parse().unwrap_or(i64::from(u32::MAX));
    let count = |digits: &str, shift: i64| (digits.len() as i64).saturating_add(shift).max(0) as u64;
    let scale = count(fraction, exponent.saturating_neg());

    // PostgreSQL drops leading zeros, and the sign of zero.
    let zeros = whole.bytes().chain(fraction.bytes()).take_while(|digit| *digit == b'0').count();
    let is_zero = zeros == whole.len() + fraction.len();
    let before_point = if is_zero { 1 } else { count(whole, exponent.saturating_sub(zeros as i64)).max(1) };
    let is_fraction = scale > 0 && (is_zero || count(whole, exponent.saturating_sub(zeros as i64)) == 0);
    let sign = u64::from(text.starts_with('-') && !is_zero);
    let after_point = if scale == 0 { 0 } else { scale.saturating_add(1) };
    let bytes = sign.saturating_add(before_point).saturating_add(after_point);
    Number {
        digits: if is_fraction { scale } else { before_point.saturating_add(scale) },
        bytes: usize::try_from(bytes).unwrap_or(usize::MAX),
        is_storable: before_point <= MOST_DIGITS.0
            && scale <= MOST_DIGITS.1
            && exponent.unsigned_abs() <= LARGEST_EXPONENT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_counted_as_written_out() {
        for (text, digits, written) in [
            ("0", 1, "0"),
            ("-0", 1, "0"),
            ("-0.0", 1, "0.0"),
            ("-12.50", 4, "-12.50"),
            ("1e3", 4, "1000"),
            ("-1E+3", 4, "-1000"),
            ("1.5e-3", 4, "0.0015"),
            ("1.5e3", 4, "1500"),
            ("12e-1", 2, "1.2"),
            ("0.001e3", 1, "1"),
            ("0.0012e1", 3, "0.012"),
            ("0e5", 1, "0"),
            ("0e-3", 3, "0.000"),
            ("10e-1", 2, "1.0"),
        ] {
            assert_eq!(number(text), Number { digits, bytes: written.len(), is_storable: true }, "{text}");
        }
    }

    #[test]
    fn what_postgresql_can_hold_is_a_matter_of_the_digits_on_each_side_of_the_point() {
        let (most, too_many) = ("9".repeat(131_072), "9".repeat(131_073));
        let (deepest, too_deep) = ("1".repeat(16_383), "1".repeat(16_384));
        for (text, is_storable) in [
            (most.clone(), true),
            (format!("-{most}.{deepest}"), true),
            (format!("{most}.0e0"), true),
            ("0.1e131072".to_owned(), true),
            ("1e-16383".to_owned(), true),
            ("0e1000000".to_owned(), true),
            (too_many, false),
            (format!("0.{too_deep}"), false),
            ("1e131072".to_owned(), false),
            ("1e-16384".to_owned(), false),
            ("0e-16384".to_owned(), false),
            ("0e1000001".to_owned(), false),
            ("0E99999999999999999999999".to_owned(), false),
        ] {
            assert_eq!(number(&text).is_storable, is_storable, "{text:.40}");
        }
    }

    #[test]
    fn escapes_are_counted_as_their_characters() {
        for (text, length, spelled, meaning) in [
            (r"\/", 2, "/", Meaning::Short),
            (r"\n", 2, r"\n", Meaning::Short),
            (r"\u000a", 6, r"\n", Meaning::Character('\n')),
            (r"\u001F", 6, r"\u001f", Meaning::Character('\u{1f}')),
            (r"\u0022", 6, r#"\""#, Meaning::Character('"')),
            (r"\u0041", 6, "A", Meaning::Character('A')),
            (r"\u007f", 6, "\u{7f}", Meaning::Character('\u{7f}')),
            (r"\u00e9", 6, "é", Meaning::Character('é')),
            (r"\u20ac", 6, "€", Meaning::Character('€')),
            (r"\ud83d\ude00", 12, "😀", Meaning::Character('😀')),
            (r"\udbff\udffd", 12, "\u{10FFFD}", Meaning::Character('\u{10FFFD}')),
            (r"\u0000", 6, r"\u0000", Meaning::Nul),
            (r"\uD83D\ud83d", 6, r"\ud83d", Meaning::LoneSurrogate(0xD83D)),
            (r"\ud83d\\ude00", 6, r"\ud83d", Meaning::LoneSurrogate(0xD83D)),
            (r"\uDE00", 6, r"\ude00", Meaning::LoneSurrogate(0xDE00)),
        ] {
            assert_eq!(escape(text), Escape { length, bytes: spelled.len(), meaning }, "{text}");
        }
    }
}
