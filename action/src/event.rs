//! Reads the event that started the workflow.

use std::path::Path;

use phase_data_wire::{IssueNumber, IssueNumberError, Repository, StatedTime, without_lone_surrogates};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Map, Value};
use time::OffsetDateTime;

use crate::error::EventError;
use crate::files::read;
use crate::interface::ISSUE_NUMBER;
use crate::target::Target;
use crate::text::{excerpt, nearest};

/// More than GitHub sends: its limit is 25 MB.
const MAX_EVENT_BYTES: usize = 32 << 20;

#[derive(Deserialize)]
struct Event {
    issue: Option<Numbered>,
    pull_request: Option<Numbered>,
    /// The inputs of a run of `workflow_dispatch`.
    #[serde(default)]
    inputs: Value,
}

#[derive(Deserialize)]
struct Numbered {
    number: i64,
    /// On an issue: present if the "issue" is a pull request, as in a comment on one.
    pull_request: Option<IgnoredAny>,
}

/// Parses an event. Members that are not read can have any name, also one with half of a surrogate pair.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> serde_json::Result<T> {
    serde_json::from_slice(&without_lone_surrogates(bytes))
}

/// Returns the number of the event's issue.
pub(crate) fn issue_number(event_path: Option<&Path>) -> Result<IssueNumber, EventError> {
    let path = event_path.ok_or(EventError::NoEvent)?;
    let bytes = read(path, MAX_EVENT_BYTES)
        .map_err(|source| EventError::Unreadable { path: path.display().to_string(), source })?;
    let event: Event = parse(&bytes)
        .map_err(|error| EventError::NotAnEvent { line: error.line(), column: error.column() })?;
    match event {
        Event { issue: Some(Numbered { number, pull_request: Some(_) }), .. } => {
            Err(EventError::PullRequest(number))
        }
        Event { issue: Some(issue), .. } => Ok(issue.number.try_into()?),
        Event { pull_request: Some(request), .. } => Err(EventError::PullRequest(request.number)),
        Event { inputs: Value::Object(inputs), .. } => from_inputs(&inputs),
        _ => Err(EventError::NoIssue),
    }
}

/// Returns the issue number from the inputs of a run of `workflow_dispatch`. GitHub gives each input as text.
fn from_inputs(inputs: &Map<String, Value>) -> Result<IssueNumber, EventError> {
    let number = match inputs.get(ISSUE_NUMBER.name) {
        Some(Value::String(text)) => text.parse(),
        Some(Value::Number(number)) => match number.as_i64() {
            Some(number) => number.try_into(),
            None => Err(IssueNumberError::NotANumber(number.to_string())),
        },
        _ => {
            let others = inputs.keys().map(String::as_str).filter(|name| *name != ISSUE_NUMBER.name);
            let similar = nearest(ISSUE_NUMBER.name, others).map(excerpt);
            return Err(EventError::NoInput { similar });
        }
    };
    number.map_err(EventError::Input)
}

/// Returns the default branch of this repository, if the event is one of it.
pub(crate) fn default_branch(event_path: Option<&Path>, repository: &Repository) -> Option<String> {
    let bytes = read(event_path?, MAX_EVENT_BYTES).ok()?;
    let event: BranchEvent = parse(&bytes).ok()?;
    let is_same = event.repository.full_name.eq_ignore_ascii_case(repository.as_str());
    is_same.then_some(event.repository.default_branch)
}

#[derive(Deserialize)]
struct BranchEvent {
    repository: Branches,
}

#[derive(Deserialize)]
struct Branches {
    full_name: String,
    default_branch: String,
}

/// The times at which the event's issue was closed or reopened.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) closed_at: Option<OffsetDateTime>,
    pub(crate) reopened_at: Option<OffsetDateTime>,
}

#[derive(Deserialize)]
struct StateEvent {
    action: String,
    issue: Dated,
    repository: Named,
}

#[derive(Deserialize)]
struct Dated {
    number: i64,
    closed_at: Option<StatedTime>,
    updated_at: Option<StatedTime>,
}

#[derive(Deserialize)]
struct Named {
    full_name: String,
}

/// Returns the times of this issue's event. Without them a late run could undo a newer change. An event about another
/// subject, or one that can't be read, has none.
pub(crate) fn times(event_path: Option<&Path>, target: &Target) -> Times {
    let bytes = event_path.and_then(|path| read(path, MAX_EVENT_BYTES).ok()).unwrap_or_default();
    let Ok(event) = parse::<StateEvent>(&bytes) else { return Times::default() };
    let issue = event.issue;
    let same = issue.number == i64::from(target.issue_number.get())
        && event.repository.full_name.eq_ignore_ascii_case(target.repository.as_str());
    match event.action.as_str() {
        "closed" if same => Times { closed_at: issue.closed_at.map(StatedTime::get), reopened_at: None },
        "reopened" if same => Times { closed_at: None, reopened_at: issue.updated_at.map(StatedTime::get) },
        _ => Times::default(),
    }
}

/// The source and the target of a pull request's event.
#[derive(Deserialize)]
struct PullRequestEvent {
    pull_request: Sides,
}

#[derive(Deserialize)]
struct Sides {
    head: Side,
    base: Side,
}

#[derive(Deserialize)]
struct Side {
    /// Absent when the fork was deleted.
    repo: Option<Repo>,
}

#[derive(PartialEq, Deserialize)]
struct Repo {
    id: u64,
}

/// Checks if the workflow runs for a pull request from a fork, and so without id tokens and secrets.
///
/// The result only selects an error message: an event that can't be read counts as one of the repository itself.
pub(crate) fn is_from_fork(event_name: Option<&str>, event_path: Option<&Path>) -> bool {
    // It always runs with the permissions of the repository itself.
    if event_name == Some("pull_request_target") {
        return false;
    }
    let bytes = event_path.and_then(|path| read(path, MAX_EVENT_BYTES).ok()).unwrap_or_default();
    let event = parse::<PullRequestEvent>(&bytes);
    event.is_ok_and(|event| event.pull_request.head.repo != event.pull_request.base.repo)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fork_is_known_by_its_repositorys_id() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        for (event_name, event, fork) in [
            ("pull_request", r#"{"pull_request":{"head":{"repo":{"id":2}},"base":{"repo":{"id":1}}}}"#, true),
            ("pull_request", r#"{"pull_request":{"head":{"repo":null},"base":{"repo":{"id":1}}}}"#, true),
            (
                "pull_request",
                r#"{"pull_request":{"head":{"repo":{"id":1}},"base":{"repo":{"id":1}}}}"#,
                false,
            ),
            (
                "pull_request_target",
                r#"{"pull_request":{"head":{"repo":{"id":2}},"base":{"repo":{"id":1}}}}"#,
                false,
            ),
            ("issues", r#"{"issue":{"number":42}}"#, false),
            ("pull_request", "{", false),
        ] {
            std::fs::write(file.path(), event).expect("written");
            assert_eq!(is_from_fork(Some(event_name), Some(file.path())), fork, "{event_name} {event}");
        }
        assert!(!is_from_fork(None, None));
    }

    #[test]
    fn only_the_issues_own_event_has_its_times() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let event = |action: &str| {
            format!(
                r#"{{"action":"{action}","repository":{{"full_name":"Octo/Hello"}},"issue":{{"number":42,
                   "closed_at":"2026-03-01T09:30:00Z","updated_at":"2026-03-02T09:30:00Z"}}}}"#
            )
        };
        let of = |event: &str, issue: &str| {
            std::fs::write(file.path(), event).expect("written");
            let issue_number = issue.parse().expect("a number");
            let target = Target { repository: "octo/hello".parse().expect("a name"), issue_number };
            let times = times(Some(file.path()), &target);
            (times.closed_at.map(|at| at.day()), times.reopened_at.map(|at| at.day()))
        };
        assert_eq!(of(&event("closed"), "42"), (Some(1), None));
        assert_eq!(of(&event("reopened"), "42"), (None, Some(2)));
        assert_eq!(of(&event("labeled"), "42"), (None, None));
        assert_eq!(of(&event("closed"), "43"), (None, None));
        assert_eq!(of(&event("closed").replace("Octo", "rival"), "42"), (None, None));
        assert_eq!(of("{", "42"), (None, None));
    }

    fn issue_of(event: &str) -> Result<IssueNumber, EventError> {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), event).expect("written");
        issue_number(Some(file.path()))
    }

    #[test]
    fn the_events_of_an_issue_carry_its_number() {
        for event in [
            r#"{"action":"opened","issue":{"number":42,"title":"x"}}"#,
            r#"{"action":"created","issue":{"number":42,"pull_request":null},"comment":{"id":1}}"#,
            r#"{"client_payload":{"\ud800":"\udc00"},"\udfff":1,"issue":{"number":42}}"#,
        ] {
            assert_eq!(issue_of(event).expect(event).get(), 42);
        }
    }

    #[test]
    fn a_pull_requests_number_is_refused() {
        for event in [
            r#"{"issue":{"number":7,"pull_request":{"url":"x"}},"comment":{"id":1}}"#,
            r#"{"number":7,"pull_request":{"number":7}}"#,
        ] {
            assert!(matches!(issue_of(event), Err(EventError::PullRequest(7))), "{event}");
        }
    }

    #[test]
    fn an_event_without_an_issue_has_no_number() {
        assert!(matches!(issue_of(r#"{"ref":"refs/heads/main"}"#), Err(EventError::NoIssue)));
        assert!(matches!(issue_of("{"), Err(EventError::NotAnEvent { line: 1, .. })));
        assert!(matches!(issue_of(r#"{"issue":{"number":0}}"#), Err(EventError::Number(_))));
        assert!(matches!(issue_number(None), Err(EventError::NoEvent)));
        assert!(matches!(issue_number(Some(Path::new("/no/such/file"))), Err(EventError::Unreadable { .. })));
    }
}
