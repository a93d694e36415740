//! Ids of claims.

use std::fmt;
use std::str::FromStr;

/// The id of a claim: a UUID of version 4, which the caller makes. A repeated request then means the same claim.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ClaimId(String);

/// An invalid [`ClaimId`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a claim id must be a UUID of version 4, as uuidgen prints it (got {0:?})")]
pub struct ClaimIdError(String);

impl ClaimId {
    /// Returns the id, in lower case and with hyphens.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the id as a number.
    #[must_use]
    pub fn as_u128(&self) -> u128 {
        let digits = self.0.bytes().filter_map(|byte| char::from(byte).to_digit(16));
        digits.fold(0, |number, digit| (number << 4) | u128::from(digit))
    }
}

impl FromStr for ClaimId {
    type Err = ClaimIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let expected = text.bytes().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => byte == b'-',
            14 => byte == b'4',
            19 => matches!(byte, b'8' | b'9' | b'a' | b'b' | b'A' | b'B'),
            _ => byte.is_ascii_hexdigit(),
        });
        if expected && text.len() == 36 {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(ClaimIdError(text.chars().take(80).collect()))
        }
    }
}

impl fmt::Display for ClaimId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

crate::serde_as_string!(ClaimId);

crate::schema::schema!(
    ClaimId,
    MetaSchema {
        pattern: Some(
            "^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-4[0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12}$"
                .to_owned()
        ),
        example: Some("7d0c0b0e-3c1e-4e0c-9d2c-5a1f5f0c6b11".into()),
        ..crate::schema::string("Id of a claim: a UUID of version 4 that the caller makes.")
    }
);
crate::schema::parameter!(ClaimId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_uuids_of_version_4_are_claim_ids_and_letter_case_does_not_matter() {
        let good = "7D0C0B0E-3C1E-4E0C-9D2C-5A1F5F0C6B11";
        let id = good.parse::<ClaimId>().map(|id| id.to_string());
        assert_eq!(id, Ok(good.to_lowercase()));
        let number = good.parse::<ClaimId>().map(|id| id.as_u128());
        assert_eq!(number, Ok(0x7d0c_0b0e_3c1e_4e0c_9d2c_5a1f_5f0c_6b11));
        for bad in [
            "",
            "7d0c0b0e3c1e4e0c9d2c5a1f5f0c6b11",
            "7d0c0b0e-3c1e-1e0c-9d2c-5a1f5f0c6b11",
            "7d0c0b0e-3c1e-4e0c-cd2c-5a1f5f0c6b11",
            "7d0c0b0e-3c1e-4e0c-9d2c-5a1f5f0c6b1g",
            "7d0c0b0e-3c1e-4e0c-9d2c-5a1f5f0c6b111",
            "{7d0c0b0e-3c1e-4e0c-9d2c-5a1f5f0c6b1}",
        ] {
            assert!(bad.parse::<ClaimId>().is_err(), "{bad}");
        }
    }
}
