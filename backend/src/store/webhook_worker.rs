//! Processes the queue in `webhook_delivery`: takes deliveries and applies their effects.

mod attempt;

use std::time::Duration;

use phase_data_wire::Repository;
use uuid::Uuid;

use super::{Db, Statement, StoreError};
use crate::auth::AccountId;
use crate::panics::{Panicked, caught};
use attempt::{Started, finish, process};

/// The result of a look at the queue.
#[derive(Debug)]
pub(crate) enum Poll {
    /// Nothing is due.
    Idle,
    /// A part of a delivery is done, and the rest of it is due.
    InProgress,
    /// An attempt at a delivery has ended.
    Attempted(Attempt),
}

/// An attempt at a delivery, and its result.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Attempt {
    #[sqlx(rename = "forge_account_id")]
    pub(crate) account: Uuid,
    /// The repository of the effects that this attempt was about, if they are about one.
    #[sqlx(skip)]
    pub(crate) repository: Option<Repository>,
    pub(crate) delivery_id: String,
    pub(crate) event: String,
    pub(crate) state: String,
    pub(crate) attempts: i32,
    pub(crate) reason: Option<String>,
}

/// A worker of the queue. Several may work at once.
#[derive(Debug)]
pub(crate) struct Worker {
    db: Db,
    grace: Duration,
    /// The account that it served last.
    last_served: Option<AccountId>,
    /// An attempt that the database cut short. It is not to be counted.
    interrupted: Option<Started>,
}

/// A delivery that was taken, with its attempt counted.
#[derive(sqlx::FromRow)]
struct TakenRow {
    id: i64,
    unfinished: i32,
    #[sqlx(flatten)]
    attempt: Attempt,
}

/// The reason that is stored for an attempt that a bug of the backend ended.
const PANICKED: &str =
    "the backend failed with a bug while it processed the delivery; the log has the location";

impl Worker {
    /// Returns a worker that has served no account yet.
    pub(crate) fn new(db: Db, grace: Duration) -> Self {
        Self { db, grace, last_served: None, interrupted: None }
    }

    /// Applies the effects of the next due delivery, or the next part of them if they are about many rows. The part and
    /// the record of it are one transaction: it is applied exactly once, whenever this process may end. A failure is
    /// undone and tried again later. The attempt is counted before, in a transaction of its own: a delivery that ends
    /// the process again and again is set aside. Accounts take turns, beginning after the one that was served last.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub(crate) async fn process_next(&mut self) -> Result<Poll, StoreError> {
        if let Some(interrupted) = self.interrupted {
            self.give_back(interrupted).await?;
            self.interrupted = None;
        }
        let Some(taken) = self.take_next().await? else { return Ok(Poll::Idle) };
        // Set at once: whatever becomes of this delivery, the next one is another account's.
        self.last_served = Some(AccountId::of_delivery(taken.attempt.account));
        if taken.attempt.state != "pending" {
            return Ok(Poll::Attempted(taken.attempt));
        }
        let TakenRow { id, unfinished, attempt: Attempt { account, .. } } = taken;
        let started = Started { id, account, unfinished };
        self.interrupted = Some(started);
        let poll = match caught(self.process(started)).await {
            Ok(poll) => poll?,
            Err(Panicked) => Some(self.fail(started).await?),
        };
        if poll.is_none() {
            self.give_back(started).await?;
        }
        self.interrupted = None;
        Ok(poll.unwrap_or(Poll::InProgress))
    }

    async fn take_next(&self) -> Result<Option<TakenRow>, StoreError> {
        let take = Statement::new(
            "select id, forge_account_id, unfinished, delivery_id, event, state, attempts, reason
               from take_webhook(p_after => $1)",
        );
        self.db.job().fetch_optional(take.bind(self.last_served.map(AccountId::get))).await
    }

    /// Returns `None` if another worker has the delivery.
    async fn process(&self, started: Started) -> Result<Option<Poll>, StoreError> {
        let grace = self.grace;
        let processed = self.db.job().transaction(move |transaction| {
            Box::pin(async move { process(transaction, started, grace).await })
        });
        processed.await
    }

    async fn fail(&self, started: Started) -> Result<Poll, StoreError> {
        let finished = self.db.job().transaction(move |transaction| {
            Box::pin(async move {
                finish(transaction, (started.id, started.account), Some(PANICKED.to_owned())).await
            })
        });
        finished.await.map(Poll::Attempted)
    }

    async fn give_back(&self, started: Started) -> Result<(), StoreError> {
        let give_back = Statement::new("select release_webhook(p_id => $1, p_unfinished => $2)")
            .bind(started.id)
            .bind(started.unfinished);
        self.db.job().execute(give_back).await
    }
}
