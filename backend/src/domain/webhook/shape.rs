//! What is wrong with a payload of another shape: the member and what was expected there. Never the value, which
//! serde's own texts quote.

use phase_data_wire::{IssueNumber, LenientTime, Repository, RepositoryPart};
use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};
use time::OffsetDateTime;

use super::Broken;

/// Why a body can't be read.
pub(super) enum Unreadable {
    /// It is not JSON.
    Syntax(serde_json::Error),
    /// A member has another type than GitHub documents.
    Shape(Broken),
}

/// Reads a JSON body.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Unreadable> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let read = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let shape = mismatch(error.path());
        match error.into_inner() {
            error if error.is_data() => Unreadable::Shape(shape),
            error => Unreadable::Syntax(error),
        }
    })?;
    deserializer.end().map_err(Unreadable::Syntax)?;
    Ok(read)
}

/// Names the place, as far as its members are ones that we read: other names are the sender's own text.
fn mismatch(path: &Path) -> Broken {
    let mut pointer = String::new();
    let mut expected = "an object, with each member once";
    for segment in path.iter() {
        match segment {
            Segment::Seq { index } => {
                pointer.push_str(&format!("/{index}"));
                expected = "an object, with each member once";
            }
            Segment::Map { key } => match expected_at(key) {
                Some(type_name) => {
                    pointer.push_str(&format!("/{key}"));
                    expected = type_name;
                }
                None => break,
            },
            Segment::Enum { .. } | Segment::Unknown => break,
        }
    }
    if pointer.is_empty() {
        pointer.push_str("the payload");
    }
    Broken(format!("{pointer} must be {expected}"))
}

/// The type of a member that is read, by its name.
fn expected_at(member: &str) -> Option<&'static str> {
    match member {
        "number" | "id" => Some("a whole number of 64 bits"),
        "action" | "full_name" | "login" | "slug" | "type" | "target_type" | "from" => Some("a string"),
        "repositories_added" | "repositories_removed" => Some("an array of at most 100000 elements"),
        "issue" | "repository" | "organization" | "installation" | "account" | "owner" | "changes"
        | "new_issue" | "new_repository" | "name" => Some("an object, with each member once"),
        _ => None,
    }
}

pub(super) fn missing(pointer: &str) -> Broken {
    Broken(format!("{pointer} is missing"))
}

pub(super) fn repository(pointer: &str, text: &str) -> Result<Repository, Broken> {
    text.parse().map_err(|_| Broken(format!("{pointer} must be a repository's name, like octo/hello")))
}

pub(super) fn issue_number(pointer: &str, number: Option<i64>) -> Result<IssueNumber, Broken> {
    let number = number.ok_or_else(|| missing(pointer))?;
    IssueNumber::try_from(number)
        .map_err(|_| Broken(format!("{pointer} must be an issue's number, from 1 to {}", i32::MAX)))
}

pub(super) fn time(pointer: &str, moment: Option<LenientTime>) -> Result<OffsetDateTime, Broken> {
    match moment {
        None => Err(missing(pointer)),
        Some(LenientTime::Text(at)) => Ok(at.get()),
        Some(LenientTime::Seconds(_) | LenientTime::Unreadable) => {
            Err(Broken(format!("{pointer} must be a time like 2026-03-01T09:30:00Z")))
        }
    }
}

/// Tells whether a text can be an owner's name. Everything else that a payload has there is not kept.
pub(super) fn is_login(text: &str) -> bool {
    text.parse::<RepositoryPart>().is_ok()
}

/// Tells whether a text can be an event's action: GitHub's are words in lower case.
pub(super) fn is_action(text: &str) -> bool {
    (1..=50).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}
