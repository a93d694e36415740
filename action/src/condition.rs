//! The condition of a store.

use phase_data_wire::Revision;

use crate::text::excerpt;

/// The state that a store requires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Condition {
    /// No condition.
    None,
    /// This revision is stored, of any document.
    Revision(Revision),
    /// The document with this entity tag is stored. Includes the quotes.
    Tag(String),
    /// Nothing is stored.
    CreateOnly,
}

/// The backend's entity tags are shorter.
const MAX_TAG_LENGTH: usize = 200;

/// Parses a revision or an opaque entity tag. Refuses a revision in quotes, which never matches.
pub(crate) fn if_match(text: &str) -> Result<Condition, String> {
    if let Ok(revision) = text.parse() {
        return Ok(Condition::Revision(revision));
    }
    let quoted = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default();
    let is_tag = !quoted.is_empty()
        && quoted.len() <= MAX_TAG_LENGTH
        && quoted.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"')
        && !quoted.bytes().all(|byte| byte.is_ascii_digit());
    if is_tag {
        return Ok(Condition::Tag(text.to_owned()));
    }
    Err(format!(
        "use a revision like 3, or an entity tag like \"3-1a2b3c4d\" with its quotes (got {:?})",
        excerpt(text)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_is_bare_and_an_entity_tag_in_quotes() {
        assert_eq!(if_match("3"), "3".parse().map(Condition::Revision).map_err(|_| String::new()));
        for tag in ["\"3-1a2b3c4d\"", "\"scan.3-1a2b3c4d+validate.1-5e6f7a8b\"", "\"x\"", "\"-1\""] {
            assert_eq!(if_match(tag), Ok(Condition::Tag(tag.to_owned())));
        }
    }

    #[test]
    fn what_is_neither_is_refused() {
        let long = format!("\"{}\"", "x".repeat(MAX_TAG_LENGTH + 1));
        for wrong in [
            "0",
            "-1",
            "+1",
            "01",
            "1.0",
            "\"3\"",
            "\"01\"",
            "3-1a2b3c4d",
            "W/\"3-1a2b3c4d\"",
            "\"3-1a2b3c4d",
            "3-1a2b3c4d\"",
            "\"a\", \"b\"",
            "\"a b\"",
            "\"a\nb\"",
            "\"é\"",
            "3, 4",
            "*",
            "\"\"",
            "\"",
            "scan=3",
            &long,
        ] {
            assert!(if_match(wrong).is_err(), "{wrong}");
        }
    }
}
