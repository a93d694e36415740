//! What a user must see of one phase, worked out from when things happened on the forge and what was heard of
//! it. It shares nothing with the backend's rule, which goes by the newest word.

/// What can happen to an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Store,
    StoreOther,
    /// The issue is closed, and we hear of it at once.
    Close,
    /// The issue is closed, and the delivery is still on its way.
    CloseUnheard,
    /// The issue is opened again, and we hear of it at once.
    Reopen,
    /// The issue is opened again, and the delivery is still on its way.
    ReopenUnheard,
    /// The newest delivery once more.
    Duplicate,
    /// The oldest delivery that is on its way, or else the oldest of all once more.
    Late,
    /// What the forge says now: since when the issue is closed, or open again.
    Sweep,
    /// The grace period ends, and the purge runs.
    Purge,
}

impl Step {
    pub(super) const ALL: [Self; 10] = [
        Self::Store,
        Self::StoreOther,
        Self::Close,
        Self::CloseUnheard,
        Self::Reopen,
        Self::ReopenUnheard,
        Self::Duplicate,
        Self::Late,
        Self::Sweep,
        Self::Purge,
    ];
}

/// What the backend is asked in a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    Store(&'static str),
    Say(Word),
    Purge,
    /// Nobody tells it anything.
    Nothing,
}

/// The issue was closed or opened again in the step `at`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) closed: bool,
    pub(super) at: usize,
}

/// What is kept. `data` is spelled as PostgreSQL spells it, so that it must come back byte for byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Document {
    pub(super) data: &'static str,
    pub(super) revision: i64,
    stored: usize,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Model {
    kept: Option<Document>,
    /// Revisions go on counting, whatever was purged.
    last_revision: i64,
    heard: Vec<Word>,
    on_its_way: Vec<Word>,
    /// What the forge knows: when the issue was last closed or opened again, if it ever was.
    truth: Option<Word>,
    receipts: Vec<&'static str>,
}

const DATA: &str = r#"{"n": 1.50, "of": "üñ\n"}"#;
const OTHER_DATA: &str = r#"[12345678901234567890.10, {"": null}]"#;

impl Model {
    /// What is kept, seen or not.
    pub(super) fn kept(&self) -> Option<&Document> {
        self.kept.as_ref()
    }

    /// What can be seen: every close that we heard of came before the store, or before a reopening that we
    /// heard of.
    pub(super) fn seen(&self) -> Option<&Document> {
        let undone = |close: &Word| self.heard.iter().any(|word| !word.closed && word.at > close.at);
        self.kept.as_ref().filter(|document| {
            let closes = self.heard.iter().filter(|word| word.closed);
            closes.into_iter().all(|close| close.at < document.stored || undone(close))
        })
    }

    /// The receipts, oldest first.
    pub(super) fn receipts(&self) -> String {
        self.receipts.join(" ")
    }

    /// Takes a step and answers what to ask of the backend. `None` if the step can't be taken here: there is
    /// no delivery to repeat, or the forge has nothing to say.
    pub(super) fn take(&mut self, step: Step, at: usize) -> Option<Call> {
        let (closed, open) = (Word { closed: true, at }, Word { closed: false, at });
        match step {
            Step::Store => Some(self.store(DATA, at)),
            Step::StoreOther => Some(self.store(OTHER_DATA, at)),
            Step::Close | Step::CloseUnheard => {
                self.truth = Some(closed);
                Some(self.deliver(closed, step == Step::Close))
            }
            Step::Reopen | Step::ReopenUnheard => {
                self.truth = Some(open);
                Some(self.deliver(open, step == Step::Reopen))
            }
            Step::Duplicate => self.heard.last().copied().map(|word| self.hear(word)),
            Step::Late if self.on_its_way.is_empty() => {
                self.heard.first().copied().map(|word| self.hear(word))
            }
            Step::Late => {
                let word = self.on_its_way.remove(0);
                Some(self.hear(word))
            }
            Step::Sweep => self.truth.map(|word| self.hear(word)),
            Step::Purge => {
                if self.kept.is_some() && self.seen().is_none() {
                    self.kept = None;
                    self.receipts.push("purged");
                }
                Some(Call::Purge)
            }
        }
    }

    fn store(&mut self, data: &'static str, at: usize) -> Call {
        let before = self.seen().copied();
        if before.is_none_or(|document| document.data != data) {
            let revision = self.last_revision + 1;
            self.last_revision = revision;
            self.kept = Some(Document { data, revision, stored: at });
            self.receipts.push("stored");
        } else if let Some(document) = &mut self.kept {
            document.stored = at;
        }
        Call::Store(data)
    }

    fn deliver(&mut self, word: Word, at_once: bool) -> Call {
        if at_once {
            return self.hear(word);
        }
        self.on_its_way.push(word);
        Call::Nothing
    }

    fn hear(&mut self, word: Word) -> Call {
        let before = self.seen().is_some();
        self.heard.push(word);
        match (before, self.seen().is_some()) {
            (true, false) => self.receipts.push("deleted"),
            (false, true) => self.receipts.push("restored"),
            _ => {}
        }
        Call::Say(word)
    }
}
