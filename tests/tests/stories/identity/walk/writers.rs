//! Stores, patches, clean-ups and restorations.

use phase_data_tests::Answer;
use serde_json::{Value, json};

use super::super::model::{Caller, Now, Outcome, PHASES, Target, Unspecified};
use super::account::{Request, Spent};
use super::{Asker, Walk};

/// A store to send.
struct Store {
    asker: Asker,
    issue: i32,
    phase: usize,
    content: Value,
    is_patch: bool,
}

impl Walk {
    pub(super) async fn store(&mut self, account: usize, is_patch: bool) -> Result<bool, Unspecified> {
        let (asker, issue) = (self.asker(account), self.issue(account));
        let phase = self.random.below(PHASES.len());
        let content = self.content(account, &asker, (issue, phase), is_patch);
        let store = Store { asker, issue, phase, content, is_patch };
        let mut request = store.request();
        let now = self.now();
        let mut trial = self.accounts[account].model.clone();
        let at = (store.asker.name, issue, phase);
        let (place, _) = trial.store(store.asker.caller, at, (&store.content, is_patch), now)?;
        let refused = self.condition(account, &store, place, &mut request);
        let answer = self.stage.send(&request).await;
        let now = self.since(now);
        self.note(account, &store.label(&request), &answer);
        if !store.asker.may {
            self.check(account, answer.status == 404, &format!("{} reaches it", store.asker.label));
            return Ok(true);
        }
        if refused {
            self.check(account, answer.status == 412, &format!("{} has an old tag", store.label(&request)));
            return Ok(true);
        }
        self.spend(account, &store.asker, request, &answer);
        let model = &mut self.accounts[account].model;
        let (place, outcome) =
            model.store(store.asker.caller, at, (&store.content, is_patch), now).expect("as in the trial");
        self.stored(account, place, outcome, &store, &answer);
        Ok(true)
    }

    /// Mostly something new; sometimes what is there already.
    fn content(
        &mut self,
        account: usize,
        asker: &Asker,
        (issue, phase): (i32, usize),
        is_patch: bool,
    ) -> Value {
        let number = self.step;
        if is_patch {
            let patches = [json!({"a": number}), json!({"b": number}), json!({"a": null, "c": 1})];
            return patches[self.random.below(patches.len())].clone();
        }
        let (mut trial, now) = (self.accounts[account].model.clone(), self.now());
        let seen = trial.read(asker.caller, asker.name, issue, now).unwrap_or_default();
        let same = seen.into_iter().find(|seen| seen.phase == phase).map(|seen| seen.document.content);
        same.filter(|_| self.random.below(5) == 0).unwrap_or_else(|| json!({"a": number}))
    }

    /// A key may ask for the tag that is known, or for any that its URL had; answers whether that is to be refused.
    fn condition(&mut self, account: usize, store: &Store, place: Target, request: &mut Request) -> bool {
        let account = &self.accounts[account];
        let known =
            account.model.rows.get(place.row).is_some().then(|| account.model.clone().slot(place).clone());
        let current = known.and_then(|slot| slot.live().and_then(|document| document.tag.clone()));
        let (Caller::Key, Some(current)) = (store.asker.caller, current) else { return false };
        let url = store.url();
        let tags: Vec<&String> =
            account.tags.keys().filter(|(of, _)| *of == url).map(|(_, tag)| tag).collect();
        let tag = match self.random.below(6) {
            0 => current.clone(),
            1 => self.random.one_of(&tags).unwrap_or(&current).clone(),
            _ => return false,
        };
        let refused = tag != current;
        request.condition = Some(("if-match", tag));
        refused
    }

    fn stored(&mut self, account: usize, place: Target, outcome: Outcome, store: &Store, answer: &Answer) {
        let (status, label) = match outcome {
            Outcome::Created => (201, "created"),
            Outcome::Replaced => (200, "replaced"),
            Outcome::Unchanged => (200, "unchanged"),
        };
        let what = store.label(&store.request());
        self.check(account, answer.status == status, &format!("{what} must be {label}: {}", answer.body));
        let body = answer.json();
        self.check(account, body["effect"] == label, &format!("{what} must be {label}: {}", answer.body));
        let (tag, url) = (answer.header("etag").to_owned(), store.url());
        self.learn(account, place, (&body, &tag), &url, &what);
        let slot = self.accounts[account].model.slot(place);
        if let Some(document) = &mut slot.document {
            document.bytes = body["data_bytes"].as_i64().unwrap_or_default();
        }
    }

    /// Takes from an answer what the model can't know, and checks what it knows: the revision and the entity tag.
    pub(super) fn learn(
        &mut self,
        account: usize,
        place: Target,
        (body, tag): (&Value, &str),
        url: &str,
        what: &str,
    ) {
        let slot = self.accounts[account].model.slot(place);
        let (before, revision) = (slot.clone(), body["revision"].as_i64().unwrap_or_default());
        slot.revision = revision;
        let Some(document) = &mut slot.document else { return };
        let (known, content) = (document.tag.replace(tag.to_owned()), document.content.clone());
        self.check(
            account,
            revision == before.revision,
            &format!("{what}: the revision {revision} is not of {before:?}"),
        );
        let same = known.is_none_or(|known| known == tag);
        self.check(account, same, &format!("{what}: {tag} is another tag for what did not change"));
        let other = self.accounts[account].remember(url, tag, &content);
        let label = format!("{what}: {tag} of {url} stood for {other:?} and stands for {content}");
        self.check(account, other.is_none(), &label);
    }

    /// Cleans an issue up, or restores it.
    pub(super) async fn change(&mut self, account: usize, closed: bool) -> Result<bool, Unspecified> {
        let (asker, issue) = (self.asker(account), self.issue(account));
        let purge = closed && self.random.below(3) == 0;
        let path = format!("/phase_data/{}/{issue}", asker.name);
        let request = match (closed, purge) {
            (true, true) => Request::new("DELETE", format!("{path}?purge=true"), asker.credential.clone()),
            (true, false) => Request::new("DELETE", path, asker.credential.clone()),
            (false, _) => Request::new("POST", format!("{path}/restore"), asker.credential.clone()),
        };
        let now = self.now();
        if asker.may {
            let mut trial = self.accounts[account].model.clone();
            trial.change(asker.caller, (asker.name, issue), (closed, purge), now)?;
        }
        let answer = self.stage.send(&request).await;
        let now = self.since(now);
        let what = format!("{} {} {}", asker.label, request.method, request.path);
        self.note(account, &what, &answer);
        if !asker.may {
            self.check(account, answer.status == 404, &format!("{what} reaches it"));
            return Ok(true);
        }
        self.spend(account, &asker, request, &answer);
        self.changed(account, (&asker, issue), (closed, purge), now, &answer);
        Ok(true)
    }

    fn changed(
        &mut self,
        account: usize,
        (asker, issue): (&Asker, i32),
        (closed, purge): (bool, bool),
        now: Now,
        answer: &Answer,
    ) {
        let model = &mut self.accounts[account].model;
        let affected = model.change(asker.caller, (asker.name, issue), (closed, purge), now);
        let affected: Vec<&str> =
            affected.expect("as in the trial").into_iter().map(|phase| PHASES[phase]).collect();
        let member = if closed { "deleted" } else { "restored" };
        let right = answer.status == 200 && answer.json()[member] == json!(affected);
        let label = format!("{} of {} {issue} must have {member} {affected:?}", asker.label, asker.name);
        self.check(account, right, &format!("{label}: {}", answer.body));
    }

    fn spend(&mut self, account: usize, asker: &Asker, request: Request, answer: &Answer) {
        if matches!(asker.caller, Caller::Token(..)) {
            let answer = (answer.status, answer.body.clone());
            let label = asker.label.clone();
            self.accounts[account].spent.push(Spent { request, label, answer });
        }
    }

    /// A write by a token is sent once more: it is answered as it was, and changes nothing.
    pub(super) async fn repeat_write(&mut self, account: usize) -> Result<bool, Unspecified> {
        let spent = &self.accounts[account].spent;
        let lately = spent.len().saturating_sub(12);
        let index = lately + self.random.below(spent.len() - lately);
        let Some(Spent { request, label, answer: before }) = spent.get(index).cloned() else {
            return Ok(false);
        };
        let answer = self.stage.send(&request).await;
        let what = format!("once more, {label} {} {}", request.method, request.path);
        self.note(account, &what, &answer);
        let same = (answer.status, &answer.body) == (before.0, &before.1);
        self.check(account, same, &format!("{what}: {} was {before:?}", answer.body));
        Ok(true)
    }
}

impl Store {
    fn url(&self) -> String {
        format!("{}/{}?phase={}", self.asker.name, self.issue, PHASES[self.phase])
    }

    fn request(&self) -> Request {
        let credential = self.asker.credential.clone();
        if self.is_patch {
            let mut request = Request::new("PATCH", format!("/phase_data/{}", self.url()), credential);
            request.body = self.content.clone();
            return request;
        }
        let mut request = Request::new("POST", "/phase_data".to_owned(), credential);
        request.body = json!({
            "repository": self.asker.name, "issue_number": self.issue, "phase": PHASES[self.phase],
            "data": self.content,
        });
        request
    }

    fn label(&self, request: &Request) -> String {
        let (issue, phase, name) = (self.issue, PHASES[self.phase], self.asker.name);
        let condition = request.condition.as_ref().map_or(String::new(), |(_, tag)| format!(" if {tag}"));
        let does = if self.is_patch { "patches" } else { "stores" };
        format!("{} {does} {} for {name} {issue} {phase}{condition}", self.asker.label, self.content)
    }
}
