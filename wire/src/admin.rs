//! The admin calls of an account: its [`Key`]s, policy, webhook, and retention. Scope `admin`.

mod bounded;
mod key;
mod key_name;
mod keys;
mod policy;
mod retention;
mod usage;
mod webhook_deliveries;
mod webhook_secret;

pub use bounded::{EventDays, ExpiresInDays, GraceDays, OldKeyHours, OutOfRange};
pub use key::{Key, KeyId, KeyIdError, KeyScope};
pub use key_name::{KeyName, KeyNameError};
pub use keys::{CreateKey, CreatedKey, KeyList, MAX_REPOSITORIES, RevokedKey, RotateKey, RotatedKey};
pub use policy::{
    AccountPolicy, PolicyEnvironment, PolicyEvents, PolicyRef, PolicyVisibility, PolicyWorkflow,
};
pub use retention::Retention;
pub use usage::{EventCounts, RepositoryUsage, Usage};
pub use webhook_deliveries::{DeliveryState, DeliveryStateError, WebhookDeliveries, WebhookDelivery};
pub use webhook_secret::{AccountWebhook, MadeWebhookSecret, MakeWebhookSecret};
