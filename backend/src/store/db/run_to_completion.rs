//! Runs work to completion, also when the future that waits for it is dropped.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::Handle;
use tracing::Instrument;

/// A future that is polled where it is awaited. Dropped before its end, it moves into a task of its own and runs to its end
/// there. To start every statement in a task would cost more.
pub(super) struct RunToCompletion<T: Send + 'static>(Option<Pin<Box<dyn Future<Output = T> + Send>>>);

impl<T: Send + 'static> RunToCompletion<T> {
    pub(super) fn new(work: impl Future<Output = T> + Send + 'static) -> Self {
        Self(Some(Box::pin(work)))
    }
}

impl<T: Send + 'static> Future for RunToCompletion<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        // Taken out meanwhile: if it panics, it is dropped, and not moved into a task that would poll it once more.
        let Some(mut work) = self.0.take() else { return Poll::Pending };
        let polled = work.as_mut().poll(context);
        if polled.is_pending() {
            self.0 = Some(work);
        }
        polled
    }
}

impl<T: Send + 'static> Drop for RunToCompletion<T> {
    fn drop(&mut self) {
        // Without a runtime the process is at its end.
        if let (Some(work), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(work.in_current_span());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::oneshot;
    use tokio::time::{sleep, timeout};

    use super::*;

    #[tokio::test]
    async fn work_that_nobody_waits_for_any_more_runs_to_its_end() {
        for patience in [Duration::ZERO, Duration::from_millis(5), Duration::from_secs(5)] {
            let (done, heard) = oneshot::channel();
            let work = RunToCompletion::new(async move {
                sleep(Duration::from_millis(30)).await;
                done.send(7).map_err(drop)
            });
            let waited = timeout(patience, work).await;
            assert_eq!(waited.is_ok(), patience > Duration::from_secs(1), "{patience:?}");
            assert_eq!(heard.await, Ok(7), "{patience:?}");
        }
    }

    #[tokio::test]
    async fn work_that_panicked_is_dropped_and_never_polled_again() {
        let (held, dropped) = oneshot::channel::<()>();
        let work = RunToCompletion::new(async move {
            let _held = held;
            sleep(Duration::from_millis(1)).await;
            panic!("a bug");
        });
        let caught = tokio::spawn(work).await.expect_err("it panicked");
        assert!(caught.is_panic());
        // At once, on the way out: what it held, like a connection, is free.
        assert!(timeout(Duration::from_secs(5), dropped).await.expect("it is dropped").is_err());
    }
}
