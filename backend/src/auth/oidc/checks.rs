//! What a token's claims must say. Pure: the time is an argument.
//!
//! jsonwebtoken could check some of this, too. It is done here because that accepts a list as audience,
//! never looks at `iat`, keeps its own clock, and says which check failed but not what it saw.

// Claims may state any number.
#![warn(clippy::arithmetic_side_effects)]

use super::refusal::Moment;
use super::{Claims, OidcReason};

/// How far the forge's clock and ours may differ, in seconds.
pub(super) const LEEWAY: i64 = 60;

/// How long a token may live, in seconds. GitHub's live some minutes, and no forge's needs to outlive a
/// day's job. Without a limit, a token that a wrongly configured issuer made for a year would be as good as
/// a stolen password, and its `jti` would have to be remembered for as long.
pub(super) const LONGEST_LIFE: i64 = 24 * 60 * 60;

/// Checks the audience and the times.
pub(super) fn check(claims: &Claims, audience: &str, now: i64) -> Result<(), OidcReason> {
    check_audience(claims, audience)?;
    check_times(claims, now)
}

/// A token for somebody else would let them act in our caller's name.
fn check_audience(claims: &Claims, audience: &str) -> Result<(), OidcReason> {
    if claims.aud == audience {
        return Ok(());
    }
    let got = super::unverified::excerpt(&claims.aud);
    Err(OidcReason::Audience { expected: audience.to_owned(), got })
}

/// Checks that the token has not expired by this clock.
pub(super) fn check_expiry(claims: &Claims, at: i64) -> Result<(), OidcReason> {
    if claims.exp.saturating_add(LEEWAY) <= at {
        return Err(OidcReason::Expired { exp: Moment(claims.exp), now: Moment(at) });
    }
    Ok(())
}

fn check_times(claims: &Claims, at: i64) -> Result<(), OidcReason> {
    check_expiry(claims, at)?;
    let now = Moment(at);
    if claims.nbf > at.saturating_add(LEEWAY) {
        return Err(OidcReason::NotYetValid { nbf: Moment(claims.nbf), now });
    }
    if claims.iat > at.saturating_add(LEEWAY) {
        return Err(OidcReason::IssuedInFuture { iat: Moment(claims.iat), now });
    }
    let seconds = claims.exp.saturating_sub(claims.iat);
    if !(1..=LONGEST_LIFE).contains(&seconds) {
        return Err(OidcReason::Lifetime { seconds, most: LONGEST_LIFE });
    }
    Ok(())
}
