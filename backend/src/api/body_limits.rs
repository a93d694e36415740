//! Limits of the size and the arrival time of bodies.

use std::time::Duration;

/// The limits of one body.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BodyLimits {
    pub(crate) max_bytes: usize,
    pub(crate) read_timeout: Duration,
}

impl BodyLimits {
    /// The limits where a document may have so many bytes as compact JSON.
    ///
    /// There is room for every spelling that JSON writers have by default, so that what was read can be sent again: blanks
    /// after commas and colons are at the most a half more, and `\u00e9` for `é` is three times as much.
    pub(crate) fn for_documents(max_bytes: usize, read_timeout: Duration) -> Self {
        Self { max_bytes: max_bytes.saturating_mul(3).saturating_add(ENVELOPE_BYTES), read_timeout }
    }
}

/// Room for what stands around a document in a body.
const ENVELOPE_BYTES: usize = 64 << 10;
