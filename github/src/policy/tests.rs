//! The table: what GitHub says, what is known about the data, and the effect for each of the three users.

mod issue;
mod repository;

use http::{HeaderMap, StatusCode};
use phase_data_wire::IssueNumber;

use super::*;
use crate::answer::Answer;
use crate::issues::read_issue;

/// A statement of GitHub.
enum Statement {
    /// A fact that an event states, or that a sweep has from more than one answer.
    Fact(Fact),
    /// The answer to the request for issue 42: status, address after redirects, and body.
    Answer(u16, &'static str, &'static str),
}

/// The times, in seconds, of the first store of visible data, of the close of hidden data, and of the repository's
/// creation if it is known by its name only.
type Times = (Option<i64>, Option<i64>, Option<i64>);

use Statement::{Answer as Answered, Fact as Stated};

const BASE: &str = "https://api.github.com";

const VISIBLE: Times = (Some(4), None, None);
const HIDDEN: Times = (None, Some(4), None);
const HIDDEN_BY_NAME: Times = (None, Some(4), Some(5));

fn at(second: i64) -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH.saturating_add(time::Duration::seconds(second))
}

fn repository(id: i64, name: &str) -> Subject {
    Subject { repository_id: Some(id), repository: name.parse().ok(), ..Subject::default() }
}

fn issue(of: Subject, number: &str) -> Subject {
    Subject { issue_number: number.parse().ok(), ..of }
}

fn fact(statement: &Statement) -> Fact {
    match statement {
        Stated(fact) => fact.clone(),
        Answered(status, uri, body) => {
            let status = StatusCode::from_u16(*status).expect("a status");
            let (uri, body) = ((*uri).to_owned(), (*body).to_owned());
            let answer = Answer { status, headers: HeaderMap::new(), uri, body };
            let number: IssueNumber = "42".parse().expect("a number");
            let read = answer.checked().and_then(|answer| read_issue(BASE, (1, number), answer));
            read.map_or_else(Fact::NoAnswer, |reading| reading.fact)
        }
    }
}

/// The decision in a few words.
fn words(decision: Decision) -> String {
    match decision {
        Decision::Keep => "keep".to_owned(),
        Decision::Skip => "skip".to_owned(),
        Decision::LeaveAlone(reason) => format!("left alone: {reason}"),
        Decision::AskWhenReopened => "ask when it was reopened".to_owned(),
        Decision::AskForOwner(IssueLocation { repository, issue_number, .. }) => {
            format!("ask for the owner of {repository}#{issue_number}")
        }
        Decision::Apply(effects) => effects.iter().map(effect).collect::<Vec<_>>().join(", "),
    }
}

fn effect(effect: &Effect) -> String {
    let name = |subject: &Subject| match (&subject.repository, subject.issue_number) {
        (Some(repository), Some(number)) => format!("{repository}#{number}"),
        (Some(repository), None) => repository.to_string(),
        (None, _) => "the account".to_owned(),
    };
    let time = |word: &str, at: &Option<OffsetDateTime>| {
        at.map_or(String::new(), |at| format!(" {word} {}", at.unix_timestamp()))
    };
    match effect {
        Effect::Close { subject, at, as_of } => {
            format!("close {}{}{}", name(subject), time("at", at), time("as of", as_of))
        }
        Effect::Reopen { subject, at, as_of } => {
            format!("reopen {}{}{}", name(subject), time("at", at), time("as of", as_of))
        }
        Effect::Move { subject, to, confirmed } => {
            let where_from = if *confirmed { "it is there now" } else { "it may have moved on" };
            format!("move {} to {} ({where_from})", name(subject), name(to))
        }
        Effect::Rename { subject, old_name, at } => {
            format!("rename {old_name} to {}{}", name(subject), time("at", &Some(*at)))
        }
    }
}

/// Compares a row, whose last three texts are for the webhook, the App's sweep and the action's sweep. `""` is a fact that
/// this user never gets.
fn compare(
    known: impl Fn(Times) -> Known,
    subject: &Subject,
    (statement, times, expected, reason): &(Statement, Times, [&str; 3], &str),
) {
    let fact = fact(statement);
    let known = known(*times);
    let users = [Context::Webhook, Context::AppSweep(known), Context::ActionSweep(known)];
    for (user, expected) in users.iter().zip(expected).filter(|(_, expected)| !expected.is_empty()) {
        let decided = words(decide(subject, &fact, user));
        assert_eq!(decided, *expected, "{fact:?}, {times:?}, {user:?}: {reason}");
    }
}

fn time_of(second: Option<i64>) -> Option<OffsetDateTime> {
    second.map(at)
}
