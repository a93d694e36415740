//! The expected state of a phase, computed from the times of all changes on the forge, and from the received ones. It shares
//! no code with the backend's rule, which uses the newest change.

/// A change of an issue on the forge.
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
    /// The forge's current state: the time at which the issue was closed or reopened.
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

/// The call of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    Store(&'static str),
    Apply(StateChange),
    Purge,
    /// Nobody tells it anything.
    Nothing,
}

/// The issue was closed or opened again in the step `at`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StateChange {
    pub(super) closed: bool,
    pub(super) at: usize,
}

/// A stored document. `data` is spelled as PostgreSQL spells it, so that it must be returned byte for byte.
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
    received: Vec<StateChange>,
    in_transit: Vec<StateChange>,
    /// The state on the forge: the last close or reopening, if there was one.
    truth: Option<StateChange>,
    events: Vec<&'static str>,
}

const DATA: &str = r#"{"n": 1.50, "of": "üñ\n"}"#;
const OTHER_DATA: &str = r#"[12345678901234567890.10, {"": null}]"#;

impl Model {
    /// Returns the stored document, visible or not.
    pub(super) fn kept(&self) -> Option<&Document> {
        self.kept.as_ref()
    }

    /// Returns the visible document: every received close was before the store, or before a received reopening.
    pub(super) fn seen(&self) -> Option<&Document> {
        let undone =
            |close: &StateChange| self.received.iter().any(|change| !change.closed && change.at > close.at);
        self.kept.as_ref().filter(|document| {
            let closes = self.received.iter().filter(|change| change.closed);
            closes.into_iter().all(|close| close.at < document.stored || undone(close))
        })
    }

    /// The events, oldest first.
    pub(super) fn events(&self) -> String {
        self.events.join(" ")
    }

    /// Takes a step and answers what to ask of the backend. `None` if the step can't be taken here: there is
    /// no delivery to repeat, or the forge has nothing to say.
    pub(super) fn take(&mut self, step: Step, at: usize) -> Option<Call> {
        let (closed, open) = (StateChange { closed: true, at }, StateChange { closed: false, at });
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
            Step::Duplicate => self.received.last().copied().map(|change| self.receive(change)),
            Step::Late if self.in_transit.is_empty() => {
                self.received.first().copied().map(|change| self.receive(change))
            }
            Step::Late => {
                let change = self.in_transit.remove(0);
                Some(self.receive(change))
            }
            Step::Sweep => self.truth.map(|change| self.receive(change)),
            Step::Purge => {
                if self.kept.is_some() && self.seen().is_none() {
                    self.kept = None;
                    self.events.push("purged");
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
            self.events.push("stored");
        } else if let Some(document) = &mut self.kept {
            document.stored = at;
        }
        Call::Store(data)
    }

    fn deliver(&mut self, change: StateChange, at_once: bool) -> Call {
        if at_once {
            return self.receive(change);
        }
        self.in_transit.push(change);
        Call::Nothing
    }

    fn receive(&mut self, change: StateChange) -> Call {
        let before = self.seen().is_some();
        self.received.push(change);
        match (before, self.seen().is_some()) {
            (true, false) => self.events.push("deleted"),
            (false, true) => self.events.push("restored"),
            _ => {}
        }
        Call::Apply(change)
    }
}
