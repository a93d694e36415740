//! Entity tags and freshness, for readers.

use phase_data_wire::phase_data::Freshness;
use phase_data_wire::{CommitSha, Phase};

/// Joins the entity tags of an issue's phases to one for the whole issue.
pub(crate) fn issue_tag<'a>(stored: impl IntoIterator<Item = (Phase, &'a str)>) -> String {
    let each = stored.into_iter().map(|(phase, tag)| format!("{phase}.{tag}"));
    each.collect::<Vec<_>>().join("+")
}

/// Writes an entity tag as headers have it.
pub(crate) fn quoted(tag: &str) -> String {
    format!("\"{tag}\"")
}

/// Returns the freshness of a document of the commit `stored` for the commit of the request. A document without a commit is
/// stale.
pub(crate) fn freshness(requested: Option<&CommitSha>, stored: Option<&CommitSha>) -> Option<Freshness> {
    let requested = requested?;
    Some(if stored == Some(requested) { Freshness::Fresh } else { Freshness::Stale })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issues_tag_names_each_of_its_phases() {
        let stored = [(Phase::Scan, "3-1a2b3c4d"), (Phase::Validate, "1-5e6f7a8b")];
        assert_eq!(issue_tag(stored), "scan.3-1a2b3c4d+validate.1-5e6f7a8b");
        assert_eq!(issue_tag(stored.into_iter().take(1)), "scan.3-1a2b3c4d");
    }

    #[test]
    fn only_the_same_commit_is_fresh() {
        let here: CommitSha = "a".repeat(40).parse().expect("a commit");
        let there: CommitSha = "b".repeat(40).parse().expect("a commit");
        assert_eq!(freshness(None, Some(&here)), None);
        assert_eq!(freshness(Some(&here), Some(&here)), Some(Freshness::Fresh));
        assert_eq!(freshness(Some(&here), Some(&there)), Some(Freshness::Stale));
        assert_eq!(freshness(Some(&here), None), Some(Freshness::Stale));
    }
}
