//! Conditional requests (RFC 9110, section 13). An entity tag is a revision in quotes: `"3"`.

use std::str::FromStr;

/// The value of an `If-Match` or `If-None-Match` header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EntityTags {
    /// `*`: whatever is there.
    Any,
    /// These tags, as they stand between the quotes, with whether each is weak.
    Listed(Vec<EntityTag>),
}

/// One entity tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EntityTag {
    opaque: String,
    weak: bool,
}

/// Why a text is no list of entity tags.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("entity tags are written \"3\" or \"1\", \"2\" or *, quotes included")]
pub(crate) struct EntityTagError;

/// What must hold for a store to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Precondition {
    /// Nothing.
    None,
    /// Something is stored.
    Exists,
    /// Nothing is stored.
    Absent,
    /// One of these revisions is stored.
    Revisions(Vec<i64>),
}

impl EntityTags {
    /// Whether a reader that has these already has this one (the weak comparison of section 8.8.3.2).
    pub(crate) fn has(&self, tag: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Listed(tags) => tags.iter().any(|listed| listed.opaque == tag),
        }
    }
}

impl FromStr for EntityTags {
    type Err = EntityTagError;

    fn from_str(text: &str) -> Result<Self, EntityTagError> {
        if text.trim() == "*" {
            return Ok(Self::Any);
        }
        let mut tags = Vec::new();
        let mut rest = text.trim();
        while !rest.is_empty() {
            let (tag, after) = EntityTag::split_first(rest)?;
            tags.push(tag);
            let after = after.trim_start();
            rest = match after.strip_prefix(',') {
                Some(more) => more.trim_start(),
                None if after.is_empty() => after,
                None => return Err(EntityTagError),
            };
        }
        if tags.is_empty() { Err(EntityTagError) } else { Ok(Self::Listed(tags)) }
    }
}

impl EntityTag {
    fn split_first(text: &str) -> Result<(Self, &str), EntityTagError> {
        let (weak, text) = match text.strip_prefix("W/") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let opened = text.strip_prefix('"').ok_or(EntityTagError)?;
        let (opaque, rest) = opened.split_once('"').ok_or(EntityTagError)?;
        Ok((Self { opaque: opaque.to_owned(), weak }, rest))
    }

    /// The revision whose tag this is. A tag is compared character by character: `+1` and `01` are no revision's.
    fn revision(&self) -> Option<i64> {
        self.opaque.parse().ok().filter(|revision: &i64| revision.to_string() == self.opaque)
    }
}

impl Precondition {
    /// What a store's two headers ask for: `If-Match`, and whether there is an `If-None-Match: *`.
    ///
    /// A weak tag, or one that is no revision of ours, can't match strongly: it stays as "no revision", so that
    /// the store is refused rather than done unconditionally. Both headers together can never hold, either.
    pub(crate) fn new(if_match: Option<EntityTags>, if_absent: bool) -> Self {
        match (if_match, if_absent) {
            (None, false) => Self::None,
            (None, true) => Self::Absent,
            (Some(_), true) => Self::Revisions(Vec::new()),
            (Some(EntityTags::Any), false) => Self::Exists,
            (Some(EntityTags::Listed(tags)), false) => {
                let strong = tags.iter().filter(|tag| !tag.weak);
                Self::Revisions(strong.filter_map(EntityTag::revision).collect())
            }
        }
    }

    /// Whether something must be stored already.
    pub(crate) fn must_exist(&self) -> bool {
        matches!(self, Self::Exists)
    }

    /// Whether nothing may be stored yet.
    pub(crate) fn must_not_exist(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// The revisions of which one must be stored.
    pub(crate) fn revisions(&self) -> Option<&[i64]> {
        match self {
            Self::Revisions(revisions) => Some(revisions),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(text: &str) -> Option<EntityTags> {
        Some(text.parse().expect(text))
    }

    #[test]
    fn headers_become_preconditions() {
        for (if_match, if_absent, precondition) in [
            (None, false, Precondition::None),
            (tags("*"), false, Precondition::Exists),
            (None, true, Precondition::Absent),
            (tags("\"3\""), false, Precondition::Revisions(vec![3])),
            (tags(" \"3\" ,\"4\", "), false, Precondition::Revisions(vec![3, 4])),
            (tags("W/\"3\""), false, Precondition::Revisions(vec![])),
            (tags("\"abc\""), false, Precondition::Revisions(vec![])),
            (
                tags("\"+1\", \"01\", \" 1\", \"1 \", \"-0\", \"1.0\", \"1\""),
                false,
                Precondition::Revisions(vec![1]),
            ),
            (tags("*"), true, Precondition::Revisions(vec![])),
        ] {
            assert_eq!(Precondition::new(if_match, if_absent), precondition);
        }
    }

    #[test]
    fn what_is_no_list_of_tags_is_refused() {
        for text in ["", " ", "3", "\"3", "\"3\" \"4\"", ",", "*, \"3\"", "w/\"3\""] {
            assert_eq!(text.parse::<EntityTags>(), Err(EntityTagError), "{text}");
        }
    }

    #[test]
    fn readers_compare_weakly() {
        assert!("W/\"3\", \"x\"".parse::<EntityTags>().expect("tags").has("3"));
        assert!(!"\"3\"".parse::<EntityTags>().expect("tags").has("4"));
        assert!(EntityTags::Any.has("3"));
    }
}
