//! The parts of shared budgets that a request holds until its answer is sent.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use phase_data_wire::ProblemCode;
use poem::{Request, Response};
use poem_openapi::OperationId;

use super::stranger_bodies::StrangerBodies;
use crate::auth::AccountId;
use crate::error::ApiError;
use crate::server::{Unproven, take_bytes, tied};
use crate::shares::{Share, Shares};

/// Up to here an answer is not counted: there are no more of them than requests in flight.
const SMALL_ANSWER_BYTES: usize = 16 << 10;
const UNREAD: &str = "The account has its share of answers on their way already.";
/// A body is in memory so many times while it is processed: its text, the arguments of the statement that stores it, and
/// the buffer of the connection; before that, as it came and as text.
const COPIES: usize = 3;
/// The longest wait of a body for its account's share.
const PATIENCE: Duration = Duration::from_secs(5);

/// The budgets that requests share.
#[derive(Debug, Clone)]
pub(crate) struct Budgets {
    /// Requests in flight, by account.
    requests: Shares,
    /// Bytes of memory for bodies, by account.
    bodies: Shares,
    /// Bytes of answers that are not sent yet, by account.
    answers: Shares,
    /// Webhook deliveries whose sender is not known yet.
    pub(super) deliveries: StrangerBodies,
    /// Other bodies whose sender is not known yet. To verify them can take long; deliveries must not wait for it.
    pub(super) reports: StrangerBodies,
}

/// The parts that one request holds.
#[derive(Debug, Clone)]
pub(super) struct InFlight(Arc<Mutex<Resources>>);

#[derive(Debug, Default)]
struct Resources {
    unproven: Option<Unproven>,
    account: Option<AccountId>,
    request: Option<Share>,
    body: Option<Share>,
}

impl Budgets {
    /// Divides the memory for what is on its way: three eighths for bodies of known senders and what is made of them, a
    /// quarter for answers, an eighth for deliveries of unknown senders. The rest is for what is not counted: documents
    /// on their way from the database. A body as large as the limit allows fits twice, whatever it is, and so do its answers.
    pub(crate) fn new(requests: usize, bytes: usize, max_body_bytes: usize) -> Self {
        Self {
            requests: Shares::new(requests),
            bodies: Shares::new((bytes / 8 * 3).max(2 * COPIES * max_body_bytes)),
            answers: Shares::new((bytes / 4).max(4 * max_body_bytes)),
            deliveries: StrangerBodies::new(bytes / 8),
            reports: StrangerBodies::new(bytes / 32),
        }
    }

    /// Refuses a request whose answer may have so many bytes, if its account has not read those before it. To be asked
    /// before the answer costs anything.
    pub(super) fn expect_answer(&self, account: AccountId, bytes: usize) -> Result<(), ApiError> {
        if self.answers.has_room(account, bytes) { Ok(()) } else { Err(busy(UNREAD)) }
    }
}

impl InFlight {
    /// Makes the record of a request that has just come, from a stranger as far as the server knows.
    pub(super) fn new(request: &Request) -> Self {
        let unproven = request.data().cloned();
        Self(Arc::new(Mutex::new(Resources { unproven, ..Resources::default() })))
    }

    /// The parts that this request holds.
    pub(super) fn of(request: &Request) -> Result<&Self, ApiError> {
        request.data().ok_or_else(|| ApiError::internal("the request holds nothing"))
    }

    /// Counts the request as this account's, and no longer as a stranger's.
    pub(super) fn admit(&self, budgets: &Budgets, account: AccountId) -> Result<(), ApiError> {
        let share = budgets.requests.take(account, 1);
        let share = share.ok_or_else(|| busy("The account has its share of requests in flight already."))?;
        let mut held = self.held();
        held.account = Some(account);
        held.request = Some(share);
        if let Some(unproven) = held.unproven.take() {
            unproven.prove();
        }
        Ok(())
    }

    /// The account, if the request has proven one.
    pub(super) fn account(&self) -> Option<AccountId> {
        self.held().account
    }

    /// Waits for room for a body of so many bytes.
    pub(super) async fn reserve_body(
        &self,
        budgets: &Budgets,
        account: AccountId,
        bytes: usize,
    ) -> Result<(), ApiError> {
        let share = budgets.bodies.take_within(PATIENCE, account, COPIES * bytes).await;
        let share = share.ok_or_else(|| busy("The account has its share of bodies in flight already."))?;
        self.held().body = Some(share);
        Ok(())
    }

    /// Gives back what the body did not need.
    pub(super) fn body_has(&self, bytes: usize) {
        if let Some(share) = &mut self.held().body {
            share.shrink_to(COPIES * bytes);
        }
    }

    /// Counts the answer until it is sent.
    pub(super) async fn answer(&self, budgets: &Budgets, mut response: Response) -> poem::Result<Response> {
        let bytes = take_bytes(&mut response).await;
        let Resources { account, request, body, .. } = std::mem::take(&mut *self.held());
        drop(body);
        let share = match account {
            Some(account) if bytes.len() > SMALL_ANSWER_BYTES => {
                let share = budgets.answers.take(account, bytes.len());
                Some(share.ok_or_else(|| unsent(&response))?)
            }
            _ => None,
        };
        response.set_body(tied(bytes, (request, share)));
        Ok(response)
    }

    fn held(&self) -> MutexGuard<'_, Resources> {
        // Nothing that holds it can leave it half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The refusal of an answer, which stays its operation's.
fn unsent(response: &Response) -> poem::Error {
    let mut error = poem::Error::from(busy(UNREAD));
    if let Some(operation) = response.data::<OperationId>() {
        error.set_data(*operation);
    }
    error
}

/// The refusal of a request for which there is no room right now.
pub(super) fn busy(detail: impl Into<String>) -> ApiError {
    ApiError::new(ProblemCode::ServerBusy, detail).retry_after_seconds(2)
}
