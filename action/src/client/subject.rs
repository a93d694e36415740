//! Checks that an answer matches its request, because a cache, a proxy or the backend may confuse answers.
//!
//! The digest of a stored document is that of PostgreSQL's text, which differs from the sent one (`1E5` becomes
//! `100000`), so only a retrieved document can be compared with its digest.

use std::fmt::Write;

use phase_data_wire::phase_data::{
    Freshness, IssuePhaseData, PhaseData, StoreEffect, StorePhaseData, StoredPhaseData,
};
use phase_data_wire::repositories::{IssueCursor, IssueList, PhaseFacts};
use phase_data_wire::{CommitSha, IssueNumber, Phase, Repository};
use ring::digest::{SHA256, digest};

use super::answer::Tagged;
use crate::condition::Condition;
use crate::error::Error;
use crate::job::Filter;
use crate::target::Target;

/// The requested number of issues in a page.
pub(super) const MAX_PAGE: usize = 100;

/// Checks the issue.
pub(super) fn issue(target: &Target, repository: &Repository, number: IssueNumber) -> Result<(), Error> {
    let same = (&target.repository, target.issue_number) == (repository, number);
    if same { Ok(()) } else { Err(Error::WrongAnswer { asked: target.to_string() }) }
}

/// Checks the answer to a store. A merge without a commit keeps the stored one.
pub(super) fn stored(
    sent: &StorePhaseData,
    condition: &Condition,
    Tagged { etag, body: answer }: &Tagged<StoredPhaseData>,
) -> Result<(), Error> {
    let StorePhaseData { repository, issue_number, phase, commit_sha, .. } = sent;
    let same = (repository, *issue_number, *phase) == (&answer.repository, answer.issue_number, answer.phase);
    let other_commit =
        commit_sha.is_some() && answer.commit_sha.is_some() && *commit_sha != answer.commit_sha;
    let follows = answer.revision > 0 && follows(condition, answer) && is_tag_of(etag, &answer.etag);
    if same && !other_commit && has_state(sent, answer) && follows {
        return Ok(());
    }
    let commit = commit_sha.as_ref().map(|commit| format!(" for commit {commit}")).unwrap_or_default();
    Err(Error::WrongAnswer { asked: format!("{phase} of {repository}#{issue_number}{commit}") })
}

/// Checks that the stored state is the one that was sent, as far as one was.
fn has_state(sent: &StorePhaseData, answer: &StoredPhaseData) -> bool {
    sent.status.is_none_or(|status| answer.status == status)
        && sent.outcome.is_none_or(|outcome| answer.outcome == Some(outcome.into()))
        && sent.reason.as_ref().is_none_or(|reason| answer.reason.as_deref() == Some(reason.as_str()))
}

/// Checks if a store under this condition can have this effect.
fn follows(condition: &Condition, answer: &StoredPhaseData) -> bool {
    match (condition, answer.effect) {
        (Condition::None, _) => true,
        (Condition::CreateOnly, effect) => effect == StoreEffect::Created,
        // The same content keeps its revision.
        (Condition::Revision(asked), StoreEffect::Unchanged) => answer.revision == asked.get(),
        (Condition::Revision(asked), StoreEffect::Replaced) => answer.revision > asked.get(),
        (Condition::Tag(asked), StoreEffect::Unchanged) => answer.etag == *asked,
        (Condition::Tag(asked), StoreEffect::Replaced) => answer.etag != *asked,
        (Condition::Revision(_) | Condition::Tag(_), StoreEffect::Created) => false,
    }
}

/// Checks the answer to a retrieve: the issue, the requested phase, and the size and digest of each document.
pub(super) fn retrieved(
    target: &Target,
    asked: Option<Phase>,
    commit: Option<&CommitSha>,
    Tagged { etag, body: answer }: &Tagged<IssuePhaseData>,
) -> Result<(), Error> {
    issue(target, &answer.repository, answer.issue_number)?;
    let phases: Vec<_> = answer.phases.iter().map(|stored| stored.phase).collect();
    let right = match asked {
        Some(phase) => phases == [phase] && answer.phases.iter().all(|stored| is_tag_of(etag, &stored.etag)),
        None => !phases.is_empty() && Phase::ALL.iter().all(|one| count(&phases, *one) <= 1),
    };
    let facts_agree = |stored: &PhaseData| stored.revision > 0 && is_fresh_as_said(stored, commit);
    if !right || !answer.phases.iter().all(facts_agree) {
        let what = asked.map_or("any phase".to_owned(), |phase| phase.to_string());
        return Err(Error::WrongAnswer { asked: format!("{what} of {target}") });
    }
    match answer.phases.iter().find(|stored| !is_whole(stored)) {
        None => Ok(()),
        Some(stored) => Err(Error::DocumentAltered { what: format!("{} of {target}", stored.phase) }),
    }
}

/// Checks a page of a list: the repository, a phase that the filter asks for, and the order of the issues.
pub(super) fn listed(
    repository: &Repository,
    filter: &Filter,
    after: Option<IssueCursor>,
    page: &IssueList,
) -> Result<(), Error> {
    let from = match after {
        Some(IssueCursor::Number(number) | IssueCursor::Time(_, number)) => Some(number),
        None => None,
    };
    let has_filter = filter.phase.is_some() || filter.status.is_some() || filter.outcome.is_some();
    let mut last = from;
    let mut right = page.repository == *repository && page.issues.len() <= MAX_PAGE;
    for issue in &page.issues {
        right &= last < Some(issue.issue_number);
        let phases: Vec<_> = issue.phases.iter().map(|facts| facts.phase).collect();
        right &= Phase::ALL.iter().all(|one| count(&phases, *one) <= 1);
        right &= !has_filter || issue.phases.iter().any(|facts| is_asked_for(filter, facts));
        last = Some(issue.issue_number);
    }
    // A cursor that does not advance would be requested forever. A page without issues may have a cursor, too: it
    // continues behind the rows that the backend examined.
    let leads_on = match page.next {
        None => true,
        Some(IssueCursor::Number(next)) => Some(next) > from && Some(next) >= last,
        Some(IssueCursor::Time(..)) => false,
    };
    if right && leads_on { Ok(()) } else { Err(Error::WrongAnswer { asked: repository.to_string() }) }
}

/// Checks if a phase is one that the filter asks for.
fn is_asked_for(filter: &Filter, facts: &PhaseFacts) -> bool {
    filter.phase.is_none_or(|phase| facts.phase == phase)
        && filter.status.is_none_or(|status| facts.status == status)
        && filter.outcome.is_none_or(|outcome| facts.outcome == Some(outcome.into()))
}

/// Checks the answer's statement about the commit, which a step may rely on.
fn is_fresh_as_said(stored: &PhaseData, commit: Option<&CommitSha>) -> bool {
    // Without a commit to compare with, no step relies on it.
    let Some(commit) = commit else { return true };
    let same = stored.commit_sha.as_ref() == Some(commit);
    match stored.freshness {
        Some(Freshness::Fresh) => same,
        Some(Freshness::Stale) => !same,
        None => true,
    }
}

/// Checks that the body has an entity tag, and the header the same or none. An empty one would be no condition for a later
/// step.
fn is_tag_of(head: &str, body: &str) -> bool {
    let is_quoted = body.len() > 2 && body.starts_with('"') && body.ends_with('"');
    is_quoted && (head.is_empty() || head == body)
}

fn count(phases: &[Phase], phase: Phase) -> usize {
    phases.iter().filter(|one| **one == phase).count()
}

fn is_whole(stored: &PhaseData) -> bool {
    let text = stored.data.as_str().as_bytes();
    usize::try_from(stored.data_bytes) == Ok(text.len())
        && sha256(text).eq_ignore_ascii_case(&stored.data_sha256)
}

fn sha256(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in digest(&SHA256, bytes).as_ref() {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
