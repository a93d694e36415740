//! Links to this backend's own pages.

use std::sync::Arc;

/// The address in front of the paths of links: the public one, which may have a path prefix, or none.
#[derive(Debug, Clone)]
pub(crate) struct Links(Arc<str>);

/// The pages that texts of the contract and of problems mention.
const PAGES: [&str; 3] = ["/docs", "/problems", "/health/ready"];

impl Links {
    /// Links below this address. Without one they begin with a slash.
    pub(crate) fn new(public_url: Option<&str>) -> Self {
        Self(public_url.unwrap_or_default().into())
    }

    /// The link to a path of this backend.
    pub(super) fn to(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// The address that the contract's paths follow.
    pub(super) fn server(&self) -> &str {
        if self.0.is_empty() { "/" } else { &self.0 }
    }

    /// A text whose mentions of pages became links.
    pub(super) fn in_text(&self, text: &str) -> String {
        if self.0.is_empty() {
            return text.to_owned();
        }
        PAGES.iter().fold(text.to_owned(), |text, page| text.replace(page, &self.to(page)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_follow_the_public_address() {
        let (public, unset) = (Links::new(Some("https://host/prefix")), Links::new(None));
        assert_eq!((public.server(), unset.server()), ("https://host/prefix", "/"));
        assert_eq!(
            (public.to("/docs"), unset.to("/docs")),
            ("https://host/prefix/docs".into(), "/docs".into())
        );
        let text = "See /docs, or [all codes](/problems).";
        assert_eq!(unset.in_text(text), text);
        assert_eq!(
            public.in_text(text),
            "See https://host/prefix/docs, or [all codes](https://host/prefix/problems)."
        );
    }
}
