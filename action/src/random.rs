//! Random numbers from the kernel, through the TLS provider.
//!
//! In a static binary other crates open `/dev/urandom`, and panic if it is missing, as in a bare root directory. The TLS
//! provider calls the kernel, and reports a failure.

use crate::error::Error;

/// Returns 128 random bits.
pub(crate) fn bits() -> Result<u128, Error> {
    let mut bytes = [0; 16];
    let source = rustls::crypto::ring::default_provider().secure_random;
    source.fill(&mut bytes).map_err(|_| Error::NoRandomness)?;
    Ok(u128::from_ne_bytes(bytes))
}

/// Returns a random number from 0 to 1.
pub(crate) fn fraction() -> Result<f64, Error> {
    let low = u32::try_from(bits()? & u128::from(u32::MAX)).unwrap_or(u32::MAX);
    Ok(f64::from(low) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_differ_and_fractions_are_some() {
        assert_ne!(bits().expect("random"), bits().expect("random"));
        for _ in 0..1000 {
            assert!((0.0..=1.0).contains(&fraction().expect("random")));
        }
    }
}
