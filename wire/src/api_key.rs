//! The form of API keys: `pd_`, an id of 12 characters, a secret of 30, a checksum of 6, all letters and digits.
//!
//! The prefix and the checksum let secret scanners find keys without false alarms (`pd_[0-9A-Za-z]{48}`), and let clients
//! refuse other secrets before they send them.

/// The start of every key.
pub const API_KEY_PREFIX: &str = "pd_";
/// The number of characters of a key's id.
pub const API_KEY_ID_CHARS: usize = 12;
/// The number of characters of a key's secret.
pub const API_KEY_SECRET_CHARS: usize = 30;

const CHECKSUM_CHARS: usize = 6;

/// A text does not have the form of an API key. The messages do not show the text, because it may be a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ApiKeyFormError {
    /// The text starts with something else.
    #[error("not an API key of phase-data: a key is pd_ and 48 letters and digits")]
    Prefix,
    /// The text is too short or too long, or contains other characters.
    #[error("not a whole API key: a key is pd_ and 48 letters and digits")]
    Characters,
    /// The last six characters do not match the others.
    #[error("not an API key: its checksum does not match, so a character of it is wrong")]
    Checksum,
}

/// Checks the form of a key, and returns its id.
///
/// # Errors
/// If the text can't be a key.
pub fn api_key_id(text: &str) -> Result<&str, ApiKeyFormError> {
    let body = text.strip_prefix(API_KEY_PREFIX).ok_or(ApiKeyFormError::Prefix)?;
    let random_chars = API_KEY_ID_CHARS + API_KEY_SECRET_CHARS;
    let whole = body.len() == random_chars + CHECKSUM_CHARS;
    if !whole || !body.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(ApiKeyFormError::Characters);
    }
    let (random, sum) = body.split_at(random_chars);
    if checksum(random) != sum {
        return Err(ApiKeyFormError::Checksum);
    }
    Ok(&random[..API_KEY_ID_CHARS])
}

/// Returns the key with this id and secret.
#[must_use]
pub fn whole_api_key(id_and_secret: &str) -> String {
    format!("{API_KEY_PREFIX}{id_and_secret}{}", checksum(id_and_secret))
}

/// Returns the CRC-32 in six characters of base 62. It detects typing errors, not forgeries.
fn checksum(text: &str) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut rest = crc32fast::hash(text.as_bytes());
    let mut sum = [b'0'; CHECKSUM_CHARS];
    for digit in sum.iter_mut().rev() {
        *digit = DIGITS[(rest % 62) as usize];
        rest /= 62;
    }
    sum.iter().map(|&digit| char::from(digit)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_key_with_its_checksum_has_the_form() {
        let key = whole_api_key(&"0123456789AbcdefghijklmnopqrstuvwxyzABCDEF"[..42]);
        assert_eq!(api_key_id(&key), Ok("0123456789Ab"));
        assert_eq!(api_key_id(&key[3..]), Err(ApiKeyFormError::Prefix));
        assert_eq!(api_key_id("ghp_0123456789AbcdefghijklmnopqrstuvwxyzA"), Err(ApiKeyFormError::Prefix));
        for damaged in [&key[..50], &format!("{key}0"), "pd_", &key.replace('5', "-"), &key.replace('5', "é")]
        {
            assert_eq!(api_key_id(damaged), Err(ApiKeyFormError::Characters), "{damaged}");
        }
        assert_eq!(api_key_id(&key.replace('5', "6")), Err(ApiKeyFormError::Checksum));
    }
}
