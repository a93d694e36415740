//! JSON pointers (RFC 6901), followed through the text of a document.
//!
//! The value is cut out of the text and never re-serialised, so that its numbers keep their digits.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use phase_data_wire::JsonString;
use serde_json::value::RawValue;

use crate::error::PointerError;
use crate::text::excerpt;

/// A path to one value in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pointer(Vec<String>);

impl FromStr for Pointer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some(parts) = text.strip_prefix('/') else {
            let given = excerpt(text);
            return Err(format!(
                "a JSON pointer begins with a slash: write it like /findings/0/id (got {given:?})"
            ));
        };
        parts.split('/').map(unescaped).collect::<Option<_>>().map(Self).ok_or_else(|| {
            format!("in a JSON pointer ~ is written ~0, and / in a name ~1 (got {:?})", excerpt(text))
        })
    }
}

/// The name that a part of a pointer stands for.
fn unescaped(part: &str) -> Option<String> {
    let mut pieces = part.split('~');
    let mut name = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        name.push(match piece.as_bytes().first()? {
            b'0' => '~',
            b'1' => '/',
            _ => return None,
        });
        name.push_str(piece.get(1..)?);
    }
    Some(name)
}

impl Pointer {
    /// The text of the value that this leads to.
    pub(crate) fn follow<'a>(&self, document: &'a str) -> Result<&'a str, PointerError> {
        let mut value = document.trim();
        for (depth, part) in self.0.iter().enumerate() {
            let at = || match depth {
                0 => "the top".to_owned(),
                _ => Self(self.0.iter().take(depth).cloned().collect()).to_string(),
            };
            let name = || excerpt(part);
            value = match value.as_bytes().first() {
                Some(b'{') => {
                    member(value, part).ok_or_else(|| PointerError::NoMember { at: at(), name: name() })?
                }
                Some(b'[') => element(value, part).map_err(|length| PointerError::NoElement {
                    at: at(),
                    length,
                    name: name(),
                })?,
                first => return Err(PointerError::Scalar { at: at(), kind: kind(first), name: name() }),
            };
        }
        Ok(value)
    }
}

fn member<'a>(object: &'a str, name: &str) -> Option<&'a str> {
    let members: BTreeMap<JsonString<'_>, &RawValue> = serde_json::from_str(object).ok()?;
    members.into_iter().find(|(key, _)| key.as_bytes() == name.as_bytes()).map(|(_, value)| value.get())
}

/// The element, or how many there are. An index has one spelling: no sign, no leading zeros.
fn element<'a>(array: &'a str, index: &str) -> Result<&'a str, usize> {
    let elements: Vec<&RawValue> = serde_json::from_str(array).unwrap_or_default();
    let number = index.parse::<usize>().ok().filter(|number| number.to_string() == index);
    let element = number.and_then(|number| elements.get(number));
    element.map(|element| element.get()).ok_or(elements.len())
}

fn kind(first: Option<&u8>) -> &'static str {
    match first {
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|name| write!(f, "/{}", name.replace('~', "~0").replace('/', "~1")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn follow<'a>(pointer: &str, document: &'a str) -> Result<&'a str, String> {
        pointer.parse::<Pointer>()?.follow(document).map_err(|error| error.to_string())
    }

    #[test]
    fn the_examples_of_the_rfc_lead_to_their_values() {
        let document =
            r#"{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8}"#;
        for (pointer, value) in [
            ("/foo", r#"["bar","baz"]"#),
            ("/foo/0", "\"bar\""),
            ("/", "0"),
            ("/a~1b", "1"),
            ("/c%d", "2"),
            ("/e^f", "3"),
            ("/g|h", "4"),
            ("/i\\j", "5"),
            ("/k\"l", "6"),
            ("/ ", "7"),
            ("/m~0n", "8"),
        ] {
            assert_eq!(follow(pointer, document).as_deref(), Ok(value), "{pointer}");
        }
        assert_eq!(follow("/~01", r#"{"~1":1,"/":2}"#).as_deref(), Ok("1"));
    }

    #[test]
    fn a_value_is_the_text_that_is_stored() {
        let document = " {\"n\" : [ 123456789012345678901234567890 ,1e400, -0.10 ], \"\\u00e9\": 1}";
        assert_eq!(follow("/n/0", document).as_deref(), Ok("123456789012345678901234567890"));
        assert_eq!(follow("/n/1", document).as_deref(), Ok("1e400"));
        assert_eq!(follow("/n/2", document).as_deref(), Ok("-0.10"));
        assert_eq!(follow("/é", document).as_deref(), Ok("1"));
        let deep = format!("{}1{}", "[".repeat(2000), "]".repeat(2000));
        assert_eq!(follow(&"/0".repeat(2000), &deep).as_deref(), Ok("1"));
    }

    #[test]
    fn nul_and_halves_of_surrogate_pairs_hide_no_other_member() {
        let document = r#"{"\ud800":1,"\u0000":2,"a":"\ud83d\u0000","\uDFFF":{"b":3}}"#;
        assert_eq!(follow("/a", document).as_deref(), Ok(r#""\ud83d\u0000""#));
        assert_eq!(follow("/\0", document).as_deref(), Ok("2"));
        // Not the replacement character, which stands for anything.
        assert!(follow("/\u{FFFD}", document).is_err());
    }

    #[test]
    fn a_pointer_to_nothing_says_which_part_leads_nowhere() {
        for (pointer, document, message) in [
            ("/a", "{}", r#"the object at the top has no member "a""#),
            ("/a/b/c", r#"{"a":{"x":1}}"#, r#"the object at /a has no member "b""#),
            (
                "/a/2",
                r#"{"a":[1,2]}"#,
                r#"the array at /a has 2 elements, counted from 0, and no element "2""#,
            ),
            ("/a/-", r#"{"a":[]}"#, r#"the array at /a has 0 elements, counted from 0, and no element "-""#),
            ("/01", "[1,2]", r#"the array at the top has 2 elements, counted from 0, and no element "01""#),
            ("/a~1b/c", r#"{"a/b":"x"}"#, r#"the value at /a~1b is a string, and contains no "c""#),
            ("/a", "null", r#"the value at the top is null, and contains no "a""#),
            ("/a", "-1", r#"the value at the top is a number, and contains no "a""#),
            ("/a", "true", r#"the value at the top is a boolean, and contains no "a""#),
        ] {
            assert_eq!(follow(pointer, document), Err(message.to_owned()));
        }
    }

    #[test]
    fn what_is_no_pointer_is_refused() {
        for wrong in ["a", "$.a", ".a", "#/a", "/~", "/~2", "/a~/b", "/~é"] {
            assert!(wrong.parse::<Pointer>().is_err(), "{wrong}");
        }
    }
}
