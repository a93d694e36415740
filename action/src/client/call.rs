//! One call with all its attempts, and the search for the effect of an attempt without an answer.

use std::time::Duration;

use phase_data_wire::Phase;
use phase_data_wire::phase_data::{PhaseEvent, PhaseEventKind};
use reqwest::RequestBuilder;
use tokio::time::Instant;

use super::answer::{Answer, TransportError, may_have_arrived};
use super::peer::Peer;
use super::retry::{Attempt, RetryBudget};
use super::{Client, REQUEST_ID};
use crate::error::Error;
use crate::log::Log;
use crate::target::Target;

/// The attempts of one call.
pub(super) struct Call {
    deadline: Instant,
    budget: RetryBudget,
    /// The request ids of attempts without an answer, which the backend may have executed.
    unanswered: Vec<String>,
    /// The outcome of the previous attempt.
    previous: Option<Result<Answer, TransportError>>,
    /// The time that the call waited for data until a proxy ended it.
    pub(super) cut_off: Option<Duration>,
}

/// Selects the events of a write.
#[derive(Clone, Copy)]
pub(super) struct EventFilter<'a> {
    pub(super) target: &'a Target,
    pub(super) kind: PhaseEventKind,
    /// `None`: any phase.
    pub(super) phase: Option<Phase>,
}

impl EventFilter<'_> {
    /// Returns the selected events of these attempts.
    fn own(self, events: Vec<PhaseEvent>, attempts: &[String]) -> Vec<PhaseEvent> {
        let fits =
            |event: &PhaseEvent| event.kind == self.kind && self.phase.is_none_or(|it| it == event.phase);
        events.into_iter().filter(|event| fits(event) && attempts.contains(&event.request_id)).collect()
    }
}

/// The outcome of a write.
pub(super) enum WriteOutcome {
    /// The answer to the last attempt.
    Answered(Box<Answer>),
    /// The events of an attempt that the backend executed, although its answer was lost.
    Found(Vec<PhaseEvent>),
}

impl WriteOutcome {
    fn answered(answer: Answer) -> Self {
        Self::Answered(answer.into())
    }
}

/// The outcome of the search for events of this call.
enum LookupOutcome {
    Found(Vec<PhaseEvent>),
    NotFound,
    /// The call ends with this outcome: no time is left for another search.
    Ended(Box<Result<Answer, TransportError>>),
}

/// The outcome of an attempt; `None` if another attempt follows.
type AttemptOutcome = Option<Result<Answer, TransportError>>;

/// A page has 100 events: fewer are written during the retries of a step.
const MAX_PAGES: usize = 5;
/// Limits the search after the call itself was answered.
const LOOKUP_LIMIT: Duration = Duration::from_secs(5);

impl Call {
    pub(super) fn until(deadline: Instant) -> Self {
        let budget = RetryBudget::until(deadline, Peer::Backend);
        Self { deadline, budget, unanswered: Vec::new(), previous: None, cut_off: None }
    }

    /// Sets the maximum size of the answer.
    pub(super) fn reading(mut self, limit: usize) -> Self {
        self.budget = self.budget.reading(limit);
        self
    }

    /// Expects that the request waits for data, at most for this time. See [`Client::wait`].
    pub(super) fn waiting(mut self, limit: Duration) -> Self {
        self.budget = self.budget.waiting(limit);
        self
    }
}

impl Client<'_> {
    /// Sends a request that is safe to repeat, until its answer is final or the time has elapsed.
    pub(super) async fn send(
        &self,
        mut call: Call,
        request: &dyn Fn() -> RequestBuilder,
        log: &mut Log<'_>,
    ) -> Result<Answer, Error> {
        loop {
            if let Some(outcome) = self.attempt(&mut call, request(), log).await? {
                return self.answered(call, outcome);
            }
        }
    }

    /// Sends a write on an issue. Another run may have written since an attempt whose answer was lost, so the write is
    /// repeated only if the events do not show that attempt. `request` gets `true` for a repetition.
    pub(super) async fn send_write(
        &self,
        mut call: Call,
        filter: EventFilter<'_>,
        request: &dyn Fn(bool) -> RequestBuilder,
        log: &mut Log<'_>,
    ) -> Result<WriteOutcome, Error> {
        loop {
            let repeated = !call.unanswered.is_empty();
            if let Some(outcome) = self.attempt(&mut call, request(repeated), log).await? {
                return self.answered(call, outcome).map(WriteOutcome::answered);
            }
            if call.unanswered.is_empty() {
                continue;
            }
            log.line(
                "An earlier attempt ended with an error. Looking for its change among the issue's events.",
            );
            match self.look(&mut call, filter, log).await? {
                LookupOutcome::Found(events) => return Ok(WriteOutcome::Found(events)),
                LookupOutcome::NotFound => {}
                LookupOutcome::Ended(outcome) => {
                    return self.answered(call, *outcome).map(WriteOutcome::answered);
                }
            }
        }
    }

    /// Sends one attempt, with a request id and a credential of its own.
    pub(super) async fn attempt(
        &self,
        call: &mut Call,
        request: RequestBuilder,
        log: &mut Log<'_>,
    ) -> Result<AttemptOutcome, Error> {
        let id = self.runner.trace.request_id()?;
        let request = request.header(REQUEST_ID, &id);
        let request = match (self.authorized(request, call.deadline, log).await, call.previous.take()) {
            (Ok(request), _) => request,
            // The time elapsed during the request for a token, but the backend used it up.
            (Err(Error::Credential(error)), Some(outcome)) if error.is_transient() => {
                return Ok(Some(outcome));
            }
            (Err(error), _) => return Err(error),
        };
        match call.budget.attempt(request, log).await {
            Attempt::Final(outcome) => Ok(Some(outcome)),
            Attempt::Retry(outcome) => {
                if may_have_arrived(&outcome) {
                    call.unanswered.push(id);
                }
                call.previous = Some(outcome);
                Ok(None)
            }
            Attempt::CutOff(elapsed) => {
                call.cut_off = Some(elapsed);
                Ok(None)
            }
        }
    }

    pub(super) fn answered(
        &self,
        call: Call,
        outcome: Result<Answer, TransportError>,
    ) -> Result<Answer, Error> {
        let mut answer = outcome.map_err(|error| self.unreachable(&error, &call.budget))?;
        answer.earlier = call.unanswered;
        Ok(answer)
    }

    /// Looks for what the call's attempts changed, in the time and with the patience of the call.
    async fn look(
        &self,
        call: &mut Call,
        filter: EventFilter<'_>,
        log: &mut Log<'_>,
    ) -> Result<LookupOutcome, Error> {
        let attempts = call.unanswered.clone();
        let mut before = None;
        for _ in 0..MAX_PAGES {
            let outcome = loop {
                let request = self.http.get(self.events_url(filter.target, before));
                if let Some(outcome) = self.attempt(call, request, log).await? {
                    break outcome;
                }
            };
            // The search itself changed nothing.
            call.unanswered.clone_from(&attempts);
            let passing = |answer: &Answer| Peer::Backend.is_transient(answer.status);
            let answer = match outcome {
                Ok(answer) if !passing(&answer) => answer,
                outcome => return Ok(LookupOutcome::Ended(outcome.into())),
            };
            let page = match self.events_page(filter.target, answer) {
                Ok(page) => page,
                Err(error) => {
                    log.line(&search_failed(&error));
                    return Ok(LookupOutcome::NotFound);
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
        Ok(LookupOutcome::NotFound)
    }

    /// Returns the changes of these attempts after the call was answered. Empty if the search fails.
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
        call.unanswered = attempts.to_vec();
        log.line("An earlier attempt ended with an error. Looking for its change among the issue's events.");
        let error = match self.look(&mut call, filter, log).await {
            Ok(LookupOutcome::Found(events)) => return events,
            Ok(LookupOutcome::NotFound) => return Vec::new(),
            Ok(LookupOutcome::Ended(outcome)) => {
                let read =
                    self.answered(call, *outcome).and_then(|answer| self.events_page(filter.target, answer));
                let Err(error) = read else { return Vec::new() };
                error
            }
            Err(error) => error,
        };
        log.line(&search_failed(&error));
        Vec::new()
    }
}

fn search_failed(error: &Error) -> String {
    format!("The search for its changes failed: {error}.")
}
