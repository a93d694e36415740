//! The state of a result, as a write sets it and as it is stored.

use phase_data_wire::phase_data::{OutcomeChange, PhaseOutcome, PhaseStatus, ReasonChange, StorePhaseData};
use phase_data_wire::{Extensible, OpenEnum};

/// The state that a write sets. A store sets the defaults for what is absent, a patch keeps it.
#[derive(Debug, Clone, Default)]
pub(crate) struct NewState {
    pub(crate) status: Option<PhaseStatus>,
    pub(crate) outcome: Option<OutcomeChange>,
    pub(crate) reason: Option<ReasonChange>,
}

/// The state of a stored result. Later releases may have stored values that this one does not know.
#[derive(Debug)]
pub(crate) struct ResultState {
    pub(crate) status: Extensible<PhaseStatus>,
    pub(crate) outcome: Option<Extensible<PhaseOutcome>>,
    pub(crate) reason: Option<String>,
}

/// The columns of a state. They are null in the row of a store that was not done.
#[derive(sqlx::FromRow)]
pub(in crate::store) struct StateRow {
    pub(in crate::store) status: Option<String>,
    pub(in crate::store) outcome: Option<String>,
    pub(in crate::store) reason: Option<String>,
}

impl NewState {
    /// Returns the outcome as the database takes it: empty to remove the stored one.
    pub(super) fn outcome(&self) -> Option<&'static str> {
        self.outcome.map(|change| change.get().map_or("", OpenEnum::as_str))
    }

    /// Returns the reason as the database takes it: empty to remove the stored one.
    pub(super) fn reason(&self) -> Option<String> {
        let reason = self.reason.as_ref();
        reason.map(|change| change.get().map_or("", |reason| reason.as_str()).to_owned())
    }
}

impl From<&StorePhaseData> for NewState {
    fn from(request: &StorePhaseData) -> Self {
        Self {
            status: request.status,
            outcome: request.outcome.map(OutcomeChange::from),
            reason: request.reason.clone().map(ReasonChange::from),
        }
    }
}

impl From<StateRow> for ResultState {
    fn from(row: StateRow) -> Self {
        Self {
            status: row.status.as_deref().map(Extensible::of).unwrap_or_default(),
            outcome: row.outcome.as_deref().map(Extensible::of),
            reason: row.reason,
        }
    }
}
