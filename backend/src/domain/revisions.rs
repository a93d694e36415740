//! What revisions and commits say to readers.

use phase_data_wire::phase_data::Freshness;
use phase_data_wire::{CommitSha, Phase};

/// The opaque part of the entity tag for these phases: the revision of a single one that was asked for,
/// else each phase with its revision.
pub(crate) fn entity_tag(asked: Option<Phase>, stored: &[(Phase, i64)]) -> String {
    match (asked, stored) {
        (Some(_), [(_, revision)]) => revision.to_string(),
        _ => {
            let each = stored.iter().map(|(phase, revision)| format!("{phase}.{revision}"));
            each.collect::<Vec<_>>().join("-")
        }
    }
}

/// Whether a document made for `stored` still speaks for the commit that was asked about. One made for
/// no known commit does not.
pub(crate) fn freshness(asked: Option<&CommitSha>, stored: Option<&CommitSha>) -> Option<Freshness> {
    let asked = asked?;
    Some(if stored == Some(asked) { Freshness::Fresh } else { Freshness::Stale })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_names_what_was_asked_for() {
        let stored = [(Phase::Scan, 3), (Phase::Validate, 1)];
        assert_eq!(entity_tag(None, &stored), "scan.3-validate.1");
        assert_eq!(entity_tag(Some(Phase::Scan), &stored[..1]), "3");
        assert_eq!(entity_tag(None, &stored[..1]), "scan.3");
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
