//! The state of a result, in words. The reason is text of a stranger.

use phase_data_wire::Extensible;
use phase_data_wire::phase_data::{PhaseOutcome, PhaseStatus};

/// Returns what differs from a plain result: `failed`, the outcome and the reason. Empty for a plain result.
pub(crate) fn in_words(
    status: &Extensible<PhaseStatus>,
    outcome: Option<&Extensible<PhaseOutcome>>,
    reason: Option<&str>,
) -> String {
    let status = (*status != PhaseStatus::Completed).then(|| status.as_str());
    let words: Vec<_> = status.into_iter().chain(outcome.map(Extensible::as_str)).collect();
    match (words.join(", "), reason) {
        (words, None) => words,
        (words, Some(reason)) if words.is_empty() => reason.to_owned(),
        (words, Some(reason)) => format!("{words}: {reason}"),
    }
}
