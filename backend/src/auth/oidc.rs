//! Id tokens of GitHub Actions and its like: from a token to verified claims, and what an account's policy
//! says of them.
//!
//! In reading order: `unverified` takes a token apart and trusts nothing of it; `issuer` is the allow-list;
//! `issuer_keys` keeps the issuers' keys (`fetch` asks for them, `jwks` reads them); `claims` is the table of
//! all claims and `claim_value` how each is read; `checks` looks at audience and times; `policy` is what an
//! account allows. `refusal` says what failed and what it saw, `hint` what to change, and `debug_claims`
//! what of the token may be shown.
//!
//! Not checked here are the account (issuer's forge + `repository_owner_id`), the repository of the request, and replays
//! (`jti`), because these need the database.

mod checks;
mod claim_value;
mod claims;
mod clock;
mod debug_claims;
mod fetch;
mod hint;
mod issuer;
mod issuer_keys;
mod jwks;
mod policy;
mod refusal;
#[cfg(test)]
mod tests;
mod unverified;

use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;

pub(crate) use claims::Claims;
pub(crate) use clock::{Clock, SystemClock};
pub(crate) use debug_claims::DebugClaims;
use fetch::{Fetcher, TIMEOUT};
pub(crate) use issuer::{Issuer, Issuers};
use issuer_keys::{IssuerKeys, NoKey};
pub(crate) use policy::EventPolicy;
pub(crate) use refusal::{OidcReason, OidcRefusal};
use unverified::{SignedClaims, UnverifiedToken, excerpt};

/// Whose tokens are taken, and for whom they must be.
#[derive(Debug, Clone)]
pub(crate) struct OidcSettings {
    /// This backend's own audience, which no other service accepts.
    pub(crate) audience: String,
    /// The allow-list.
    pub(crate) issuers: Issuers,
}

/// Verifies id tokens.
#[derive(Debug)]
pub(crate) struct Oidc {
    settings: OidcSettings,
    keys: Vec<Arc<IssuerKeys>>,
    clock: Arc<dyn Clock>,
}

/// A token that a listed issuer made for us and that is valid now. Whether its account exists and allows
/// it, and which repository the request is about, is still to be decided.
#[derive(Debug)]
pub(crate) struct VerifiedToken {
    /// The issuer's forge. An owner's id means something only together with it.
    pub(crate) forge: String,
    /// The claims of the token.
    pub(crate) claims: Claims,
    for_debugging: DebugClaims,
}

impl Oidc {
    /// A verifier that asks issuers with this client; [`crate::outbound::client`] makes one that fits.
    pub(crate) fn new(settings: OidcSettings, http: reqwest::Client) -> Self {
        Self::with(settings, http, Arc::new(SystemClock::default()), TIMEOUT)
    }

    fn with(settings: OidcSettings, http: reqwest::Client, clock: Arc<dyn Clock>, timeout: Duration) -> Self {
        let keys = |issuer: &Issuer| {
            IssuerKeys::new(issuer.clone(), Fetcher::new(http.clone(), timeout), Arc::clone(&clock))
        };
        let keys = settings.issuers.iter().map(keys).collect();
        Self { settings, keys, clock }
    }

    /// Returns the settings that are published to clients.
    pub(crate) fn settings(&self) -> &OidcSettings {
        &self.settings
    }

    /// Verifies a token.
    ///
    /// # Errors
    /// [`OidcRefusal`] says which check failed. One of them, [`OidcReason::CannotVerifyNow`], says nothing
    /// about the token.
    pub(crate) async fn verify(&self, token: &str) -> Result<VerifiedToken, OidcRefusal> {
        let token = UnverifiedToken::parse(token).map_err(|reason| OidcRefusal::new(reason, None))?;
        let shown = DebugClaims::unverified(&token.claims);
        let signed = self.check_signature(token).await;
        let (issuer, signed) = signed.map_err(|reason| OidcRefusal::new(reason, Some(shown)))?;
        let for_debugging = DebugClaims::verified(&signed);
        match self.check_claims(&signed) {
            Ok(claims) => Ok(VerifiedToken { forge: issuer.forge().to_owned(), claims, for_debugging }),
            Err(reason) => Err(OidcRefusal::new(reason, Some(for_debugging))),
        }
    }

    /// The claims were read to choose the issuer; the signature by a key of just that issuer is what makes
    /// them true.
    async fn check_signature(
        &self,
        token: UnverifiedToken<'_>,
    ) -> Result<(&Issuer, SignedClaims), OidcReason> {
        let kid = token.header.key_id()?.to_owned();
        let keys = self.keys_of(token.claims.issuer()?)?;
        let iss = keys.issuer().iss();
        let key = keys.find(&kid).await.map_err(|no_key| explain(no_key, &kid, iss))?;
        let signed = token.verify(&key);
        let signed = signed.map_err(|_| OidcReason::Signature { issuer: iss.to_owned() })?;
        Ok((keys.issuer(), signed))
    }

    /// Compared letter by letter: an address that a browser would take for the same is another issuer.
    fn keys_of(&self, iss: &str) -> Result<&Arc<IssuerKeys>, OidcReason> {
        let listed = self.keys.iter().find(|keys| keys.issuer().iss() == iss);
        listed.ok_or_else(|| OidcReason::UnknownIssuer {
            got: excerpt(iss),
            accepted: self.settings.issuers.to_string(),
        })
    }

    fn check_claims(&self, signed: &SignedClaims) -> Result<Claims, OidcReason> {
        let claims = Claims::read(signed)?;
        checks::check(&claims, &self.settings.audience, self.clock.unix())?;
        Claims::log_unlisted(signed);
        Ok(claims)
    }
}

fn explain(no_key: NoKey, kid: &str, iss: &str) -> OidcReason {
    let issuer = iss.to_owned();
    match no_key {
        NoKey::Unknown => OidcReason::UnknownKey { kid: excerpt(kid), issuer },
        NoKey::NotNow { retry_after, cause } => OidcReason::CannotVerifyNow { issuer, retry_after, cause },
    }
}

impl VerifiedToken {
    /// Checks the token against the account's policy.
    ///
    /// # Errors
    /// [`OidcReason::Policy`] names the limit that does not allow it.
    pub(crate) fn check_policy(&self, policy: &EventPolicy) -> Result<(), OidcRefusal> {
        policy.decide(&self.claims).map_err(|refusal| self.refused(OidcReason::Policy(refusal)))
    }

    /// Checks the end of the token by the database's clock, too: used tokens are forgotten by that clock, so one that
    /// is good by ours alone could be used again.
    ///
    /// # Errors
    /// [`OidcReason::Expired`].
    pub(crate) fn check_expiry(&self, now: OffsetDateTime) -> Result<(), OidcRefusal> {
        checks::check_expiry(&self.claims, now.unix_timestamp()).map_err(|reason| self.refused(reason))
    }

    /// The refusal of a token whose owner has no account.
    pub(crate) fn unknown_owner(&self) -> OidcRefusal {
        self.refused(OidcReason::UnknownOwner {
            forge: self.forge.clone(),
            owner_id: self.claims.repository_owner_id,
            login: excerpt(&self.claims.repository_owner),
        })
    }

    /// The refusal of a request about another repository than the token's.
    pub(crate) fn wrong_repository(&self, requested: &str) -> OidcRefusal {
        let token = self.claims.repository.to_string();
        self.refused(OidcReason::WrongRepository { token, requested: excerpt(requested) })
    }

    fn refused(&self, reason: OidcReason) -> OidcRefusal {
        OidcRefusal::new(reason, Some(self.for_debugging.clone()))
    }
}
