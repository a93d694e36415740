//! GitHub's events: late, repeated, and in any order.

use phase_data_tests::{APP_SECRET, APP_WEBHOOK, repository};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::super::model::{Model, Now, SECOND, Unspecified};
use super::Walk;
use super::account::{Delivered, NAMES, Statement};

impl Walk {
    pub(super) async fn rename(&mut self, account: usize) -> Result<bool, Unspecified> {
        let id = self.id();
        let new = self.random.one_of(&NAMES).expect("a name");
        let old = self.name_of(account, id).unwrap_or(NAMES[self.random.below(NAMES.len())]);
        let second = self.second(account, id, new);
        if old == new {
            return Ok(false);
        }
        self.deliver(account, Statement::Renamed { id, old, new, second }).await
    }

    pub(super) async fn tell_of_issue(&mut self, account: usize) -> Result<bool, Unspecified> {
        let (id, issue, closed) = (self.id(), self.issue(account), self.random.below(2) == 0);
        let other = NAMES[self.random.below(NAMES.len())];
        let name = self.name_of(account, id).filter(|_| self.random.below(4) > 0).unwrap_or(other);
        let (model, now) = (&self.accounts[account].model, self.last / SECOND);
        let kept = model.by_id(id).and_then(|row| model.rows[row].issues.get(&issue));
        let known = kept.and_then(|issue| issue.change).map(|change| change.at.earliest / SECOND);
        let near = i64::try_from(self.random.below(3)).expect("a number") - 1;
        let second = match self.random.below(6) {
            0..=2 => self.clock() / SECOND,
            3..=4 => (known.unwrap_or(now) + near).min(now),
            _ => now - i64::try_from(self.random.below(60 * 60)).expect("a number"),
        };
        self.deliver(account, Statement::State { id, name, issue, closed, second }).await
    }

    pub(super) async fn transfer(&mut self, account: usize) -> Result<bool, Unspecified> {
        let (from, to, issue) = (self.id(), self.id(), self.issue(account));
        let other = NAMES[self.random.below(NAMES.len())];
        let (old, new) =
            (self.name_of(account, from).unwrap_or(other), self.name_of(account, to).unwrap_or(other));
        let second = self.clock() / SECOND;
        let number = i32::try_from(10 + self.step).expect("a number");
        self.deliver(
            account,
            Statement::Transferred { from: (from, old, issue), to: (to, new, number), second },
        )
        .await
    }

    /// Repeats an event, in the same delivery or in another one.
    pub(super) async fn repeat_delivery(&mut self, account: usize) -> Result<bool, Unspecified> {
        let delivered = &self.accounts[account].delivered;
        let index = self.random.below(delivered.len());
        let Some(Delivered { statement, delivery }) = delivered.get(index).cloned() else { return Ok(false) };
        if self.random.below(2) == 0 {
            return match statement {
                Statement::Transferred { .. } => Err(Unspecified("a transfer that is told once more")),
                _ => self.deliver(account, statement).await,
            };
        }
        let (event, payload) = self.payload(account, statement);
        let answer = self
            .stage
            .backend
            .deliver_by(&self.stage.client, (APP_WEBHOOK, APP_SECRET.1), event, &delivery, &payload)
            .await;
        self.note(account, &format!("{delivery} once more: {}", describe(statement)), &answer);
        self.check(account, answer.status == 202, &format!("{delivery}: {}", answer.body));
        Ok(true)
    }

    async fn deliver(&mut self, account: usize, statement: Statement) -> Result<bool, Unspecified> {
        let now = self.now();
        heard(&mut self.accounts[account].model.clone(), statement, now)?;
        self.deliveries += 1;
        let delivery = format!("delivery-{}", self.deliveries);
        let (event, payload) = self.payload(account, statement);
        let (client, hook) = (self.stage.client.clone(), (APP_WEBHOOK, APP_SECRET.1));
        let answer = self.stage.backend.deliver_by(&client, hook, event, &delivery, &payload).await;
        let (state, reason) = match answer.status {
            202 => self.stage.backend.settled_on(&mut self.database, &delivery).await,
            _ => (answer.body.clone(), None),
        };
        let now = self.since(now);
        self.note(account, &format!("GitHub tells that {}", describe(statement)), &answer);
        self.check(account, state == "done", &format!("{}: {state}, {reason:?}", describe(statement)));
        heard(&mut self.accounts[account].model, statement, now).expect("as in the trial");
        self.accounts[account].delivered.push(Delivered { statement, delivery });
        Ok(true)
    }

    fn name_of(&self, account: usize, id: i64) -> Option<&'static str> {
        let model = &self.accounts[account].model;
        model.by_id(id).and_then(|row| model.rows[row].name)
    }

    fn payload(&self, account: usize, statement: Statement) -> (&'static str, Value) {
        let owner = self.accounts[account].owner;
        let described = |id: i64, name: &str, at: &str| {
            repository(owner, u32::try_from(id).expect("a small id"), name, at)
        };
        match statement {
            Statement::Renamed { id, old, new, second } => {
                let from = old.split('/').nth(1);
                let payload = json!({
                    "action": "renamed", "repository": described(id, new, &written(second)),
                    "changes": {"repository": {"name": {"from": from}}},
                });
                ("repository", payload)
            }
            Statement::State { id, name, issue, closed, second } => {
                let at = written(second);
                let payload = json!({
                    "action": if closed { "closed" } else { "reopened" },
                    "issue": {"number": issue, "closed_at": closed.then_some(&at), "updated_at": at},
                    "repository": described(id, name, &at),
                });
                ("issues", payload)
            }
            Statement::Transferred { from, to, second } => {
                let at = written(second);
                let payload = json!({
                    "action": "transferred", "issue": {"number": from.2, "updated_at": at},
                    "repository": described(from.0, from.1, &at),
                    "changes": {
                        "new_issue": {"number": to.2}, "new_repository": described(to.0, to.1, &at),
                    },
                });
                ("issues", payload)
            }
        }
    }
}

/// Applies the event to the model.
fn heard(model: &mut Model, statement: Statement, now: Now) -> Result<(), Unspecified> {
    match statement {
        Statement::Renamed { id, old, new, second } => model.renamed(id, (old, new), second, now.step),
        Statement::State { id, name, issue, closed, second } => {
            model.apply_statement((id, name, issue), (closed, second), now.step)
        }
        Statement::Transferred { from, to, second } => model.transferred(from, to, second, now),
    }
}

fn describe(statement: Statement) -> String {
    match statement {
        Statement::Renamed { id, old, new, second } => {
            format!("#{id} was renamed from {old} to {new} at {second}")
        }
        Statement::State { id, name, issue, closed, second } => {
            let was = if closed { "closed" } else { "reopened" };
            format!("{issue} of #{id} {name} was {was} at {second}")
        }
        Statement::Transferred { from, to, second } => {
            let (id, name, issue) = from;
            format!("{issue} of #{id} {name} was transferred to {} of #{} {} at {second}", to.2, to.0, to.1)
        }
    }
}

fn written(second: i64) -> String {
    let at = OffsetDateTime::from_unix_timestamp(second).expect("a time");
    at.format(&Rfc3339).expect("a time")
}
