//! Removes what is kept for days only: old changes of state of issues that have no data, and events that their account
//! keeps no longer.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::job::{Job, Report};
use super::purge::yield_to_others;
use super::records::CheckIn;
use crate::store::purge::{self as store, EventsCursor, EventsRemoved, StateCursor};
use crate::store::{Db, StoreError};

/// The interval of the job.
pub(super) const EVERY: Duration = Duration::from_secs(60 * 60);
/// The number of state changes that one statement examines, which takes some milliseconds.
const STATES: i32 = 1000;
/// The number of events that one statement removes, which takes some milliseconds.
const EVENTS: i32 = 500;
/// The retention of state changes: GitHub delivers no webhook later.
const STATES_ARE_KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The job.
#[derive(Debug)]
pub(super) struct Prune {
    db: Db,
    events_kept_for: Option<Duration>,
    cursor: Cursor,
}

/// Where a run goes on after a failure.
#[derive(Debug, Default)]
struct Cursor {
    states: StateCursor,
    events: EventsCursor,
}

impl Prune {
    /// Makes the job. The time is for accounts that have no time of their own.
    pub(super) fn new(db: Db, events_kept_for: Option<Duration>) -> Self {
        Self { db, events_kept_for, cursor: Cursor::default() }
    }
}

impl Job for Prune {
    async fn run_once(&mut self, check_in: &CheckIn) -> anyhow::Result<Report> {
        let Self { db, events_kept_for, cursor } = self;
        let removed = cursor.prune(db, *events_kept_for, || check_in.check_in()).await?;
        for EventsRemoved { account, removed } in &removed {
            tracing::info!(%account, removed, "removed events after their retention period");
        }
        Ok(Report::default().count("events", removed.iter().map(|of| of.removed).sum::<i64>()))
    }
}

/// Removes all that is kept no longer, and returns how many events of which account.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn prune_all(
    db: &Db,
    events_kept_for: Option<Duration>,
) -> Result<Vec<EventsRemoved>, StoreError> {
    Cursor::default().prune(db, events_kept_for, || ()).await
}

impl Cursor {
    /// Removes all that is kept no longer, from here on. Calls `check_in` after each batch.
    async fn prune(
        &mut self,
        db: &Db,
        events_kept_for: Option<Duration>,
        check_in: impl Fn(),
    ) -> Result<Vec<EventsRemoved>, StoreError> {
        loop {
            let started = Instant::now();
            let states = store::prune_states(db, STATES_ARE_KEPT, &self.states, STATES).await?;
            let Some(last) = states else { break };
            self.states = last;
            check_in();
            yield_to_others(started).await;
        }
        let mut sums: BTreeMap<Uuid, i64> = BTreeMap::new();
        loop {
            let started = Instant::now();
            let removed = store::prune_events(db, events_kept_for, EVENTS, &mut self.events).await?;
            let Some(EventsRemoved { account, removed }) = removed else { break };
            *sums.entry(account).or_default() += removed;
            check_in();
            yield_to_others(started).await;
        }
        *self = Self::default();
        sums.retain(|_, removed| *removed > 0);
        Ok(sums.into_iter().map(|(account, removed)| EventsRemoved { account, removed }).collect())
    }
}
