//! The phases that the step wants, of those that are stored.

use phase_data_wire::phase_data::{Freshness, PhaseData, StorePhaseData};
use phase_data_wire::{CommitSha, Document, Phase};

use crate::error::Error;
use crate::job::RetrieveOptions;
use crate::operations::listed;
use crate::target::Target;

/// One stored phase, as far as the step hands it on.
#[derive(Debug)]
pub(super) struct RetrievedPhase {
    pub(super) phase: Phase,
    /// These two are none, if the backend has not given it any.
    pub(super) revision: Option<i64>,
    pub(super) etag: Option<String>,
    pub(super) commit_sha: Option<CommitSha>,
    pub(super) freshness: Option<Freshness>,
    pub(super) data: Document,
}

/// What is there of what was asked for.
#[derive(Debug)]
pub(super) struct Selection {
    /// In the order that was asked for.
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

    /// Refuses what was not made for the step's commit. What says nothing about it is no better.
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
            (false, Some(commit)) => Err(Error::Stale(format!("{}, and not for {commit}", stale.join("; ")))),
            (false, None) => Err(Error::Stale(stale.join("; "))),
        }
    }

    /// The document of one phase as it is, or one object with a member for each. The documents are put
    /// together as text: none of their numbers loses a digit.
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
    /// What a step kept on the runner, compared with the commit of this one.
    pub(super) fn saved(kept: StorePhaseData, commit: Option<&CommitSha>) -> Self {
        let StorePhaseData { phase, commit_sha, data, .. } = kept;
        let fresh = commit.map(|commit| commit_sha.as_ref() == Some(commit));
        let freshness = fresh.map(|fresh| if fresh { Freshness::Fresh } else { Freshness::Stale });
        Self { phase, revision: None, etag: None, commit_sha, freshness, data }
    }
}

impl From<PhaseData> for RetrievedPhase {
    fn from(stored: PhaseData) -> Self {
        let PhaseData { phase, revision, etag, commit_sha, freshness, data, .. } = stored;
        Self { phase, revision: Some(revision), etag: Some(etag), commit_sha, freshness, data }
    }
}

/// What the step asks for, as a person says it.
pub(super) fn asked(phases: &[Phase], target: &Target) -> String {
    match phases {
        [] => format!("any phase of {target}"),
        phases => format!("{} of {target}", listed(phases.iter().copied())),
    }
}
