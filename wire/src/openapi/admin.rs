//! Examples of the admin API and of secret scanning.

use poem_openapi::types::Example;
use time::macros::datetime;

use super::examples::known;
use crate::ExpiresInSeconds;
use crate::admin::{
    CreateKey, CreatedKey, EventCounts, EventDays, ExpiresInDays, GraceDays, Key, KeyList, KeyScope,
    OldKeyHours, RepositoryUsage, Retention, RevokedKey, RotateKey, RotatedKey, Usage,
};
use crate::secret_scanning::{FoundToken, TokenFeedback, TokenLabel};

const KEY_ID: &str = "h3Jx0PqZr81M";
const OLD_KEY_ID: &str = "Vb7dK2mWc90T";
/// A text with the form of a key and a wrong checksum, so that it is not a key.
const API_KEY: &str = "pd_h3Jx0PqZr81MExampleExampleExampleExample12000000";

fn key(id: &str) -> Key {
    Key {
        id: known(id),
        name: known("CI of octo/hello"),
        scope: KeyScope::Write,
        repositories: Some(vec![known("octo/hello")]),
        created_at: datetime!(2026-03-01 09:30 UTC),
        expires_at: Some(datetime!(2026-05-30 09:30 UTC)),
        revoked_at: None,
        last_used_at: None,
    }
}

fn used_key() -> Key {
    Key { last_used_at: Some(datetime!(2026-03-01 11:02 UTC)), ..key(OLD_KEY_ID) }
}

impl Example for Key {
    fn example() -> Self {
        used_key()
    }
}

impl Example for KeyList {
    fn example() -> Self {
        Self { keys: vec![used_key()] }
    }
}

impl Example for CreateKey {
    fn example() -> Self {
        Self {
            name: known("CI of octo/hello"),
            scope: KeyScope::Write,
            repositories: Some(vec![known("octo/hello")]),
            expires_in_days: ExpiresInDays::try_from(90).ok(),
        }
    }
}

impl Example for CreatedKey {
    fn example() -> Self {
        Self { api_key: API_KEY.to_owned(), key: key(KEY_ID) }
    }
}

impl Example for RevokedKey {
    fn example() -> Self {
        Self { key: Key { revoked_at: Some(datetime!(2026-03-02 08:00 UTC)), ..used_key() } }
    }
}

impl Example for RotateKey {
    fn example() -> Self {
        Self { old_expires_in_hours: Some(OldKeyHours::default()) }
    }
}

impl Example for RotatedKey {
    fn example() -> Self {
        let old_key = Key { expires_at: Some(datetime!(2026-03-02 09:30 UTC)), ..used_key() };
        Self { api_key: API_KEY.to_owned(), key: key(KEY_ID), old_key }
    }
}

impl Example for Usage {
    fn example() -> Self {
        Self {
            documents: 3,
            bytes: 18_204,
            issues: 2,
            repository_count: 1,
            repositories: vec![RepositoryUsage {
                repository: "octo/hello".to_owned(),
                documents: 3,
                bytes: 18_204,
                issues: 2,
            }],
            active_keys: 2,
            events_last_30_days: EventCounts { stored: 5, deleted: 1, ..EventCounts::default() },
            counted_at: None,
        }
    }
}

impl Example for FoundToken {
    fn example() -> Self {
        Self {
            token: API_KEY.to_owned(),
            kind: "phase_data_api_key".to_owned(),
            url: Some(
                "https://github.com/octo/hello/blob/0f1e2d3c4b5a69788796a5b4c3d2e1f001122334/.env".into(),
            ),
            source: Some("content".to_owned()),
        }
    }
}

impl Example for TokenFeedback {
    fn example() -> Self {
        Self {
            token_hash: "228a66848e3b35682d5d89fba14505b7ffccaf178d480d21777d58cbeee94c6f".to_owned(),
            token_type: "phase_data_api_key".to_owned(),
            label: TokenLabel::TruePositive,
        }
    }
}

impl Example for Retention {
    fn example() -> Self {
        Self {
            grace_days: GraceDays::try_from(30).ok(),
            expires_in_seconds: ExpiresInSeconds::try_from(31_536_000).ok(),
            event_days: EventDays::try_from(730).ok(),
        }
    }
}
