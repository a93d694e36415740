//! Times that others state: a webhook's sender, a forge that was asked, a caller.

use time::OffsetDateTime;

/// Returns the stated time, or `None` if it is later than when it was stated: that clock is ahead of ours, and the
/// time means now. Recorded as it is, it would outdo whatever is reported until then.
pub(crate) fn not_ahead(stated: OffsetDateTime, told_at: OffsetDateTime) -> Option<OffsetDateTime> {
    Some(stated).filter(|stated| *stated <= told_at)
}

#[cfg(test)]
mod tests {
    use time::format_description::well_known::Rfc3339;

    use super::*;

    #[test]
    fn a_time_ahead_of_its_receipt_means_now_and_every_other_is_kept() {
        let told_at = time("2026-03-01T10:00:00Z");
        for (stated, kept) in [
            ("2026-03-01T10:00:00Z", true),
            ("2026-03-01T12:00:00+02:00", true),
            ("1970-01-01T00:00:00Z", true),
            ("0000-01-01T00:00:00+23:59", true),
            ("2026-03-01T10:00:00.000000001Z", false),
            ("2026-03-01T11:00:00+00:59", false),
            ("9999-12-31T23:59:59.999999999Z", false),
            // In UTC this is the year 10000, which can't be converted.
            ("9999-12-31T23:59:59-23:59", false),
        ] {
            let expected = kept.then(|| time(stated));
            assert_eq!(not_ahead(time(stated), told_at), expected, "{stated}");
        }
    }

    fn time(text: &str) -> OffsetDateTime {
        OffsetDateTime::parse(text, &Rfc3339).expect("a time")
    }
}
