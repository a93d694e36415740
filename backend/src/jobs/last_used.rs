//! Writes down, now and then, when keys were last used.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use crate::auth::Authenticator;
use crate::panics::caught;
use crate::store::{Db, api_key};
use crate::telemetry::chain;

/// A task that writes it down in the background, so that no request waits for it.
#[derive(Debug)]
pub(crate) struct LastUsed {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl LastUsed {
    /// Starts the task.
    pub(crate) fn every(period: Duration, authenticator: Arc<Authenticator<Db>>, db: Db) -> Self {
        let (stop, mut stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            let mut ticks = interval(period);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let mut running = true;
            while running {
                tokio::select! {
                    _ = ticks.tick() => {}
                    _ = &mut stopped => running = false,
                }
                // A panic is logged where it happens; the next write goes on.
                let _ = caught(write(&authenticator, &db)).await;
            }
        });
        Self { stop, task }
    }

    /// Writes down what is left and ends the task, once nothing is served any more.
    pub(crate) async fn finish(self) {
        drop(self.stop);
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the last use of keys is not written down any more");
        }
    }
}

async fn write(authenticator: &Authenticator<Db>, db: &Db) {
    let used = authenticator.key_use().take();
    if used.is_empty() {
        return;
    }
    if let Err(error) = api_key::touch(db, &used).await {
        let keys = used.len();
        tracing::warn!(cause = chain(&error), keys, "the last use of keys could not be written down yet");
        authenticator.key_use().put_back(used);
    }
}
