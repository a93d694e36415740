//! Work on large texts, beside other requests.

/// From here on the work on a text takes a noticeable part of a millisecond.
const LARGE_BYTES: usize = 64 << 10;

/// Does work on a text of so many bytes. If it is large, the thread's other requests go on elsewhere meanwhile.
pub(crate) fn on_text<T>(bytes: usize, work: impl FnOnce() -> T) -> T {
    if bytes < LARGE_BYTES { work() } else { tokio::task::block_in_place(work) }
}
