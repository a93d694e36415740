//! The keys of one issuer, cache.
//!
//! Invariants:
//! - Who asks for a key that is there gets it at once, whatever is being fetched.
//! - A fetch begins at most once a minute, whether it succeeds or not and whatever tokens come in: bad
//!   tokens with made-up key ids can't make us flood the issuer, nor have it block us.
//! - A fetch belongs to nobody: it goes on when the request that began it is dropped. Otherwise somebody
//!   who sends an unknown key id and hangs up, once a minute, would keep new keys away for ever.
//! - A failed fetch takes nothing away.
//! - "No such key" is said only after a fetch that ended after the question; else it is "not now".

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use jsonwebtoken::DecodingKey;
use tokio::sync::watch;

use super::fetch::{FetchError, Fetcher};
use super::jwks::KeySet;
use super::{Clock, Issuer};
use crate::telemetry::chain;

/// The least time between the beginnings of two fetches.
const BETWEEN_FETCHES: Duration = Duration::from_secs(60);
/// When keys are this old, the next use fetches them again, without waiting. So long can a key that its
/// issuer has withdrawn go on working, while the issuer can be reached.
const FRESH_FOR: Duration = Duration::from_secs(60 * 60);

/// The receivers of a fetch's outcome that no request waits with: the one in `last_fetch`.
const RECORDS: usize = 1;

/// The cache keys.
#[derive(Debug)]
pub(super) struct IssuerKeys {
    issuer: Issuer,
    fetcher: Fetcher,
    clock: Arc<dyn Clock>,
    /// Held for a look-up or an exchange, never during a fetch.
    cache: RwLock<CachedKeys>,
    last_fetch: Mutex<Option<Fetch>>,
}

#[derive(Debug, Default)]
struct CachedKeys {
    keys: KeySet,
    fetched_at: Option<Duration>,
}

/// A fetch, under way or over.
#[derive(Debug)]
struct Fetch {
    began_at: Duration,
    outcome: watch::Receiver<Option<Outcome>>,
}

type Outcome = Result<(), Arc<FetchError>>;

/// Why there is no key of this id.
#[derive(Debug)]
pub(super) enum NoKey {
    /// The issuer has none.
    Unknown,
    /// The issuer could not be asked.
    NotNow { retry_after: Duration, cause: Option<Arc<FetchError>> },
}

impl IssuerKeys {
    /// Keys that are fetched when the first is needed.
    pub(super) fn new(issuer: Issuer, fetcher: Fetcher, clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self { issuer, fetcher, clock, cache: RwLock::default(), last_fetch: Mutex::default() })
    }

    /// Whose they are.
    pub(super) fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// The key of this id.
    pub(super) async fn find(self: &Arc<Self>, kid: &str) -> Result<Arc<DecodingKey>, NoKey> {
        if let Some(key) = self.kept_key(kid) {
            self.refresh_if_old();
            return Ok(key);
        }
        let mut fetch = match self.fetch() {
            Ok(fetch) => fetch,
            // A fetch may have ended between the two looks.
            Err(not_now) => return self.kept_key(kid).ok_or(not_now),
        };
        let outcome = match fetch.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(outcome)) => outcome.clone(),
            _ => Err(Arc::new(FetchError::CutOff)),
        };
        self.kept_key(kid).ok_or_else(|| match outcome {
            Ok(()) => NoKey::Unknown,
            Err(cause) => NoKey::NotNow { retry_after: BETWEEN_FETCHES, cause: Some(cause) },
        })
    }

    /// Begins a fetch if the keys are old or absent, and does not wait for it.
    pub(super) fn refresh_if_old(self: &Arc<Self>) {
        let fetched_at = self.cache.read().unwrap_or_else(PoisonError::into_inner).fetched_at;
        let now = self.clock.monotonic();
        if fetched_at.is_none_or(|at| now.saturating_sub(at) >= FRESH_FOR) {
            // Refused when one began within the minute: then there is nothing to do.
            let _ = self.fetch();
        }
    }

    fn kept_key(&self, kid: &str) -> Option<Arc<DecodingKey>> {
        self.cache.read().unwrap_or_else(PoisonError::into_inner).keys.get(kid)
    }

    /// Joins the fetch that is under way, or begins one if a minute has passed since the last began.
    fn fetch(self: &Arc<Self>) -> Result<watch::Receiver<Option<Outcome>>, NoKey> {
        let now = self.clock.monotonic();
        let mut last = self.last_fetch.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(fetch) = &*last {
            if fetch.is_under_way() {
                return Ok(fetch.outcome.clone());
            }
            let since = now.saturating_sub(fetch.began_at);
            if since < BETWEEN_FETCHES {
                return Err(NoKey::NotNow {
                    retry_after: BETWEEN_FETCHES.saturating_sub(since),
                    cause: fetch.failure(),
                });
            }
        }
        let (sender, outcome) = watch::channel(None);
        *last = Some(Fetch { began_at: now, outcome: outcome.clone() });
        let this = Arc::clone(self);
        tokio::spawn(async move {
            let outcome = this.fetch_and_keep().await;
            // A request that waits is refused, and its own line has the error.
            let is_awaited = sender.receiver_count() > RECORDS;
            if let (Err(error), false) = (&outcome, is_awaited) {
                this.log(error);
            }
            sender.send(Some(outcome))
        });
        Ok(outcome)
    }

    async fn fetch_and_keep(&self) -> Outcome {
        match self.fetcher.keys(&self.issuer).await {
            Ok(keys) => {
                let issuer = self.issuer.iss();
                tracing::debug!(issuer, cached_keys = keys.len(), "the issuer's keys were fetched");
                let cache = CachedKeys { keys, fetched_at: Some(self.clock.monotonic()) };
                *self.cache.write().unwrap_or_else(PoisonError::into_inner) = cache;
                Ok(())
            }
            Err(error) => Err(Arc::new(error)),
        }
    }

    /// At most once a minute, since there are no more fetches.
    fn log(&self, error: &FetchError) {
        let (issuer, cached_keys) =
            (self.issuer.iss(), self.cache.read().map_or(0, |cache| cache.keys.len()));
        tracing::warn!(
            issuer,
            cached_keys,
            error = chain(error),
            "the issuer's keys could not be fetched; cached keys stay valid"
        );
    }
}

impl Fetch {
    /// A task that panicked leaves no outcome and drops its end of the channel.
    fn is_under_way(&self) -> bool {
        self.outcome.borrow().is_none() && self.outcome.has_changed().is_ok()
    }

    fn failure(&self) -> Option<Arc<FetchError>> {
        self.outcome.borrow().as_ref().and_then(|outcome| outcome.as_ref().err().cloned())
    }
}
