use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use time::OffsetDateTime;
use uuid::Uuid;

use super::*;

const HOUR: Duration = Duration::from_secs(3600);

/// Keys in memory, with a count of the look-ups.
#[derive(Debug, Default)]
struct Keys {
    records: Mutex<HashMap<KeyId, KeyRecord>>,
    broken: Mutex<bool>,
    look_ups: Mutex<u32>,
}

#[derive(Debug, thiserror::Error)]
#[error("the database is away")]
struct Away;

impl KeyLookup for Keys {
    type Error = Away;

    async fn find(&self, id: &KeyId, _seen_lately: bool) -> Result<Option<KeyRecord>, Away> {
        *self.look_ups.lock().expect("the count") += 1;
        // As a database, it does not answer at once.
        tokio::time::sleep(Duration::from_millis(5)).await;
        let found = self.records.lock().expect("the keys").get(id).cloned();
        if *self.broken.lock().expect("the switch") { Err(Away) } else { Ok(found) }
    }
}

impl AccountLookup for Keys {
    async fn find_account(&self, _forge: &str, _owner_id: i64) -> Result<Option<AccountRecord>, Away> {
        Ok(None)
    }
}

fn authenticator() -> (Authenticator<Keys>, ApiKey) {
    let key = ApiKey::generate();
    let record = KeyRecord {
        forge_account_id: Uuid::nil(),
        scope: Scope::Write,
        reach: Reach::Account,
        secret_sha256: key.sha256().to_vec(),
        expires_at: None,
        revoked_at: None,
        looked_up_at: OffsetDateTime::now_utc(),
    };
    let keys = Keys::default();
    keys.records.lock().expect("the keys").insert(key.id().clone(), record);
    (Authenticator::new(keys, None), key)
}

fn change(authenticator: &Authenticator<Keys>, key: &ApiKey, change: impl FnOnce(&mut KeyRecord)) {
    let mut records = authenticator.keys.records.lock().expect("the keys");
    change(records.get_mut(key.id()).expect("the key"));
}

fn look_ups(authenticator: &Authenticator<Keys>) -> u32 {
    *authenticator.keys.look_ups.lock().expect("the count")
}

/// A key with the same id and another secret, checksum and all.
fn with_another_secret(key: &ApiKey) -> String {
    let other = ApiKey::generate();
    phase_data_wire::whole_api_key(&format!("{}{}", key.id().as_str(), &other.expose()[15..45]))
}

#[tokio::test]
async fn a_key_is_looked_up_once_a_second() {
    let (authenticator, key) = authenticator();
    for _ in 0..10 {
        assert!(authenticator.authenticate(key.expose()).await.is_ok());
    }
    assert_eq!(look_ups(&authenticator), 1);
    tokio::time::sleep(Duration::from_millis(1050)).await;
    assert!(authenticator.authenticate(key.expose()).await.is_ok());
    assert_eq!(look_ups(&authenticator), 2);
}

#[tokio::test]
async fn requests_with_the_same_key_at_once_are_one_look_up_and_one_that_is_broken_off_holds_nobody_up() {
    let (authenticator, key) = authenticator();
    let authenticator = Arc::new(authenticator);
    let ask = || {
        let (authenticator, key) = (authenticator.clone(), key.expose().to_owned());
        tokio::spawn(async move { authenticator.authenticate(&key).await.is_ok() })
    };
    let asking: Vec<_> = (0..30).map(|_| ask()).collect();
    for task in asking {
        assert!(task.await.expect("the task"));
    }
    assert_eq!(look_ups(&authenticator), 1);
    authenticator.forget(key.id());
    let broken_off = ask();
    let waiting: Vec<_> = (0..30).map(|_| ask()).collect();
    tokio::task::yield_now().await;
    assert_eq!(look_ups(&authenticator), 2);
    broken_off.abort();
    for task in waiting {
        assert!(task.await.expect("the task"));
    }
}

#[tokio::test]
async fn a_revoked_key_stops_within_a_second_and_at_once_where_it_was_revoked() {
    let (authenticator, key) = authenticator();
    assert!(authenticator.authenticate(key.expose()).await.is_ok());
    change(&authenticator, &key, |record| record.revoked_at = Some(OffsetDateTime::now_utc()));
    assert!(authenticator.authenticate(key.expose()).await.is_ok(), "another process revoked it just now");
    tokio::time::sleep(Duration::from_millis(1050)).await;
    assert!(matches!(authenticator.authenticate(key.expose()).await, Err(Refusal::Invalid)));

    change(&authenticator, &key, |record| record.revoked_at = None);
    tokio::time::sleep(Duration::from_millis(1050)).await;
    assert!(authenticator.authenticate(key.expose()).await.is_ok());
    change(&authenticator, &key, |record| record.revoked_at = Some(OffsetDateTime::now_utc()));
    authenticator.forget(key.id());
    assert!(matches!(authenticator.authenticate(key.expose()).await, Err(Refusal::Invalid)));
}

#[tokio::test]
async fn a_look_up_that_began_before_a_key_was_forgotten_is_not_remembered() {
    let (authenticator, key) = authenticator();
    let record = authenticator.keys.find(key.id(), false).await.expect("the keys").expect("the key");
    let started = authenticator.remembered.begin_look_up();
    authenticator.forget(key.id());
    authenticator.remembered.remember(key.id(), &record, started);
    assert!(authenticator.remembered.recall(key.id()).is_none());
}

#[tokio::test]
async fn only_who_knew_the_secret_learns_that_a_key_expired() {
    let (authenticator, key) = authenticator();
    change(&authenticator, &key, |record| record.expires_at = Some(OffsetDateTime::now_utc()));
    assert!(matches!(authenticator.authenticate(key.expose()).await, Err(Refusal::Expired(_))));
    let guess = with_another_secret(&key);
    assert!(matches!(authenticator.authenticate(&guess).await, Err(Refusal::Invalid)));
}

#[tokio::test]
async fn a_key_has_expired_when_either_clock_says_so() {
    let (authenticator, key) = authenticator();
    let now = OffsetDateTime::now_utc();
    for (end, looked_up_at, good) in [
        (now + HOUR, now, true),
        (now + HOUR, now - 2 * HOUR, true),
        (now + HOUR, now + 2 * HOUR, false),
        (now - HOUR, now - 2 * HOUR, false),
    ] {
        change(&authenticator, &key, |record| {
            (record.expires_at, record.looked_up_at) = (Some(end), looked_up_at);
        });
        authenticator.forget(key.id());
        let outcome = authenticator.authenticate(key.expose()).await;
        assert_eq!(outcome.is_ok(), good, "{end} {looked_up_at}");
        assert!(good || matches!(outcome, Err(Refusal::Expired(_))));
    }
}

#[tokio::test]
async fn unknown_malformed_wrong_and_revoked_are_refused_alike() {
    let (authenticator, key) = authenticator();
    let wrong = with_another_secret(&key);
    let unknown = ApiKey::generate();
    let mut details = Vec::new();
    for credential in [unknown.expose(), &wrong, "pd_", "", &key.expose()[..50]] {
        let refusal = authenticator.authenticate(credential).await.expect_err("refused");
        assert!(matches!(refusal, Refusal::Invalid));
        details.push(refusal.to_string());
    }
    change(&authenticator, &key, |record| record.revoked_at = Some(OffsetDateTime::now_utc()));
    authenticator.forget(key.id());
    details.push(authenticator.authenticate(key.expose()).await.expect_err("revoked").to_string());
    details.dedup();
    assert_eq!(details.len(), 1, "{details:?}");
}

#[tokio::test]
async fn unknown_ids_are_not_remembered_and_what_is_no_key_is_not_looked_up() {
    let (authenticator, _) = authenticator();
    let unknown = ApiKey::generate();
    for _ in 0..2 {
        assert!(authenticator.authenticate(unknown.expose()).await.is_err());
    }
    assert_eq!(look_ups(&authenticator), 2);
    assert!(authenticator.authenticate("pd_nonsense").await.is_err());
    assert_eq!(look_ups(&authenticator), 2);
}

#[tokio::test]
async fn a_look_up_that_fails_is_no_refusal_of_the_key() {
    let (authenticator, key) = authenticator();
    *authenticator.keys.broken.lock().expect("the switch") = true;
    assert!(matches!(authenticator.authenticate(key.expose()).await, Err(Refusal::LookUp(Away))));
    *authenticator.keys.broken.lock().expect("the switch") = false;
    assert!(authenticator.authenticate(key.expose()).await.is_ok());
}

#[tokio::test]
async fn the_last_use_is_kept_until_it_is_stored() {
    let (authenticator, key) = authenticator();
    let tracker = authenticator.last_used();
    assert!(authenticator.authenticate(&with_another_secret(&key)).await.is_err());
    assert!(tracker.take().uses().is_empty(), "a guess is no use of the key");
    for _ in 0..2 {
        assert!(authenticator.authenticate(key.expose()).await.is_ok());
    }
    let taken = tracker.take();
    let used = taken.uses().to_vec();
    assert_eq!(used.iter().map(|used| &used.key).collect::<Vec<_>>(), [key.id()]);
    assert!(tracker.take().uses().is_empty());

    // Broken off, it goes back.
    drop(taken);
    let taken = tracker.take();
    assert_eq!(taken.uses(), used);
    assert!(authenticator.authenticate(key.expose()).await.is_ok());
    drop(taken);
    let taken = tracker.take();
    assert!(taken.uses()[0].at > used[0].at, "the newer time stays");
    taken.confirm();
    assert!(tracker.take().uses().is_empty());
}
