//! Lists of entity tags (RFC 9110, section 8.8.3).

use std::str::FromStr;

/// The value of an `If-Match` or `If-None-Match` header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EntityTags {
    /// `*`: whatever is there.
    Any,
    /// These tags.
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
#[error("entity tags are written \"3-1a2b3c4d\" or \"3-1a2b3c4d\", \"4-5e6f7a8b\" or *, quotes included")]
pub(crate) struct EntityTagError;

/// The suffixes that proxies add to the tags of answers that they compress: Apache, lighttpd, Caddy and, with two dashes,
/// Jetty. The backend's own tags end in hexadecimal digits.
const ENCODING_SUFFIXES: [&str; 5] = ["--gzip", "-gzip", "-br", "-zstd", "-deflate"];

impl EntityTags {
    /// Returns `true` if this tag is among the entity tags (weak comparison, section 8.8.3.2). A compressed document is the
    /// same document.
    pub(crate) fn has(&self, tag: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Listed(tags) => {
                tags.iter().any(|listed| listed.opaque == tag || listed.without_encoding() == Some(tag))
            }
        }
    }
}

impl FromStr for EntityTags {
    type Err = EntityTagError;

    fn from_str(text: &str) -> Result<Self, EntityTagError> {
        if text.trim() == "*" {
            return Ok(Self::Any);
        }
        // Elements of a list may be empty (section 5.6.1.2).
        let between = [' ', '\t', ','];
        let mut tags = Vec::new();
        let mut rest = text.trim_start_matches(between);
        while !rest.is_empty() {
            let (tag, after) = EntityTag::split_first(rest)?;
            tags.push(tag);
            let after = after.trim_start();
            if !after.is_empty() && !after.starts_with(',') {
                return Err(EntityTagError);
            }
            rest = after.trim_start_matches(between);
        }
        if tags.is_empty() { Err(EntityTagError) } else { Ok(Self::Listed(tags)) }
    }
}

impl EntityTag {
    /// The text between the quotes.
    pub(crate) fn opaque(&self) -> &str {
        &self.opaque
    }

    /// Returns `true` for a weak tag, which identifies equivalent contents, and not one content.
    pub(crate) fn is_weak(&self) -> bool {
        self.weak
    }

    /// The tag without the suffix of a proxy that compressed the answer, if it has one.
    pub(crate) fn without_encoding(&self) -> Option<&str> {
        ENCODING_SUFFIXES.iter().find_map(|suffix| self.opaque.strip_suffix(suffix))
    }

    fn split_first(text: &str) -> Result<(Self, &str), EntityTagError> {
        let (weak, text) = match text.strip_prefix("W/") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let opened = text.strip_prefix('"').ok_or(EntityTagError)?;
        let (opaque, rest) = opened.split_once('"').ok_or(EntityTagError)?;
        Ok((Self { opaque: opaque.to_owned(), weak }, rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(text: &str) -> Vec<(String, bool)> {
        match text.parse::<EntityTags>() {
            Ok(EntityTags::Listed(tags)) => tags.into_iter().map(|tag| (tag.opaque, tag.weak)).collect(),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn a_list_is_read_tag_by_tag_and_nothing_in_a_tag_is_special() {
        let tag = |opaque: &str, weak| (opaque.to_owned(), weak);
        assert_eq!(listed("\"3-1a2b3c4d\""), [tag("3-1a2b3c4d", false)]);
        assert_eq!(listed(" , W/\"a\" ,\t,\"b\" , "), [tag("a", true), tag("b", false)]);
        assert_eq!(
            listed(r#""a,b", "W/", "*", "\", "", "' or 1=1 --", "{x}""#),
            ["a,b", "W/", "*", "\\", "", "' or 1=1 --", "{x}"].map(|opaque| tag(opaque, false))
        );
        assert_eq!(" * ".parse(), Ok(EntityTags::Any));
    }

    #[test]
    fn what_is_no_list_of_tags_is_refused() {
        for text in [
            "",
            " ",
            "3",
            "3-1a2b3c4d",
            "\"3",
            "3\"",
            "\"3\" \"4\"",
            "\"3\"\"4\"",
            ",",
            " , ,",
            "*, \"3\"",
            "\"3\", *",
            "**",
            "w/\"3\"",
            "W/3",
            "W/",
            "W/*",
            "W/W/\"3\"",
            "W /\"3\"",
            "'3'",
            "\"3\";",
            "“3”",
            "\"3\", W/",
        ] {
            assert_eq!(text.parse::<EntityTags>(), Err(EntityTagError), "{text}");
        }
    }

    #[test]
    fn a_long_list_is_read_in_one_pass() {
        let many = "W/\"\",".repeat(10_000);
        assert_eq!(listed(&many).len(), 10_000);
        assert_eq!(format!("{many}x").parse::<EntityTags>(), Err(EntityTagError));
    }

    #[test]
    fn readers_compare_weakly_and_without_what_proxies_add() {
        for tag in ["W/3-a", "3-a-gzip", "W/3-a-gzip", "3-a--gzip", "3-a-br", "3-a-zstd", "3-a-deflate"] {
            let (weak, opaque) = tag.strip_prefix("W/").map_or(("", tag), |opaque| ("W/", opaque));
            let tags: EntityTags = format!("{weak}\"{opaque}\", \"x\"").parse().expect("tags");
            assert!(tags.has("3-a"), "{tag}");
        }
        for tag in ["3", "3-a-", "3-a-gzip-gzip", "3-a-br-", "-gzip", "3-agzip", "gzip"] {
            assert!(!format!("\"{tag}\"").parse::<EntityTags>().expect("tags").has("3-a"), "{tag}");
        }
        assert!(EntityTags::Any.has("3-a"));
    }
}
