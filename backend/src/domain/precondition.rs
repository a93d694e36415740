//! Conditional requests (RFC 9110, section 13). The database makes entity tags; here they are opaque.

mod entity_tags;

use phase_data_wire::{Phase, Revision};
use serde::Deserialize;

pub(crate) use entity_tags::{EntityTagError, EntityTags};

/// Conditions under which a write is done: all of them must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Precondition {
    if_match: Option<EntityTags>,
    if_revision: Option<Revision>,
    if_absent: bool,
}

/// Conditions that can never hold together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "if_revision asks for a stored revision, and If-None-Match: * for nothing to be stored; send one of them"
)]
pub(crate) struct ContradictionError;

/// A live phase, as conditions see it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct TaggedPhase {
    pub(crate) phase: Phase,
    pub(crate) revision: i64,
    pub(crate) etag: String,
}

impl Precondition {
    /// Asks for one of these entity tags, for this revision, or for both.
    pub(crate) fn new(if_match: Option<EntityTags>, if_revision: Option<Revision>) -> Self {
        Self { if_match, if_revision, if_absent: false }
    }

    /// Asks also that nothing be stored, if `if_absent` says so.
    ///
    /// # Errors
    /// If a revision is asked for, too.
    pub(crate) fn if_absent(self, if_absent: bool) -> Result<Self, ContradictionError> {
        if if_absent && self.if_revision.is_some() {
            return Err(ContradictionError);
        }
        Ok(Self { if_absent, ..self })
    }

    /// Returns `true` if something must be stored.
    pub(crate) fn must_exist(&self) -> bool {
        self.if_match == Some(EntityTags::Any)
    }

    /// Returns `true` if nothing may be stored.
    pub(crate) fn must_not_exist(&self) -> bool {
        self.if_absent
    }

    /// The entity tags of which one must be the stored one's. A weak tag never matches in a write, so it is left out.
    pub(crate) fn tags(&self) -> Option<Vec<&str>> {
        match &self.if_match {
            Some(EntityTags::Listed(tags)) => {
                Some(tags.iter().filter(|tag| !tag.is_weak()).map(|tag| tag.opaque()).collect())
            }
            _ => None,
        }
    }

    /// The revision that must be stored.
    pub(crate) fn revision(&self) -> Option<i64> {
        self.if_revision.map(Revision::get)
    }

    /// A bare revision among the entity tags, which is nothing's tag.
    pub(crate) fn revision_as_tag(&self) -> Option<Revision> {
        let Some(EntityTags::Listed(tags)) = &self.if_match else { return None };
        tags.iter().find_map(|tag| tag.opaque().parse().ok())
    }

    /// Returns `true` if a proxy changed one of the entity tags: to a weak one, or by the suffix of an encoding.
    pub(crate) fn has_altered_tag(&self) -> bool {
        let Some(EntityTags::Listed(tags)) = &self.if_match else { return false };
        tags.iter().any(|tag| tag.is_weak() || tag.without_encoding().is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn precondition(if_match: &str, if_revision: &str) -> Precondition {
        let tags = (!if_match.is_empty()).then(|| if_match.parse().expect(if_match));
        let revision = (!if_revision.is_empty()).then(|| if_revision.parse().expect(if_revision));
        Precondition::new(tags, revision)
    }

    #[test]
    fn only_strong_tags_count_and_none_is_interpreted() {
        for (if_match, tags) in [
            ("", None),
            ("*", None),
            ("\"3-1a2b3c4d\"", Some(vec!["3-1a2b3c4d"])),
            ("\"3\" ,\"x y\", \"\"", Some(vec!["3", "x y", ""])),
            ("W/\"3-1a2b3c4d\"", Some(vec![])),
            ("W/\"a\", \"b\"", Some(vec!["b"])),
        ] {
            assert_eq!(precondition(if_match, "").tags(), tags, "{if_match}");
        }
        assert!(precondition("*", "").must_exist());
    }

    #[test]
    fn a_revision_and_nothing_at_all_contradict_each_other() {
        assert_eq!(precondition("", "3").if_absent(true), Err(ContradictionError));
        assert!(precondition("", "3").if_absent(false).is_ok());
        assert!(precondition("\"a\"", "").if_absent(true).is_ok_and(|both| both.must_not_exist()));
    }

    #[test]
    fn a_bare_revision_and_an_altered_tag_are_recognised() {
        let bare = |text: &str| precondition(text, "").revision_as_tag().map(Revision::get);
        assert_eq!(
            [bare("\"x\", \"3\""), bare("W/\"7\""), bare("\"03\""), bare("*")],
            [Some(3), Some(7), None, None]
        );
        let altered = |text: &str| precondition(text, "").has_altered_tag();
        assert_eq!([altered("\"a\", W/\"b\""), altered("\"a-gzip\"")], [true, true]);
        assert_eq!([altered("\"W/\""), altered("\"gzip\""), altered("*")], [false, false, false]);
    }
}
