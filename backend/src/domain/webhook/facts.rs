//! The statements in a payload.

use phase_data_github::{Fact, Subject};
use phase_data_wire::Repository;

use super::Malformed;
use super::payload::Payload;
use super::shape::{self, missing};

/// The statements of a delivery.
pub(super) enum Stated {
    /// These.
    Facts(Vec<(Subject, Fact)>),
    /// Nothing about data.
    Nothing,
    /// Nothing that is handled here.
    Unhandled,
}

/// Returns whether deliveries of this event are handled.
pub(super) fn is_known(event: &str) -> bool {
    matches!(event, "issues" | "repository" | "installation" | "installation_repositories")
}

/// Reads the statements of an event.
pub(super) fn stated(event: &str, action: Option<&str>, payload: &Payload) -> Result<Stated, Malformed> {
    if event == "ping" {
        return Ok(Stated::Nothing);
    }
    let facts = match (event, action) {
        ("issues", Some(action)) => of_issue(action, payload)?,
        ("repository", Some(action)) => of_repository(action, payload)?,
        ("installation" | "installation_repositories", Some(_)) if payload.is_of_enterprise() => {
            Some(vec![(Subject::default(), Fact::Enterprise)])
        }
        ("installation", Some(action)) => of_installation(action, payload)?,
        ("installation_repositories", Some(action)) => of_installed_repositories(action, payload)?,
        (event, None) if is_known(event) => {
            return Err(match payload.action {
                Some(_) => Malformed("/action must be a word in lower case, like closed".to_owned()),
                None => missing("/action"),
            });
        }
        _ => None,
    };
    Ok(facts.map_or(Stated::Unhandled, Stated::Facts))
}

/// The statements of one kind of event; none, if its action is not handled.
type Facts = Result<Option<Vec<(Subject, Fact)>>, Malformed>;

fn of_issue(action: &str, payload: &Payload) -> Facts {
    if !matches!(action, "closed" | "reopened" | "deleted" | "transferred") {
        return Ok(None);
    }
    if payload.issue.as_ref().is_some_and(|issue| issue.pull_request.is_some()) {
        return Ok(Some(vec![(Subject::default(), Fact::PullRequest)]));
    }
    let subject = payload.issue_subject()?;
    let fact = match action {
        "closed" => Fact::Closed(shape::time("/issue/closed_at", payload.issue()?.closed_at)?),
        "reopened" => Fact::Reopened(shape::time("/issue/updated_at", payload.issue()?.updated_at)?),
        "deleted" => Fact::Deleted,
        _ => transferred(payload)?,
    };
    Ok(Some(vec![(subject, fact)]))
}

fn of_repository(action: &str, payload: &Payload) -> Facts {
    if !matches!(action, "renamed" | "deleted" | "archived" | "unarchived" | "transferred") {
        return Ok(None);
    }
    let subject = payload.repository_subject()?;
    let fact = match action {
        "renamed" => renamed(payload, &subject)?,
        "deleted" => Fact::Deleted,
        "archived" => Fact::Archived(Some(payload.repository_time()?)),
        "unarchived" => Fact::Unarchived(payload.repository_time()?),
        _ => Fact::TransferredAway,
    };
    Ok(Some(vec![(subject, fact)]))
}

fn of_installation(action: &str, payload: &Payload) -> Facts {
    let as_of = payload.installation_time();
    let fact = match action {
        "created" => {
            payload.check_login()?;
            Fact::AppInstalled { as_of }
        }
        "deleted" => Fact::AppRemoved { as_of },
        _ => return Ok(None),
    };
    Ok(Some(vec![(payload.account_subject()?, fact)]))
}

fn of_installed_repositories(action: &str, payload: &Payload) -> Facts {
    let as_of = payload.installation_time();
    let (member, listed, fact) = match action {
        "added" => ("/repositories_added", payload.repositories_added.as_ref(), Fact::AppInstalled { as_of }),
        "removed" => {
            ("/repositories_removed", payload.repositories_removed.as_ref(), Fact::AppRemoved { as_of })
        }
        _ => return Ok(None),
    };
    payload.account_subject()?;
    let subjects = payload.repositories(member, listed)?;
    Ok(Some(subjects.into_iter().map(|subject| (subject, fact.clone())).collect()))
}

/// Compares the owners. The new place matters only if it is the same owner's.
fn transferred(payload: &Payload) -> Result<Fact, Malformed> {
    let changes = payload.changes.as_ref().ok_or_else(|| missing("/changes"))?;
    let target = changes.new_repository.as_ref().ok_or_else(|| missing("/changes/new_repository"))?;
    let new_owner = target.owner.as_ref().ok_or_else(|| missing("/changes/new_repository/owner"))?.id;
    let new_owner = new_owner.ok_or_else(|| missing("/changes/new_repository/owner/id"))?;
    let issue = changes.new_issue.as_ref().ok_or_else(|| missing("/changes/new_issue"))?;
    if payload.owner("issues").is_none_or(|owner| owner.id != new_owner) {
        return Ok(Fact::TransferredAway);
    }
    let issue_number = Some(shape::issue_number("/changes/new_issue/number", issue.number)?);
    let to = Subject { issue_number, ..target.subject("/changes/new_repository")? };
    Ok(Fact::Transferred { to, closed_at: None })
}

fn renamed(payload: &Payload, subject: &Subject) -> Result<Fact, Malformed> {
    let old = payload.changes.as_ref().and_then(|changes| changes.repository.as_ref()?.name.as_ref());
    let old =
        old.and_then(|name| name.from.as_deref()).ok_or_else(|| missing("/changes/repository/name/from"))?;
    let now = subject.repository.as_ref().map_or("", Repository::as_str);
    let owner = now.split('/').next().unwrap_or_default();
    let old_name = shape::repository("/changes/repository/name/from", &format!("{owner}/{old}"))?;
    Ok(Fact::Renamed { old_name, at: payload.repository_time()? })
}
