//! What becomes of an issue, by what GitHub says of it.

use phase_data_forge::{Forge, ForgeError, IssueState, Place, Repo};

use super::{Deed, Done};
use crate::domain::{Subject, Work};
use crate::store::sweep::IssueWithData;

/// Who asks about an issue, and where it is.
pub(super) struct Asking<'a> {
    pub(super) forge: &'a Forge,
    pub(super) owner_id: i64,
    /// The repository as GitHub has it.
    pub(super) repository: &'a Repo,
    /// The issue as our data has it.
    pub(super) subject: Subject,
    pub(super) issue: &'a IssueWithData,
}

/// What becomes of it.
pub(super) enum Verdict {
    /// All is as it should be.
    Fine,
    /// This is to be done, and is called so.
    Do(Done, Vec<Work>),
    /// Nothing can be done, because.
    Leave(String),
}

impl Asking<'_> {
    /// What GitHub's answer means for what we have of the issue.
    ///
    /// # Errors
    /// If more has to be asked, and GitHub does not tell.
    pub(super) async fn verdict(self, state: &IssueState) -> Result<Verdict, ForgeError> {
        let subject = self.subject.clone();
        Ok(match (state, self.issue.first_stored) {
            (IssueState::Open, _) => self.reopened().await?,
            (IssueState::Moved(place), _) => self.moved(place).await?,
            // What was stored after the close is a new life of the issue's; a close is told in whole seconds.
            (IssueState::Closed(at), Some(stored)) if stored < at.saturating_add(time::Duration::SECOND) => {
                self.done("closed", Deed::CleanedUp, vec![Work::Close { subject, at: Some(*at) }])
            }
            (IssueState::Deleted, Some(_)) => {
                self.done("deleted", Deed::CleanedUp, vec![Work::Close { subject, at: None }])
            }
            (IssueState::Unknown, Some(_)) => {
                Verdict::Leave("GitHub shows no such issue to the App".to_owned())
            }
            // What can't be seen is hidden already.
            (IssueState::Closed(_) | IssueState::Deleted | IssueState::Unknown, _) => Verdict::Fine,
        })
    }

    fn done(&self, why: impl Into<String>, deed: Deed, work: Vec<Work>) -> Verdict {
        Verdict::Do(Done { issue: Some(self.issue.number), why: why.into(), deed }, work)
    }

    /// An issue that is open although its data was hidden was opened again, or somebody cleaned up by hand. Only
    /// what GitHub says to have happened since tells which. A repository that was made since has only the name.
    async fn reopened(self) -> Result<Verdict, ForgeError> {
        let closed_at = self.issue.closed_at.filter(|at| self.repository.created_at <= *at);
        let Some(closed_at) = closed_at else { return Ok(Verdict::Fine) };
        let reopened_at = self.forge.reopened_at(&self.repository.name, self.issue.number).await?;
        let Some(at) = reopened_at.filter(|at| *at >= closed_at) else { return Ok(Verdict::Fine) };
        let subject = self.subject.clone();
        Ok(self.done("opened again", Deed::BroughtBack, vec![Work::Reopen { subject, at: Some(at) }]))
    }

    /// The data goes along within the account, what is hidden, too, and is closed else.
    async fn moved(self, place: &Place) -> Result<Verdict, ForgeError> {
        let there = self.forge.repository(&place.repository).await?;
        let why = format!("moved to {}#{}", place.repository, place.issue_number);
        let subject = self.subject.clone();
        if there.owner_id != self.owner_id {
            return Ok(match self.issue.first_stored {
                Some(_) => self.done(why, Deed::CleanedUp, vec![Work::Close { subject, at: None }]),
                None => Verdict::Fine,
            });
        }
        let to = Subject {
            repository_id: Some(there.id),
            repository: Some(place.repository.clone()),
            issue_number: Some(place.issue_number),
        };
        let mut work = vec![Work::Move { subject, to: to.clone() }];
        work.extend(place.closed_at.map(|at| Work::Close { subject: to, at: Some(at) }));
        Ok(self.done(why, Deed::TakenAlong, work))
    }
}
