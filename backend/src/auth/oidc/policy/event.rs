//! The events that may start a run that writes.

use serde::{Deserialize, Serialize};

use super::PolicyRefusal;
use crate::auth::oidc::unverified::excerpt;

/// Declares the events as a table. What is not in it can't be allowed: whoever adds an event here has
/// thought about who can cause it.
macro_rules! events {
    ($($event:ident: $default:literal, $risk:expr;)*) => {
        /// For each event, whether it may start a run that writes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub(super) struct AllowedEvents { $($event: bool,)* }

        impl Default for AllowedEvents {
            fn default() -> Self {
                Self { $($event: $default,)* }
            }
        }

        impl AllowedEvents {
            /// Checks if this event is allowed.
            pub(super) fn decide(&self, event: &str) -> Result<(), PolicyRefusal> {
                let (event, allowed, risk) = match event {
                    $(stringify!($event) => (stringify!($event), self.$event, $risk),)*
                    _ => return Err(PolicyRefusal::UnlistedEvent { event: excerpt(event) }),
                };
                if allowed { Ok(()) } else { Err(PolicyRefusal::Event { event, risk }) }
            }
        }
    };
}

const OFF: &str = "the account's policy turns it off";

events! {
    issues: true, OFF;
    push: true, OFF;
    schedule: true, OFF;
    workflow_dispatch: true, OFF;
    repository_dispatch: true, OFF;
    pull_request: true, OFF;
    issue_comment: false, "anybody who can comment can start them";
    pull_request_target: false, "a stranger's pull request starts them with the rights of the repository";
    workflow_run: false, "they have the repository's rights even when a stranger's pull request started the first";
}
