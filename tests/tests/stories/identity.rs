//! A repository is its numeric id. Names are reused, and keys know names only.

mod at_once;
mod beside_merges;
mod model;
mod names;
mod tags;
mod walk;

use std::time::Duration;

use phase_data_tests::{APP_SECRET, Backend, LocalIssuer, client};
use reqwest::Client;
use serde_json::json;
use time::OffsetDateTime;

/// A backend that takes tokens and the App's deliveries.
struct Stage {
    backend: Backend,
    /// It keeps its connections.
    client: Client,
    issuer: LocalIssuer,
}

impl Stage {
    async fn start() -> Self {
        let issuer = LocalIssuer::start();
        let settings = [APP_SECRET, ("PHASE_DATA_OIDC_ISSUERS", &issuer.setting())];
        let backend = Backend::start_with(&settings).await;
        Self { backend, client: client(), issuer }
    }

    /// A token that a forge issued in this second, of the owner's repository of this id and name.
    fn token(&self, owner: u32, id: i64, name: &str, second: i64) -> String {
        let claims = json!({
            "repository": name, "repository_id": id.to_string(), "repository_owner": "octo",
            "repository_owner_id": owner.to_string(), "iat": second, "nbf": second, "exp": now() + 600,
        });
        self.issuer.token_with(self.backend.url(), &claims)
    }
}

/// The seconds since 1970.
fn now() -> i64 {
    OffsetDateTime::now_utc().unix_timestamp()
}

/// Waits until the next second has begun: a name from this one can't be changed before.
async fn next_second() {
    let rest = 1_000_000_000 - OffsetDateTime::now_utc().nanosecond();
    tokio::time::sleep(Duration::from_nanos(rest.into())).await;
}
