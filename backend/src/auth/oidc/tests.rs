//! The verifier against a real issuer on this computer.

mod bad_tokens;
mod forged;
mod good_tokens;
mod issuer_trouble;
mod key_rotation;
mod local_issuer;

use std::sync::{LazyLock, Mutex};

use serde_json::{Map, Value, json};

use super::*;
use local_issuer::{LocalIssuer, SigningKey};

pub(super) const AUDIENCE: &str = "https://phase-data.example";
const KID: &str = "key-1";

/// The issuer's key, its next one, and one that it never publishes.
static KEY: LazyLock<SigningKey> = LazyLock::new(SigningKey::generate);
static NEXT_KEY: LazyLock<SigningKey> = LazyLock::new(SigningKey::generate);
static FOREIGN_KEY: LazyLock<SigningKey> = LazyLock::new(SigningKey::generate);

/// A clock that stands still until it is told otherwise.
#[derive(Debug, Default)]
struct TestClock(Mutex<Duration>);

impl TestClock {
    const START: i64 = 1_800_000_000;

    fn advance(&self, seconds: u64) {
        *self.0.lock().expect("no panic") += Duration::from_secs(seconds);
    }
}

impl Clock for TestClock {
    fn unix(&self) -> i64 {
        Self::START + i64::try_from(self.monotonic().as_secs()).expect("a short test")
    }

    fn monotonic(&self) -> Duration {
        *self.0.lock().expect("no panic")
    }
}

/// A verifier, its issuer and its clock.
struct Lab {
    issuer: LocalIssuer,
    clock: Arc<TestClock>,
    oidc: Arc<Oidc>,
}

/// Long enough for an answer from this computer, short enough to wait for.
const LAB_TIMEOUT: Duration = Duration::from_secs(1);

impl Lab {
    async fn start() -> Self {
        Self::with(LocalIssuer::start(&[(KID, &KEY)]).await, client())
    }

    fn with(issuer: LocalIssuer, http: reqwest::Client) -> Self {
        let issuers = Issuers::new(vec![Issuer::new("local", issuer.url()).expect("an issuer")]);
        let settings =
            OidcSettings { audience: AUDIENCE.to_owned(), issuers: issuers.expect("an allow-list") };
        let clock = Arc::new(TestClock::default());
        let oidc = Arc::new(Oidc::with(settings, http, clock.clone(), LAB_TIMEOUT));
        Self { issuer, clock, oidc }
    }

    /// The claims of a good token, with these changes. A claim that is changed to `"-"` is left out.
    fn claims(&self, changes: Value) -> Value {
        claims(self.issuer.url(), self.clock.unix(), changes)
    }

    /// A token with these changes, signed as it should be.
    fn token(&self, changes: Value) -> String {
        KEY.token(KID, &self.claims(changes))
    }

    /// The reason why a token is refused, as `Variant` or `Variant claim`.
    async fn refusal(&self, token: &str) -> String {
        match self.oidc.verify(token).await {
            Ok(_) => "none".to_owned(),
            Err(refusal) => name(refusal.reason()),
        }
    }

    async fn accepts(&self, token: &str) -> bool {
        self.refusal(token).await == "none"
    }
}

/// The client that the server uses, too.
fn client() -> reqwest::Client {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    crate::outbound::client().expect("a client")
}

/// Returns the claims that GitHub writes for a push, as of 2026.
fn claims(issuer: &str, now: i64, changes: Value) -> Value {
    let mut claims = json!({
        "jti": "8c3c7f3e-1f4b-4a5c-9a53-0a4e4d6f9f10",
        "sub": "repo:Octo/Hello:ref:refs/heads/main",
        "aud": AUDIENCE,
        "ref": "refs/heads/main",
        "sha": "0f1e2d3c4b5a69788796a5b4c3d2e1f001122334",
        "repository": "Octo/Hello",
        "repository_owner": "Octo",
        "repository_owner_id": "9919",
        "run_id": "17400000001",
        "run_number": "7",
        "run_attempt": "1",
        "repository_visibility": "private",
        "repository_id": "65",
        "actor_id": "583231",
        "actor": "octocat",
        "workflow": "scan",
        "head_ref": "",
        "base_ref": "",
        "event_name": "push",
        "ref_protected": "true",
        "ref_type": "branch",
        "workflow_ref": "Octo/Hello/.github/workflows/scan.yml@refs/heads/main",
        "workflow_sha": "0f1e2d3c4b5a69788796a5b4c3d2e1f001122334",
        "job_workflow_ref": "Octo/Hello/.github/workflows/scan.yml@refs/heads/main",
        "job_workflow_sha": "0f1e2d3c4b5a69788796a5b4c3d2e1f001122334",
        "runner_environment": "github-hosted",
        "check_run_id": "49000000001",
        "iss": issuer,
        "nbf": now - 600,
        "exp": now + 300,
        "iat": now,
    });
    for (name, value) in changes.as_object().expect("an object") {
        claims[name] = value.clone();
    }
    claims.as_object_mut().expect("an object").retain(|_, value| value != "-");
    claims
}

/// Claims as if they were verified, for tests of policy.
pub(super) fn claims_with(changes: Value) -> Claims {
    let Value::Object(claims) = claims("https://issuer.example", TestClock::START, changes) else {
        unreachable!("claims are an object")
    };
    Claims::read(&SignedClaims::made_up(claims)).expect("good claims")
}

/// A reason's variant, with the claim where it names one.
fn name(reason: &OidcReason) -> String {
    match reason {
        OidcReason::ClaimMissing { claim } => format!("ClaimMissing {claim}"),
        OidcReason::ClaimInvalid { claim, .. } => format!("ClaimInvalid {claim}"),
        other => variant(other),
    }
}

fn variant(value: &impl std::fmt::Debug) -> String {
    let debug = format!("{value:?}");
    debug.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned()
}

/// Returns the claims of a token that a caller is shown.
fn shown(refusal: &OidcRefusal) -> Map<String, Value> {
    let shown = serde_json::to_value(refusal.claims_for_debugging()).expect("JSON");
    shown.as_object().cloned().unwrap_or_default()
}
