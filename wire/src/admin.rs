//! What an admin of an account can do with its keys, one file a call; each answer describes keys as
//! [`Key`] does. Scope `admin`.

mod bounded;
mod create_key;
mod key;
mod key_name;
mod list_keys;
mod revoke_key;
mod rotate_key;
mod usage;

pub use bounded::{ExpiresInDays, OldKeyHours, OutOfRange};
pub use create_key::{CreateKey, CreatedKey, MAX_REPOSITORIES};
pub use key::{Key, KeyId, KeyIdError, KeyScope};
pub use key_name::{KeyName, KeyNameError};
pub use list_keys::KeyList;
pub use revoke_key::RevokedKey;
pub use rotate_key::{RotateKey, RotatedKey};
pub use usage::{EventCounts, RepositoryUsage, Usage};
