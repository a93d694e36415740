//! Panics. Each is a bug of ours or of a library; it ends the request or the run of a job that met it, and nothing else.

use std::panic::{AssertUnwindSafe, PanicHookInfo};

use futures_util::FutureExt;

/// The work panicked and was aborted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it panicked; the log line before this one has the location")]
pub(crate) struct Panicked;

/// Runs work to its end, or to its panic. All that it held is dropped then: a connection in use is closed, permits and
/// counters are released. Locks protect nothing that a panic can leave half changed, and ignore poison.
///
/// # Errors
/// [`Panicked`] if it panicked, which is logged already.
pub(crate) async fn caught<T>(work: impl Future<Output = T>) -> Result<T, Panicked> {
    AssertUnwindSafe(work).catch_unwind().await.map_err(|_message| Panicked)
}

/// Logs each panic as one line, with its location and within the span of its request.
pub(crate) fn log_all() {
    std::panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(ToString::to_string);
        tracing::error!(
            location,
            reason = reason(panic),
            "a request or a job panicked (a bug) and is aborted"
        );
    }));
}

/// Returns the text of the panic without values: formatted texts may quote a document.
fn reason<'p>(panic: &'p PanicHookInfo<'_>) -> &'p str {
    let payload = panic.payload();
    let text = match payload.downcast_ref::<String>() {
        Some(text) => text.split([':', '`', '"', '\'', '{']).next(),
        None => payload.downcast_ref::<&'static str>().copied(),
    };
    text.unwrap_or_default().trim_end()
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[tokio::test]
    async fn a_panic_ends_the_work_alone_and_drops_what_it_held() {
        let held = Arc::new(Mutex::new(0));
        let work = {
            let held = held.clone();
            async move {
                let mut held = held.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                *held = 1;
                panic!("a bug");
            }
        };
        let outcome: Result<(), Panicked> = caught(work).await;
        assert_eq!(outcome, Err(Panicked));
        assert_eq!(Arc::strong_count(&held), 1);
        assert_eq!(caught(async { 7 }).await, Ok(7));
    }
}
