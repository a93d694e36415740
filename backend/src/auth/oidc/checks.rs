//! Checks of a token's claims. Pure: the time is an argument.
//!
//! jsonwebtoken could do some of these checks. They are done here because jsonwebtoken accepts a list as audience, ignores
//! `iat`, uses its own clock, and reports which check failed without the value.

// Claims may state any number.
#![warn(clippy::arithmetic_side_effects)]

use super::refusal::Moment;
use super::{Claims, OidcReason};

/// The allowed difference between the clocks of the forge and of the backend, in seconds.
pub(super) const LEEWAY: i64 = 60;

/// The maximum lifetime of a token, in seconds. GitHub's tokens are valid for some minutes, and no token needs to be valid
/// for longer than a day's job. Without a limit, a token that a wrongly configured issuer made for a year would be like a
/// stolen password, and its `jti` would have to be stored for as long.
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
