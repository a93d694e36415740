//! Blocking work, off the threads that serve tasks.

use crate::error::EmbeddedError;

/// Runs the work on a thread for blocking work.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, EmbeddedError> + Send + 'static,
) -> Result<T, EmbeddedError> {
    tokio::task::spawn_blocking(work).await.map_err(EmbeddedError::Interrupted)?
}
