//! What a webhook delivery tells us to do. It is decided when the delivery comes, so that nothing of its
//! payload is kept but the work: numbers, names and times.

// What a payload states is not to be believed: no number of it may overflow.
#![warn(clippy::arithmetic_side_effects)]

mod payload;
mod shape;
#[cfg(test)]
mod tests;

use phase_data_wire::{IssueNumber, Repository};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use payload::Payload;
use shape::{Unreadable, missing};

/// A delivery that was understood as far as it concerns us.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Heard {
    /// Whose account it is about, as far as it says so.
    pub(crate) owner: Option<Owner>,
    /// The event's action, like `closed`.
    pub(crate) action: Option<String>,
    /// An App that is installed makes its owner known here.
    pub(crate) introduces_owner: bool,
    /// What is to be done.
    pub(crate) verdict: Verdict,
}

/// A forge's owner, as a payload names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) id: i64,
    pub(crate) login: String,
}

/// What is to be done about a delivery.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// This, in this order, all or nothing.
    Work(Vec<Work>),
    /// There is nothing more to do: it was heard.
    Done,
    /// Nothing, because.
    Ignored(String),
    /// It can't be understood, because. Trying again would not help.
    Broken(String),
}

/// One thing to do, as it waits in the queue. A time that is left out is when the delivery was received.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(crate) enum Work {
    /// Hides what was stored until then.
    Close {
        #[serde(flatten)]
        subject: Subject,
        #[serde(default, with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
        at: Option<OffsetDateTime>,
        /// The forge's own time of what it told, if it is not the time of the event. What it told before that and
        /// delivers later is stale.
        #[serde(default, with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
        as_of: Option<OffsetDateTime>,
    },
    /// Brings back what was hidden before.
    Reopen {
        #[serde(flatten)]
        subject: Subject,
        #[serde(default, with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
        at: Option<OffsetDateTime>,
        /// See [`Work::Close`].
        #[serde(default, with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
        as_of: Option<OffsetDateTime>,
    },
    /// The issue has another number, mostly in another repository of the same owner.
    Move {
        #[serde(flatten)]
        subject: Subject,
        to: Subject,
        /// The forge was asked, and the issue is there now. It may have gone on from a place that an event names.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        confirmed: bool,
    },
    /// The repository has another name. A late word about an older one changes nothing.
    Rename {
        #[serde(flatten)]
        subject: Subject,
        old_name: Repository,
        #[serde(with = "time::serde::rfc3339")]
        at: OffsetDateTime,
    },
}

/// The account, one of its repositories, or an issue there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Subject {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) repository_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) repository: Option<Repository>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) issue_number: Option<IssueNumber>,
    /// When the forge said that the repository of this id has this name; not before that.
    #[serde(default, with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub(crate) named_at: Option<OffsetDateTime>,
}

/// Why a known event can't be understood.
struct Broken(String);

/// Reads a delivery. What it keeps of a body that is not as GitHub documents is the place, and nothing that stood
/// there.
///
/// # Errors
/// If the body is not JSON at all.
pub(crate) fn hear(event: &str, body: &[u8]) -> Result<Heard, serde_json::Error> {
    let payload: Payload = match shape::read(body) {
        Ok(payload) => payload,
        Err(Unreadable::Shape(broken)) => return Ok(misshapen(event, broken)),
        Err(Unreadable::Syntax(error)) => return Err(error),
    };
    let action = payload.action.clone().filter(|action| shape::is_action(action));
    let verdict =
        verdict(event, action.as_deref(), &payload).unwrap_or_else(|Broken(reason)| Verdict::Broken(reason));
    let introduces_owner = (event, action.as_deref()) == ("installation", Some("created"));
    Ok(Heard { owner: payload.owner(event), action, introduces_owner, verdict })
}

fn misshapen(event: &str, Broken(reason): Broken) -> Heard {
    let known = ["issues", "repository", "installation", "installation_repositories"].contains(&event);
    let verdict = if known { Verdict::Broken(reason) } else { unknown(event, None) };
    Heard { owner: None, action: None, introduces_owner: false, verdict }
}

fn unknown(event: &str, action: Option<&str>) -> Verdict {
    let action = action.map_or(String::new(), |action| format!(".{action}"));
    Verdict::Ignored(format!("nothing is to be done about {event}{action}"))
}

fn verdict(event: &str, action: Option<&str>, payload: &Payload) -> Result<Verdict, Broken> {
    let work = match (event, action) {
        ("ping", _) => return Ok(Verdict::Done),
        ("installation" | "installation_repositories", Some(_)) if payload.is_of_enterprise() => {
            let reason = "an enterprise owns no repositories, and its id is another account's number";
            return Ok(Verdict::Ignored(reason.to_owned()));
        }
        ("issues", Some("closed" | "reopened" | "deleted" | "transferred"))
            if payload.issue.as_ref().is_some_and(|issue| issue.pull_request.is_some()) =>
        {
            return Ok(Verdict::Ignored("a pull request is no issue".to_owned()));
        }
        ("issues", Some("closed")) => vec![Work::Close {
            subject: payload.issue_subject()?,
            at: Some(shape::time("/issue/closed_at", payload.issue()?.closed_at)?),
            as_of: None,
        }],
        ("issues", Some("reopened")) => vec![Work::Reopen {
            subject: payload.issue_subject()?,
            at: Some(shape::time("/issue/updated_at", payload.issue()?.updated_at)?),
            as_of: None,
        }],
        ("issues", Some("deleted")) => {
            vec![Work::Close { subject: payload.issue_subject()?, at: None, as_of: None }]
        }
        ("issues", Some("transferred")) => vec![transferred(payload)?],
        ("repository", Some("renamed")) => vec![renamed(payload)?],
        ("repository", Some("deleted")) => {
            vec![Work::Close { subject: payload.repository_subject()?, at: None, as_of: None }]
        }
        ("repository", Some("archived")) => {
            vec![Work::Close {
                subject: payload.repository_subject()?,
                at: Some(payload.repository_time()?),
                as_of: None,
            }]
        }
        ("repository", Some("unarchived")) => {
            vec![Work::Reopen {
                subject: payload.repository_subject()?,
                at: Some(payload.repository_time()?),
                as_of: None,
            }]
        }
        ("repository", Some("transferred")) => {
            payload.repository_subject()?;
            let reason = "the repository's owner is a new one, and what it had before is not this delivery's";
            return Ok(Verdict::Ignored(reason.to_owned()));
        }
        ("installation", Some("created")) => {
            payload.check_login()?;
            let as_of = payload.installation_time();
            vec![Work::Reopen { subject: payload.account_subject()?, at: None, as_of }]
        }
        ("installation", Some("deleted")) => {
            let as_of = payload.installation_time();
            vec![Work::Close { subject: payload.account_subject()?, at: None, as_of }]
        }
        ("installation_repositories", Some("added")) => {
            payload.account_subject()?;
            let added = payload.repositories("/repositories_added", payload.repositories_added.as_ref())?;
            let as_of = payload.installation_time();
            added.into_iter().map(|subject| Work::Reopen { subject, at: None, as_of }).collect()
        }
        ("installation_repositories", Some("removed")) => {
            payload.account_subject()?;
            let gone =
                payload.repositories("/repositories_removed", payload.repositories_removed.as_ref())?;
            let as_of = payload.installation_time();
            gone.into_iter().map(|subject| Work::Close { subject, at: None, as_of }).collect()
        }
        ("issues" | "repository" | "installation" | "installation_repositories", None) => {
            return Err(match payload.action {
                Some(_) => Broken("/action must be a word in lower case, like closed".to_owned()),
                None => missing("/action"),
            });
        }
        _ => return Ok(unknown(event, action)),
    };
    Ok(if work.is_empty() { Verdict::Done } else { Verdict::Work(work) })
}

/// The data goes where the issue went, unless that is somebody else's.
fn transferred(payload: &Payload) -> Result<Work, Broken> {
    let subject = payload.issue_subject()?;
    let changes = payload.changes.as_ref().ok_or_else(|| missing("/changes"))?;
    let target = changes.new_repository.as_ref().ok_or_else(|| missing("/changes/new_repository"))?;
    let new_owner = target.owner.as_ref().ok_or_else(|| missing("/changes/new_repository/owner"))?.id;
    let new_owner = new_owner.ok_or_else(|| missing("/changes/new_repository/owner/id"))?;
    let issue = changes.new_issue.as_ref().ok_or_else(|| missing("/changes/new_issue"))?;
    if payload.owner("issues").is_none_or(|owner| owner.id != new_owner) {
        return Ok(Work::Close { subject, at: None, as_of: None });
    }
    let issue_number = Some(shape::issue_number("/changes/new_issue/number", issue.number)?);
    let to = Subject { issue_number, ..target.subject("/changes/new_repository")? };
    Ok(Work::Move { subject, to, confirmed: false })
}

fn renamed(payload: &Payload) -> Result<Work, Broken> {
    let subject = payload.repository_subject()?;
    let old = payload.changes.as_ref().and_then(|changes| changes.repository.as_ref()?.name.as_ref());
    let old =
        old.and_then(|name| name.from.as_deref()).ok_or_else(|| missing("/changes/repository/name/from"))?;
    let now = subject.repository.as_ref().map_or("", Repository::as_str);
    let owner = now.split('/').next().unwrap_or_default();
    let old_name = shape::repository("/changes/repository/name/from", &format!("{owner}/{old}"))?;
    Ok(Work::Rename { subject, old_name, at: payload.repository_time()? })
}
