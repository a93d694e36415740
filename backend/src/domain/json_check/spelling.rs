//! How PostgreSQL spells what a JSON text spells otherwise.

use super::FlawKind;

/// An escape in a string.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Escape {
    /// How many bytes it has here; a surrogate pair counts as one escape.
    pub(super) length: usize,
    /// How many bytes PostgreSQL spells its character with.
    pub(super) bytes: usize,
}

/// A number without an exponent.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Number {
    /// How many digits it has.
    pub(super) digits: u64,
    /// How many bytes PostgreSQL spells it with.
    pub(super) bytes: usize,
}

/// The escape at the start of `text`.
pub(super) fn escape(text: &str) -> Result<Escape, FlawKind> {
    match unicode_escape(text) {
        // Every short escape is PostgreSQL's spelling, too, but for this one.
        None if text.starts_with("\\/") => Ok(Escape { length: 2, bytes: 1 }),
        None => Ok(Escape { length: 2, bytes: 2 }),
        Some(0) => Err(FlawKind::NulCharacter),
        Some(0xD800..=0xDBFF) => match text.get(6..).and_then(unicode_escape) {
            Some(0xDC00..=0xDFFF) => Ok(Escape { length: 12, bytes: 4 }),
            _ => Err(FlawKind::LoneSurrogate),
        },
        Some(0xDC00..=0xDFFF) => Err(FlawKind::LoneSurrogate),
        Some(unit) => Ok(Escape { length: 6, bytes: spelled(unit) }),
    }
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
        _ => char::from_u32(unit).map_or(3, char::len_utf8),
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
    let digits = count(whole, exponent).max(1).saturating_add(scale);

    // PostgreSQL drops leading zeros, and the sign of zero.
    let zeros = whole.bytes().chain(fraction.bytes()).take_while(|digit| *digit == b'0').count();
    let is_zero = zeros == whole.len() + fraction.len();
    let before_point = if is_zero { 1 } else { count(whole, exponent.saturating_sub(zeros as i64)).max(1) };
    let sign = u64::from(text.starts_with('-') && !is_zero);
    let after_point = if scale == 0 { 0 } else { scale.saturating_add(1) };
    let bytes = sign.saturating_add(before_point).saturating_add(after_point);
    Number { digits, bytes: usize::try_from(bytes).unwrap_or(usize::MAX) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_counted_as_written_out() {
        for (text, digits, written) in [
            ("0", 1, "0"),
            ("-0", 1, "0"),
            ("-0.0", 2, "0.0"),
            ("-12.50", 4, "-12.50"),
            ("1e3", 4, "1000"),
            ("-1E+3", 4, "-1000"),
            ("1.5e-3", 5, "0.0015"),
            ("1.5e3", 4, "1500"),
            ("12e-1", 2, "1.2"),
            ("0.001e3", 4, "1"),
            ("0.0012e1", 5, "0.012"),
            ("0e5", 6, "0"),
            ("0e-3", 4, "0.000"),
            ("10e-1", 2, "1.0"),
        ] {
            assert_eq!(number(text), Number { digits, bytes: written.len() }, "{text}");
        }
    }

    #[test]
    fn escapes_are_counted_as_their_characters() {
        for (text, length, spelled) in [
            (r"\/", 2, "/"),
            (r"\n", 2, r"\n"),
            (r"\u000a", 6, r"\n"),
            (r"\u001F", 6, r"\u001f"),
            (r"\u0022", 6, r#"\""#),
            (r"\u0041", 6, "A"),
            (r"\u007f", 6, "\u{7f}"),
            (r"\u00e9", 6, "é"),
            (r"\u20ac", 6, "€"),
            (r"\ud83d\ude00", 12, "😀"),
        ] {
            assert_eq!(escape(text), Ok(Escape { length, bytes: spelled.len() }), "{text}");
        }
    }
}
