//! Everything is compared: each document by its id, each name by key, usage, and the chain of events of each issue.

use serde_json::Value;

use super::super::model::{Event, PHASES};
use super::account::{NAMES, Request};
use super::{Asker, Walk};

impl Walk {
    pub(super) async fn compare_all(&mut self) {
        let entries = self.log.len();
        for account in 0..self.accounts.len() {
            for row in 0..self.accounts[account].model.rows.len() {
                let Some(reader) = self.reader_by_id(account, row) else { continue };
                self.compare_row(account, &reader, row).await;
            }
            for name in NAMES {
                let reader = self.reader_by_name(account, name);
                for closed in [false, true] {
                    self.list_as(account, &reader, closed).await.expect("a key's are specified");
                }
            }
            self.usage(account).await.expect("it is always specified");
        }
        // These requests changed nothing.
        self.log.truncate(entries);
    }

    async fn compare_row(&mut self, account: usize, reader: &Asker, row: usize) {
        for closed in [false, true] {
            self.list_as(account, reader, closed).await.expect("its own are specified");
        }
        let issues: Vec<i32> = self.accounts[account].model.rows[row].issues.keys().copied().collect();
        for issue in issues {
            let read = self.retrieve_as(account, reader, issue, None).await;
            read.expect("what is one's own is specified");
            self.compare_events(account, reader, row, issue).await;
        }
    }

    /// Each event is there once and in its place.
    async fn compare_events(&mut self, account: usize, reader: &Asker, row: usize, issue: i32) {
        let mut events = self.events(reader, issue).await;
        let model = &self.accounts[account].model.rows[row].issues[&issue];
        for (phase, name) in PHASES.iter().enumerate() {
            let of_phase = model.events.iter().filter(|event| event.phase == phase);
            let expected: Vec<(&str, &str)> = of_phase.map(|event| self.named(account, event)).collect();
            let mut next = expected.iter().peekable();
            for (kind, request) in
                events.iter().filter(|event| event.0 == *name).map(|event| (&event.1, &event.2))
            {
                let right = next.next_if(|following| (following.0, following.1) == (kind, request)).is_some();
                let label = format!("{} {issue} {name} has the event {kind} of {request}", reader.label);
                self.check(
                    account,
                    right,
                    &format!("{label}; it must have {expected:?}, and has {events:?}"),
                );
            }
            let missing = next.next();
            let label =
                format!("{} {issue} {name} lacks the event {missing:?} of {expected:?}", reader.label);
            self.check(account, missing.is_none(), &format!("{label}; it has {events:?}"));
        }
        events.retain(|event| !PHASES.contains(&event.0.as_str()));
        self.check(account, events.is_empty(), &format!("{} {issue} has {events:?}", reader.label));
    }

    fn named<'a>(&'a self, account: usize, event: &Event) -> (&'static str, &'a str) {
        let request = match event.by_merge {
            true => Some("merge"),
            false => self.accounts[account].requests.get(&event.step).map(String::as_str),
        };
        (event.kind, request.unwrap_or_default())
    }

    /// All events of an issue, the oldest first: phase, kind and request.
    async fn events(&self, reader: &Asker, issue: i32) -> Vec<(String, String, String)> {
        let (mut events, mut before) = (Vec::new(), String::new());
        loop {
            let path = format!("/phase_data/{}/{issue}/events?limit=100{before}", reader.name);
            let page = self.stage.send(&Request::new("GET", path, reader.credential.clone())).await.json();
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            events.extend(
                page["events"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(|event| (text(&event["phase"]), text(&event["kind"]), text(&event["request_id"]))),
            );
            match page["next"].as_i64() {
                Some(next) => before = format!("&before={next}"),
                None => break,
            }
        }
        events.reverse();
        events
    }
}
