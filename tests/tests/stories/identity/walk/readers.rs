//! Retrievals, lists and usage.

use std::collections::BTreeMap;

use phase_data_tests::Answer;
use serde_json::{Value, json};

use super::super::model::{Document, Issue, PHASES, Row, Seen, Unspecified};
use super::account::Request;
use super::{Asker, Walk};

impl Walk {
    pub(super) async fn retrieve(&mut self, account: usize) -> Result<bool, Unspecified> {
        let (asker, issue) = (self.asker(account), self.issue(account));
        let phase = Some(self.random.below(PHASES.len())).filter(|_| self.random.below(2) == 0);
        self.retrieve_as(account, &asker, issue, phase).await
    }

    /// Retrieves an issue, or one phase of it, and compares.
    pub(super) async fn retrieve_as(
        &mut self,
        account: usize,
        asker: &Asker,
        issue: i32,
        phase: Option<usize>,
    ) -> Result<bool, Unspecified> {
        let (mut model, now) = (self.accounts[account].model.clone(), self.now());
        let mut seen = model.read(asker.caller, asker.name, issue, now)?;
        seen.retain(|seen| phase.is_none_or(|phase| seen.phase == phase));
        let query = phase.map_or(String::new(), |phase| format!("?phase={}", PHASES[phase]));
        let url = format!("{}/{issue}{query}", asker.name);
        let mut request = Request::new("GET", format!("/phase_data/{url}"), asker.credential.clone());
        let tags = &self.accounts[account].tags;
        let known: Vec<&String> = tags.keys().filter(|(of, _)| *of == url).map(|(_, tag)| tag).collect();
        if self.random.below(3) == 0
            && let Some(tag) = self.random.one_of(&known)
        {
            request.condition = Some(("if-none-match", tag.clone()));
        }
        let answer = self.stage.send(&request).await;
        self.accounts[account].model = model;
        let what = format!("{} retrieves {} {issue}{query}", asker.label, asker.name);
        self.note(account, &what, &answer);
        let content = json!(seen.iter().map(|seen| (seen.phase, &seen.document.content)).collect::<Vec<_>>());
        let content = match (phase, seen.as_slice()) {
            (Some(_), [one]) => one.document.content.clone(),
            _ => content,
        };
        if answer.status == 304 {
            let tag = request.condition.map(|(_, tag)| tag).unwrap_or_default();
            let before = self.accounts[account].tags.get(&(url.clone(), tag.clone()));
            let right = before == Some(&content);
            self.check(
                account,
                right,
                &format!("{what}: {tag} stood for {before:?}, and {content} is there"),
            );
            return Ok(true);
        }
        let status = if !asker.may || seen.is_empty() { 404 } else { 200 };
        let label = format!("{what} must be {status} and see {content}: {}", answer.body);
        self.check(account, answer.status == status, &label);
        if status == 200 {
            let right = documents(&answer) == expected(&seen);
            self.check(account, right, &label);
            self.learn_all(account, &seen, &answer, (&url, &content), phase.is_some());
        }
        Ok(true)
    }

    fn learn_all(
        &mut self,
        account: usize,
        seen: &[Seen],
        answer: &Answer,
        (url, content): (&str, &Value),
        is_one: bool,
    ) {
        let (tag, body) = (answer.header("etag"), answer.json());
        let other = self.accounts[account].remember(url, tag, content);
        let label = format!("{tag} of {url} stood for {other:?} and stands for {content}");
        self.check(account, other.is_none(), &label);
        if let (true, [Seen { place, .. }]) = (is_one, seen) {
            self.learn(account, *place, (&body["phases"][0], tag), url, url);
        }
    }

    pub(super) async fn list(&mut self, account: usize) -> Result<bool, Unspecified> {
        let asker = self.asker(account);
        let closed = self.random.below(3) == 0;
        self.list_as(account, &asker, closed).await
    }

    /// Lists the issues of a repository, and compares.
    pub(super) async fn list_as(
        &mut self,
        account: usize,
        asker: &Asker,
        closed: bool,
    ) -> Result<bool, Unspecified> {
        let (mut model, now) = (self.accounts[account].model.clone(), self.now());
        let rows = if asker.may { model.rows_to_read(asker.caller, asker.name, now)? } else { Vec::new() };
        let query = if closed { "?closed=true&limit=100" } else { "?limit=100" };
        let path = format!("/repositories/{}/issues{query}", asker.name);
        let answer = self.stage.send(&Request::new("GET", path, asker.credential.clone())).await;
        let what = format!("{} lists {}{query}", asker.label, asker.name);
        self.note(account, &what, &answer);
        if !asker.may {
            self.check(account, answer.status == 404, &format!("{what} reaches it"));
            return Ok(true);
        }
        self.accounts[account].model = model;
        let model = &self.accounts[account].model;
        let expected: BTreeMap<i64, Value> = rows
            .iter()
            .take(1)
            .flat_map(|row| &model.rows[*row].issues)
            .map(|(number, issue)| (i64::from(*number), json!(phases(issue, closed))))
            .filter(|(_, phases)| phases != &json!([]))
            .collect();
        let body = answer.json();
        let issues = body["issues"].as_array().into_iter().flatten();
        let listed: BTreeMap<i64, Value> = issues
            .map(|issue| {
                let each = issue["phases"].as_array().into_iter().flatten();
                let phases: Vec<&Value> = each.map(|phase| &phase["phase"]).collect();
                (issue["issue_number"].as_i64().unwrap_or_default(), json!(phases))
            })
            .collect();
        let right = answer.status == 200 && body["repository"] == asker.name && listed == expected;
        self.check(account, right, &format!("{what} must have {expected:?}: {}", answer.body));
        Ok(true)
    }

    pub(super) async fn usage(&mut self, account: usize) -> Result<bool, Unspecified> {
        let admin = self.accounts[account].admin.clone();
        let answer = self.stage.send(&Request::new("GET", "/admin/usage".to_owned(), admin)).await;
        self.note(account, "the admin asks for the usage", &answer);
        let mut expected: Vec<(String, [i64; 3])> = Vec::new();
        for row in &self.accounts[account].model.rows {
            let live: Vec<_> =
                row.issues.values().map(|issue| issue.slots.iter().filter_map(|slot| slot.live())).collect();
            let issues = row.issues.values().filter(|issue| !phases(issue, false).is_empty()).count();
            let documents: Vec<_> = live.into_iter().flatten().collect();
            let bytes = documents.iter().map(|document| document.bytes).sum();
            let count = |number: usize| i64::try_from(number).expect("a number");
            if !documents.is_empty() {
                expected.push((called(row), [count(documents.len()), bytes, count(issues)]));
            }
        }
        let body = answer.json();
        let numbers =
            |of: &Value| ["documents", "bytes", "issues"].map(|member| of[member].as_i64().unwrap_or(-1));
        let each = body["repositories"].as_array().into_iter().flatten();
        let known = |of: &Value| of["repository"].as_str().unwrap_or_default().to_owned();
        let mut listed: Vec<_> = each.map(|of| (known(of), numbers(of))).collect();
        listed.sort();
        expected.sort();
        let mut sum = [0; 3];
        for (_, row) in &expected {
            sum.iter_mut().zip(row).for_each(|(sum, number)| *sum += number);
        }
        let right = listed == expected && numbers(&body) == sum && body["repository_count"] == expected.len();
        let names: Vec<String> = expected.iter().chain(&listed).map(|(name, _)| name.clone()).collect();
        let label =
            format!("the usage of {} must be {expected:?}, in all {sum:?}: {}", names.join(" "), answer.body);
        self.check(account, right, &label);
        Ok(true)
    }

    /// A token that proves nothing new of an id, and reads what is its own.
    pub(super) fn reader_by_id(&self, account: usize, row: usize) -> Option<Asker> {
        let rows = &self.accounts[account].model.rows;
        let (row, others) = (&rows[row], rows.iter().find_map(|row| row.name));
        let name = row.name.or(others).unwrap_or(super::NAMES[0]);
        let long_ago = self.last / super::SECOND - 12 * 60 * 60;
        row.id.map(|id| self.token(account, id, name, long_ago))
    }

    pub(super) fn reader_by_name(&self, account: usize, name: &'static str) -> Asker {
        self.key(account, name, false)
    }
}

/// Returns the name of a row in the usage. A row that has lost its name has the one that its last writer used.
fn called(row: &Row) -> String {
    let documents =
        row.issues.values().flat_map(|issue| &issue.slots).filter_map(|slot| slot.document.as_ref());
    match (row.name, documents.map(|document| document.repository).next()) {
        (Some(name), _) => name.to_owned(),
        (None, former) => format!("{} (former name)", former.unwrap_or_default()),
    }
}

/// The phases of an issue that are seen, or those that are hidden.
fn phases(issue: &Issue, hidden: bool) -> Vec<&'static str> {
    let of = |document: &Document| document.hidden == hidden;
    let kept = PHASES.iter().zip(&issue.slots).filter(|(_, slot)| slot.document.as_ref().is_some_and(of));
    kept.map(|(phase, _)| *phase).collect()
}

fn documents(answer: &Answer) -> BTreeMap<String, Value> {
    let body = answer.json();
    let each = body["phases"].as_array().into_iter().flatten();
    each.map(|phase| (phase["phase"].as_str().unwrap_or_default().to_owned(), phase["data"].clone()))
        .collect()
}

fn expected(seen: &[Seen]) -> BTreeMap<String, Value> {
    seen.iter().map(|seen| (PHASES[seen.phase].to_owned(), seen.document.content.clone())).collect()
}
