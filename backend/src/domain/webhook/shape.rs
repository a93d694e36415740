//! Errors for payloads of an unexpected shape: they name the member and what was expected there, and never the value,
//! which serde's own texts quote.

use phase_data_wire::{IssueNumber, LenientTime, Login, Repository, without_lone_surrogates};
use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};
use time::OffsetDateTime;

use super::Malformed;

/// An error while reading a body.
pub(super) enum ReadError {
    /// It is not JSON.
    Syntax(serde_json::Error),
    /// A member has another type than GitHub documents.
    Shape(Malformed),
}

/// Reads a JSON body. Members that are not read can have any name, also one with half of a surrogate pair.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, ReadError> {
    let body = without_lone_surrogates(body);
    let mut deserializer = serde_json::Deserializer::from_slice(&body);
    let read = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let shape = mismatch(error.path());
        match error.into_inner() {
            error if error.is_data() => ReadError::Shape(shape),
            error => ReadError::Syntax(error),
        }
    })?;
    deserializer.end().map_err(ReadError::Syntax)?;
    Ok(read)
}

/// Names the place, up to the first member that is not read here: other names are the sender's own text.
fn mismatch(path: &Path) -> Malformed {
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
    Malformed(format!("{pointer} must be {expected}"))
}

/// Returns the type of a member that is read.
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

pub(super) fn missing(pointer: &str) -> Malformed {
    Malformed(format!("{pointer} is missing"))
}

pub(super) fn repository(pointer: &str, text: &str) -> Result<Repository, Malformed> {
    text.parse().map_err(|_| Malformed(format!("{pointer} must be a repository's name, like octo/hello")))
}

pub(super) fn issue_number(pointer: &str, number: Option<i64>) -> Result<IssueNumber, Malformed> {
    let number = number.ok_or_else(|| missing(pointer))?;
    IssueNumber::try_from(number)
        .map_err(|_| Malformed(format!("{pointer} must be an issue's number, from 1 to {}", i32::MAX)))
}

pub(super) fn time(pointer: &str, moment: Option<LenientTime>) -> Result<OffsetDateTime, Malformed> {
    match moment {
        None => Err(missing(pointer)),
        Some(LenientTime::Text(at)) => Ok(at.get()),
        Some(LenientTime::Seconds(_) | LenientTime::Unreadable) => {
            Err(Malformed(format!("{pointer} must be a time like 2026-03-01T09:30:00Z")))
        }
    }
}

/// Returns whether a text can be an owner's name. No other text is kept.
pub(super) fn is_login(text: &str) -> bool {
    text.parse::<Login>().is_ok()
}

/// Returns whether a text can be an event's action: GitHub's are words in lower case.
pub(super) fn is_action(text: &str) -> bool {
    (1..=50).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}
