//! One call with all its attempts.

use std::time::Duration;

use phase_data_wire::Phase;
use phase_data_wire::phase_data::{PhaseEvent, PhaseEventKind};
use reqwest::RequestBuilder;
use tokio::time::Instant;

use super::answer::{Answer, TransportError, may_have_arrived};
use super::retry::{Attempt, Peer, RetryBudget};
use super::{Client, REQUEST_ID};
use crate::error::Error;
use crate::log::Log;
use crate::target::Target;

/// The attempts of one call.
pub(super) struct Call {
    deadline: Instant,
    budget: RetryBudget,
    /// The request ids of attempts that may have been carried out, although no answer says so.
    unknown: Vec<String>,
    /// The outcome of the attempt before.
    before: Option<Result<Answer, TransportError>>,
}

/// The events that a write leaves.
#[derive(Clone, Copy)]
pub(super) struct EventFilter<'a> {
    pub(super) target: &'a Target,
    pub(super) kind: PhaseEventKind,
    /// Any, if none is named.
    pub(super) phase: Option<Phase>,
}

impl EventFilter<'_> {
    /// Those of this kind that these attempts left.
    fn own(self, events: Vec<PhaseEvent>, attempts: &[String]) -> Vec<PhaseEvent> {
        let fits =
            |event: &PhaseEvent| event.kind == self.kind && self.phase.is_none_or(|it| it == event.phase);
        events.into_iter().filter(|event| fits(event) && attempts.contains(&event.request_id)).collect()
    }
}

/// The outcome of a write.
pub(super) enum WriteOutcome {
    /// The answer to its last attempt.
    Answered(Box<Answer>),
    /// An attempt whose answer was lost was carried out: these are its events.
    Found(Vec<PhaseEvent>),
}

impl WriteOutcome {
    fn answered(answer: Answer) -> Self {
        Self::Answered(answer.into())
    }
}

/// The outcome of a search for an own event.
enum LookupOutcome {
    Found(Vec<PhaseEvent>),
    NotThere,
    /// The call ends with this: no time is left to look again.
    Ended(Box<Result<Answer, TransportError>>),
}

/// An attempt's outcome; nothing, if another attempt follows.
type Turn = Option<Result<Answer, TransportError>>;

/// Its page has 100 events: more than that are not made while a step tries again.
const MAX_PAGES: usize = 5;
/// The call itself was answered: finding out more may not take long.
const LOOKUP_LIMIT: Duration = Duration::from_secs(5);

impl Call {
    pub(super) fn until(deadline: Instant) -> Self {
        let budget = RetryBudget::until(deadline, Peer::Backend);
        Self { deadline, budget, unknown: Vec::new(), before: None }
    }

    /// The same call, whose answer may be this long.
    pub(super) fn reading(mut self, limit: usize) -> Self {
        self.budget = self.budget.reading(limit);
        self
    }
}

impl Client<'_> {
    /// Sends what changes nothing, or may be repeated in any case, until there is an answer that a repetition would
    /// not change, or no time left.
    pub(super) async fn send(
        &self,
        mut call: Call,
        request: &dyn Fn() -> RequestBuilder,
        log: &mut Log<'_>,
    ) -> Result<Answer, Error> {
        loop {
            if let Some(outcome) = self.turn(&mut call, request(), log).await? {
                return self.answered(call, outcome);
            }
        }
    }

    /// Sends a write on an issue. Another run may have written since an attempt whose answer was lost, so the write is
    /// repeated only if the events do not show that attempt. The request is told whether it is a repetition.
    pub(super) async fn send_write(
        &self,
        mut call: Call,
        filter: EventFilter<'_>,
        request: &dyn Fn(bool) -> RequestBuilder,
        log: &mut Log<'_>,
    ) -> Result<WriteOutcome, Error> {
        loop {
            let repeated = !call.unknown.is_empty();
            if let Some(outcome) = self.turn(&mut call, request(repeated), log).await? {
                return self.answered(call, outcome).map(WriteOutcome::answered);
            }
            if call.unknown.is_empty() {
                continue;
            }
            log.line("The answer of an earlier attempt was error: looking for what that attempt changed.");
            match self.look(&mut call, filter, log).await? {
                LookupOutcome::Found(events) => return Ok(WriteOutcome::Found(events)),
                LookupOutcome::NotThere => {}
                LookupOutcome::Ended(outcome) => {
                    return self.answered(call, *outcome).map(WriteOutcome::answered);
                }
            }
        }
    }

    /// Makes one attempt.
    async fn turn(&self, call: &mut Call, request: RequestBuilder, log: &mut Log<'_>) -> Result<Turn, Error> {
        let id = self.trace.request_id()?;
        let request = request.header(REQUEST_ID, &id);
        let request = match (self.authorized(request, call.deadline, log).await, call.before.take()) {
            (Ok(request), _) => request,
            // The time ended while a token was asked for, but what used it up is the backend.
            (Err(Error::Credential(error)), Some(outcome)) if error.is_transient() => {
                return Ok(Some(outcome));
            }
            (Err(error), _) => return Err(error),
        };
        match call.budget.attempt(request, log).await {
            Attempt::Final(outcome) => Ok(Some(outcome)),
            Attempt::Again(outcome) => {
                if may_have_arrived(&outcome) {
                    call.unknown.push(id);
                }
                call.before = Some(outcome);
                Ok(None)
            }
        }
    }

    fn answered(&self, call: Call, outcome: Result<Answer, TransportError>) -> Result<Answer, Error> {
        let mut answer = outcome.map_err(|error| self.unreachable(&error, &call.budget))?;
        answer.earlier = call.unknown;
        Ok(answer)
    }

    /// Looks for what the call's attempts changed, in the time and with the patience of the call.
    async fn look(
        &self,
        call: &mut Call,
        filter: EventFilter<'_>,
        log: &mut Log<'_>,
    ) -> Result<LookupOutcome, Error> {
        let attempts = call.unknown.clone();
        let mut before = None;
        for _ in 0..MAX_PAGES {
            let outcome = loop {
                let request = self.http.get(self.events_url(filter.target, before));
                if let Some(outcome) = self.turn(call, request, log).await? {
                    break outcome;
                }
            };
            // The requests that only looked changed nothing.
            call.unknown.clone_from(&attempts);
            let passing = |answer: &Answer| Peer::Backend.is_transient(answer.status);
            let answer = match outcome {
                Ok(answer) if !passing(&answer) => answer,
                outcome => return Ok(LookupOutcome::Ended(outcome.into())),
            };
            let page = match self.events_page(filter.target, answer) {
                Ok(page) => page,
                Err(error) => {
                    log.line(&not_found_out(&error));
                    return Ok(LookupOutcome::NotThere);
                }
            };
            let own = filter.own(page.events, &attempts);
            before = page.next;
            if !own.is_empty() {
                return Ok(LookupOutcome::Found(own));
            }
            if before.is_none() {
                break;
            }
        }
        Ok(LookupOutcome::NotThere)
    }

    /// The changes that these attempts made, once the call was answered. None, if that can't be found out.
    pub(super) async fn own_events(
        &self,
        filter: EventFilter<'_>,
        attempts: &[String],
        deadline: Instant,
        log: &mut Log<'_>,
    ) -> Vec<PhaseEvent> {
        if attempts.is_empty() {
            return Vec::new();
        }
        let mut call = Call::until(deadline.min(Instant::now() + LOOKUP_LIMIT));
        call.unknown = attempts.to_vec();
        log.line("The answer of an earlier attempt was error: looking for what that attempt changed.");
        let error = match self.look(&mut call, filter, log).await {
            Ok(LookupOutcome::Found(events)) => return events,
            Ok(LookupOutcome::NotThere) => return Vec::new(),
            Ok(LookupOutcome::Ended(outcome)) => {
                let read =
                    self.answered(call, *outcome).and_then(|answer| self.events_page(filter.target, answer));
                let Err(error) = read else { return Vec::new() };
                error
            }
            Err(error) => error,
        };
        log.line(&not_found_out(&error));
        Vec::new()
    }
}

fn not_found_out(error: &Error) -> String {
    format!("What it changed can't be found out: {error}.")
}
