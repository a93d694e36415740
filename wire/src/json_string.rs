//! JSON strings, as their readers see them.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Visitor};

/// The characters of a JSON string, whatever their spelling: `"a"` and `"\u0061"` are equal.
///
/// They are UTF-8, except that half of a surrogate pair, which JSON allows and UTF-8 does not, has three bytes of its own
/// (WTF-8). So different strings are never equal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JsonString<'a>(Cow<'a, [u8]>);

impl<'a> JsonString<'a> {
    /// Decodes a string of a JSON text, with its quotes.
    #[must_use]
    pub fn decode(spelled: &'a str) -> Self {
        let inner = spelled.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(spelled);
        if !inner.contains('\\') {
            return Self(Cow::Borrowed(inner.as_bytes()));
        }
        // It is part of a JSON text, so it is valid. Otherwise it stands for its spelling.
        serde_json::from_str(spelled).unwrap_or(Self(Cow::Borrowed(inner.as_bytes())))
    }

    /// The characters as bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Replaces halves of surrogate pairs by the escape of the replacement character, in the keys and strings of a JSON text.
///
/// serde_json refuses them in the names of members, whether or not somebody reads these. The length and all positions stay.
#[must_use]
pub fn without_lone_surrogates(json: &[u8]) -> Cow<'_, [u8]> {
    let mut replaced = Cow::Borrowed(json);
    let mut at = 0;
    while let Some(found) = json.get(at..).and_then(|rest| rest.iter().position(|byte| *byte == b'\\')) {
        at = at.saturating_add(found);
        let unit = |at: usize| surrogate(json.get(at..at.saturating_add(6))?);
        let length: usize = match (unit(at), unit(at.saturating_add(6))) {
            (Some(Surrogate::High), Some(Surrogate::Low)) => 12,
            (Some(_), _) => {
                let end = at.saturating_add(6);
                if let Some(escape) = replaced.to_mut().get_mut(at..end) {
                    escape.copy_from_slice(b"\\uFFFD");
                }
                6
            }
            (None, _) => 2,
        };
        at = at.saturating_add(length);
    }
    replaced
}

#[derive(PartialEq)]
enum Surrogate {
    High,
    Low,
}

/// Returns the half that an escape like `\ud800` stands for.
fn surrogate(escape: &[u8]) -> Option<Surrogate> {
    let digits = std::str::from_utf8(escape.strip_prefix(b"\\u")?).ok()?;
    match u16::from_str_radix(digits, 16).ok()? {
        0xD800..=0xDBFF => Some(Surrogate::High),
        0xDC00..=0xDFFF => Some(Surrogate::Low),
        _ => None,
    }
}

/// Shows the replacement character for what UTF-8 can't represent.
impl fmt::Display for JsonString<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for JsonString<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // serde_json's strings are UTF-8; its bytes have lone surrogates, too.
        deserializer.deserialize_bytes(Bytes)
    }
}

struct Bytes;

impl<'de> Visitor<'de> for Bytes {
    type Value = JsonString<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_bytes<E>(self, bytes: &'de [u8]) -> Result<Self::Value, E> {
        Ok(JsonString(Cow::Borrowed(bytes)))
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Self::Value, E> {
        Ok(JsonString(Cow::Owned(bytes.to_vec())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_is_its_characters_however_they_are_spelled() {
        for (one, other) in [
            (r#""a""#, r#""\u0061""#),
            (r#""é\"""#, r#""\u00E9\u0022""#),
            (r#""😀""#, r#""\ud83d\uDE00""#),
            (r#""\ud800""#, r#""\uD800""#),
            (r#""x\udfff\u0000""#, r#""\u0078\uDFFF\u0000""#),
        ] {
            assert_eq!(JsonString::decode(one), JsonString::decode(other));
        }
    }

    #[test]
    fn different_strings_differ_also_by_half_of_a_surrogate_pair() {
        let spelled =
            [r#""\ud800""#, r#""\ud801""#, r#""\udc00""#, r#""�""#, r#""\\ud800""#, r#""\u0000""#, r#""""#];
        for (index, one) in spelled.iter().enumerate() {
            for other in spelled.iter().skip(index + 1) {
                assert_ne!(JsonString::decode(one), JsonString::decode(other));
            }
        }
    }

    #[test]
    fn halves_of_surrogate_pairs_are_replaced_and_nothing_else() {
        for (text, expected) in [
            (r#"{"\ud800":1}"#, r#"{"\uFFFD":1}"#),
            (
                r#"["\uDFFF","\ud83d\ude00","\\ud800","\ud83d\ud83d\ude00"]"#,
                r#"["\uFFFD","\ud83d\ude00","\\ud800","\uFFFD\ud83d\ude00"]"#,
            ),
            (r#"["\ud800x\udc00","\n\"\u0000é"]"#, r#"["\uFFFDx\uFFFD","\n\"\u0000é"]"#),
            (r#""\ud8"#, r#""\ud8"#),
            (r#""\"#, r#""\"#),
        ] {
            assert_eq!(&*without_lone_surrogates(text.as_bytes()), expected.as_bytes(), "{text}");
        }
        let text = r#"{"\ud800":{"\udc00":2},"a":"\udbff"}"#;
        let value: serde_json::Value =
            serde_json::from_slice(&without_lone_surrogates(text.as_bytes())).expect("JSON");
        assert_eq!(value["a"], "\u{FFFD}");
    }

    #[test]
    fn members_of_an_object_have_such_keys() {
        let text = r#"{"a":1,"\ud800":2}"#;
        let members: std::collections::BTreeMap<JsonString<'_>, u8> =
            serde_json::from_str(text).expect("an object");
        assert_eq!(members.get(&JsonString::decode(r#""\uD800""#)), Some(&2));
    }
}
