//! Selects the requested phases from the stored ones.

use phase_data_wire::phase_data::{Freshness, PhaseData, PhaseOutcome, PhaseStatus, StorePhaseData};
use phase_data_wire::{CommitSha, Document, Extensible, Phase};

use crate::error::Error;
use crate::job::RetrieveOptions;
use crate::operations::listed;
use crate::target::Target;

/// One stored phase, with the fields that the step uses.
#[derive(Debug)]
pub(super) struct RetrievedPhase {
    pub(super) phase: Phase,
    /// Revision and entity tag are `None` for documents saved on the runner.
    pub(super) revision: Option<i64>,
    pub(super) etag: Option<String>,
    pub(super) commit_sha: Option<CommitSha>,
    pub(super) freshness: Option<Freshness>,
    pub(super) status: Extensible<PhaseStatus>,
    pub(super) outcome: Option<Extensible<PhaseOutcome>>,
    /// Text of whoever stored the phase.
    pub(super) reason: Option<String>,
    pub(super) data: Document,
}

/// The requested phases that are stored, and those that are not.
#[derive(Debug)]
pub(super) struct Selection {
    /// In the requested order.
    pub(super) found: Vec<RetrievedPhase>,
    /// Named by the step, but not stored.
    pub(super) missing: Vec<Phase>,
}

impl Selection {
    pub(super) fn new(stored: Vec<RetrievedPhase>, options: &RetrieveOptions) -> Self {
        if options.phases.is_empty() {
            return Self { found: stored, missing: Vec::new() };
        }
        let mut stored = stored;
        let mut selection = Self { found: Vec::new(), missing: Vec::new() };
        for phase in &options.phases {
            match stored.iter().position(|one| one.phase == *phase) {
                Some(index) => selection.found.push(stored.swap_remove(index)),
                None => selection.missing.push(*phase),
            }
        }
        selection
    }

    pub(super) fn phases(&self) -> impl Iterator<Item = Phase> {
        self.found.iter().map(|one| one.phase)
    }

    pub(super) fn is_stale(&self) -> bool {
        self.found.iter().any(|one| one.freshness == Some(Freshness::Stale))
    }

    /// Refuses phases that were not stored for the step's commit, also those without a commit.
    pub(super) fn must_be_fresh(&self, target: &Target, commit: Option<&CommitSha>) -> Result<(), Error> {
        let stale = self.found.iter().filter(|one| one.freshness != Some(Freshness::Fresh));
        let stale: Vec<_> = stale
            .map(|one| {
                let made_for =
                    one.commit_sha.as_ref().map_or("no commit".to_owned(), |it| format!("commit {it}"));
                format!("{} of {target} was stored for {made_for}", one.phase)
            })
            .collect();
        match (stale.is_empty(), commit) {
            (true, _) => Ok(()),
            (false, Some(commit)) => Err(Error::Stale(format!("{}, not for {commit}", stale.join("; ")))),
            (false, None) => Err(Error::Stale(stale.join("; "))),
        }
    }

    /// Returns the document of one phase unchanged, or one object with a member for each phase. The documents are joined as
    /// text, so that no number loses a digit.
    pub(super) fn document(&self, options: &RetrieveOptions) -> String {
        match (options.phases.as_slice(), self.found.as_slice()) {
            ([_], [one]) => one.data.as_str().to_owned(),
            _ => {
                let members = self.found.iter().map(|one| format!("\"{}\":{}", one.phase, one.data.as_str()));
                format!("{{{}}}", members.collect::<Vec<_>>().join(","))
            }
        }
    }
}

impl RetrievedPhase {
    /// Returns a document that a step saved on the runner, compared with the commit of this step.
    pub(super) fn saved(kept: StorePhaseData, commit: Option<&CommitSha>) -> Self {
        let StorePhaseData { phase, commit_sha, status, outcome, reason, data, .. } = kept;
        let fresh = commit.map(|commit| commit_sha.as_ref() == Some(commit));
        let freshness = fresh.map(|fresh| if fresh { Freshness::Fresh } else { Freshness::Stale });
        Self {
            phase,
            revision: None,
            etag: None,
            commit_sha,
            freshness,
            status: status.unwrap_or_default().into(),
            outcome: outcome.map(Extensible::from),
            reason: reason.map(|reason| reason.to_string()),
            data,
        }
    }
}

impl From<PhaseData> for RetrievedPhase {
    fn from(stored: PhaseData) -> Self {
        let PhaseData { phase, revision, etag, commit_sha, freshness, status, outcome, reason, data, .. } =
            stored;
        let (revision, etag) = (Some(revision), Some(etag));
        Self { phase, revision, etag, commit_sha, freshness, status, outcome, reason, data }
    }
}

/// Describes the requested phases for people.
pub(super) fn asked(phases: &[Phase], target: &Target) -> String {
    match phases {
        [] => format!("any phase of {target}"),
        phases => format!("{} of {target}", listed(phases.iter().copied())),
    }
}
