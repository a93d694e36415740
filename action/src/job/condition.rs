//! What must be stored already for a store to be done.

use crate::inputs::Inputs;
use crate::interface as names;
use crate::text::excerpt;

/// What must be stored already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Condition {
    /// Anything or nothing.
    None,
    /// Just this revision.
    Revision(i64),
    /// Nothing.
    CreateOnly,
}

impl Condition {
    /// Nothing, if an input is wrong; the inputs have noted the problem then.
    pub(super) fn from_inputs(inputs: &Inputs<'_>) -> Option<Self> {
        let revision = inputs.text(&names::IF_MATCH).map(|text| revision(&text));
        let create_only = inputs.flag(&names::CREATE_ONLY)?;
        if create_only && revision.is_some() {
            inputs
                .problem("if-match and create-only: give one of them; no revision is there before the first");
            return None;
        }
        Some(match revision {
            Some(revision) => Self::Revision(inputs.valid("if-match", Some(revision))?),
            None if create_only => Self::CreateOnly,
            None => Self::None,
        })
    }
}

/// A revision, or the entity tag that is one in quotes.
fn revision(text: &str) -> Result<i64, String> {
    let quoted = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let digits = quoted.unwrap_or(text);
    // In its one spelling: the backend compares tags character by character.
    let revision =
        digits.parse().ok().filter(|revision: &i64| *revision > 0 && revision.to_string() == digits);
    revision.ok_or_else(|| {
        format!("write a revision like 3 or its entity tag like \"3\" (got {:?})", excerpt(text))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_is_written_bare_or_as_its_entity_tag() {
        assert_eq!(revision("3"), Ok(3));
        assert_eq!(revision("\"3\""), Ok(3));
        for wrong in ["0", "-1", "+1", "01", "\"01\"", "W/\"3\"", "\"3", "3, 4", "*", "\"\"", "scan=3"] {
            assert!(revision(wrong).is_err(), "{wrong}");
        }
    }
}
