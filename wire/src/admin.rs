//! What an admin of an account can do: with its keys, one file a call, where each answer describes keys as
//! [`Key`] does; with its webhook; and with how long its data is kept. Scope `admin`.

mod bounded;
mod create_key;
mod key;
mod key_name;
mod list_keys;
mod policy;
mod retention;
mod revoke_key;
mod rotate_key;
mod usage;
mod webhook_secret;

pub use bounded::{EventDays, ExpiresInDays, GraceDays, OldKeyHours, OutOfRange};
pub use create_key::{CreateKey, CreatedKey, MAX_REPOSITORIES};
pub use key::{Key, KeyId, KeyIdError, KeyScope};
pub use key_name::{KeyName, KeyNameError};
pub use list_keys::KeyList;
pub use policy::{
    AccountPolicy, PolicyEnvironment, PolicyEvents, PolicyRef, PolicyVisibility, PolicyWorkflow,
};
pub use retention::Retention;
pub use revoke_key::RevokedKey;
pub use rotate_key::{RotateKey, RotatedKey};
pub use usage::{EventCounts, RepositoryUsage, Usage};
pub use webhook_secret::{AccountWebhook, MadeWebhookSecret, MakeWebhookSecret};
