//! What the server does by itself while it serves.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::jobs::progress::CheckIn;
use crate::store::purge::{self, EventsReached, EventsRemoved, PurgeFailure, Purged, Reached, WordPlace};
use crate::store::{Db, StoreError};
use crate::telemetry::chain;

/// How many rows of either kind one statement removes: few enough that nobody waits for it.
const BATCH: i32 = 100;
/// How many words one statement looks at: that takes some milliseconds.
const WORDS: i32 = 1000;
/// How many events one statement removes: that takes some milliseconds.
const EVENTS: i32 = 500;
/// The shortest pause after a batch.
const PAUSE: Duration = Duration::from_millis(20);
/// How many times as long as a batch took the others have the machine to themselves: the purge never has more than a
/// quarter of it.
const SHARE_OF_OTHERS: u32 = 3;
/// Words are forgotten after this: no forge delivers one later.
const WORDS_ARE_KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// How often words and events are looked through: both are kept for days.
const TIDY_EVERY: Duration = Duration::from_secs(60 * 60);

/// How many rows whose purge failed are told of after a round.
const MOST_FAILURES: i32 = 20;

/// Removes for good what is past its grace period or has expired, and old words and events, for as long as it is polled.
/// Several instances may do so at once.
pub(crate) async fn run(db: Db, every: Duration, events_kept_for: Option<Duration>, progress: CheckIn) {
    let mut tidying = Tidying::default();
    let mut tidied: Option<Instant> = None;
    loop {
        match round(&db, || progress.check_in()).await {
            Ok(removed) => removed.iter().for_each(tell),
            Err(error) => warn(&error, "the purge failed and is tried again later"),
        }
        match purge::failures(&db, MOST_FAILURES).await {
            Ok(failures) => failures.iter().for_each(tell_failure),
            Err(error) => warn(&error, "the purge failed and is tried again later"),
        }
        if tidied.is_none_or(|at| at.elapsed() >= TIDY_EVERY) {
            match tidying.finish(&db, events_kept_for, || progress.check_in()).await {
                Ok(removed) => {
                    tidied = Some(Instant::now());
                    removed.iter().for_each(tell_of_events);
                }
                Err(error) => {
                    warn(&error, "the removal of old events failed and goes on later where it ended")
                }
            }
        }
        progress.check_in();
        tokio::time::sleep(every).await;
    }
}

fn warn(error: &StoreError, what: &str) {
    tracing::warn!(error = chain(error), "{what}");
}

fn tell_failure(failure: &PurgeFailure) {
    let PurgeFailure { account, repository, issue_number, phase, tries, reason, next_try_at } = failure;
    let is_set_aside = next_try_at.is_none();
    tracing::error!(
        %account, repository, issue_number, phase, tries, reason, is_set_aside,
        "a document could not be purged; the others are"
    );
}

fn tell(Purged { account, purged, expired }: &Purged) {
    tracing::info!(%account, purged, expired, "purged closed data after its grace period, and expired data");
}

fn tell_of_events(EventsRemoved { account, removed }: &EventsRemoved) {
    tracing::info!(%account, removed, "removed events that are kept no longer");
}

/// Removes all that is due now; answers of which account how much. Says after each batch that it goes on.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn round(db: &Db, goes_on: impl Fn()) -> Result<Vec<Purged>, StoreError> {
    let mut sums: BTreeMap<Uuid, Purged> = BTreeMap::new();
    let mut reached = Reached::default();
    loop {
        let started = Instant::now();
        let batch = purge::batch(db, BATCH, &mut reached).await?;
        goes_on();
        // A batch is not full where rows failed: only one that removes nothing is the last.
        let done = batch.is_empty();
        for of in batch {
            let sum = sums.entry(of.account).or_insert(Purged { account: of.account, purged: 0, expired: 0 });
            sum.purged = sum.purged.saturating_add(of.purged);
            sum.expired = sum.expired.saturating_add(of.expired);
        }
        if done {
            break;
        }
        leave_to_others(started).await;
    }
    Ok(sums.into_values().collect())
}

/// Up to where words and events were looked through. After a failure it goes on from there.
#[derive(Debug, Default)]
pub(crate) struct Tidying {
    words: WordPlace,
    events: EventsReached,
}

impl Tidying {
    /// Forgets old words about what has no data any more, and removes events that are kept no longer; answers of which
    /// account how many. Says after each batch that it goes on.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub(crate) async fn finish(
        &mut self,
        db: &Db,
        events_kept_for: Option<Duration>,
        goes_on: impl Fn(),
    ) -> Result<Vec<EventsRemoved>, StoreError> {
        loop {
            let started = Instant::now();
            let Some(last) = purge::forget_words(db, WORDS_ARE_KEPT, &self.words, WORDS).await? else {
                break;
            };
            self.words = last;
            goes_on();
            leave_to_others(started).await;
        }
        let mut sums: BTreeMap<Uuid, i64> = BTreeMap::new();
        loop {
            let started = Instant::now();
            let Some(of) = purge::events(db, events_kept_for, EVENTS, &mut self.events).await? else { break };
            *sums.entry(of.account).or_default() += of.removed;
            goes_on();
            leave_to_others(started).await;
        }
        *self = Self::default();
        sums.retain(|_, removed| *removed > 0);
        Ok(sums.into_iter().map(|(account, removed)| EventsRemoved { account, removed }).collect())
    }
}

/// Waits after a batch that began then, while the others have the machine to themselves.
pub(crate) async fn leave_to_others(started: Instant) {
    tokio::time::sleep(started.elapsed().saturating_mul(SHARE_OF_OTHERS).max(PAUSE)).await;
}
