//! The state of the result that a store sets.

use phase_data_wire::Phase;
use phase_data_wire::phase_data::{PhaseOutcome, PhaseStatus, Reason};

use crate::inputs::Inputs;
use crate::interface as names;

/// The state of the result that a store sets.
#[derive(Debug, Clone, Default)]
pub(crate) struct ResultState {
    pub(crate) status: Option<PhaseStatus>,
    pub(crate) outcome: Option<PhaseOutcome>,
    pub(crate) reason: Option<Reason>,
}

impl ResultState {
    /// Reads the state of the result, as far as it is set. The inputs record what is wrong.
    pub(super) fn from_inputs(inputs: &Inputs<'_>, phase: Option<Phase>) -> Self {
        let mut outcome = inputs.text(&names::OUTCOME);
        if let (Some(phase @ (Phase::Scan | Phase::Mitigate)), Some(_)) = (phase, &outcome) {
            let why = "only validate decides about a finding: set status and reason instead";
            inputs.problem(format!("outcome: {phase} has no outcome, {why}"));
            outcome = None;
        }
        Self {
            status: inputs.valid("status", inputs.text(&names::STATUS).map(|text| text.parse())),
            outcome: inputs.valid("outcome", outcome.map(|text| text.parse())),
            reason: inputs.valid("reason", inputs.text(&names::REASON).map(|text| text.parse())),
        }
    }
}
