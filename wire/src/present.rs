//! Members that may be left out.

use serde::{Deserialize, Deserializer};

/// Refuses `null`, which a plain `Option` would take for "absent": the schema does not allow it.
pub(crate) fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}
