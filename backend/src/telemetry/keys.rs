//! API keys in values that callers choose, such as a path.

use std::borrow::Cow;

use phase_data_wire::{API_KEY_ID_CHARS, API_KEY_PREFIX};

/// Returns the text with each API key, also a part of one, cut to its id, which is public.
pub(super) fn without_keys(text: &str) -> Cow<'_, str> {
    if !text.contains(API_KEY_PREFIX) {
        return Cow::Borrowed(text);
    }
    let mut parts = text.split(API_KEY_PREFIX);
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|it: char| !it.is_ascii_alphanumeric()).unwrap_or(part.len());
        let (key, rest) = part.split_at(end);
        shown.push_str(API_KEY_PREFIX);
        match key.get(..API_KEY_ID_CHARS) {
            Some(id) if key.len() > API_KEY_ID_CHARS => {
                shown.push_str(id);
                shown.push('…');
            }
            _ => shown.push_str(key),
        }
        shown.push_str(rest);
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_cut_to_its_id() {
        let key = format!("pd_h3Jx0PqZr81M{}", "s".repeat(36));
        assert_eq!(without_keys(&format!("/{key}/x?{key}")), "/pd_h3Jx0PqZr81M…/x?pd_h3Jx0PqZr81M…");
        assert_eq!(without_keys(&key[..20]), "pd_h3Jx0PqZr81M…");
        for harmless in ["/api/v1/phase_data", "pd_", "pd_h3Jx0PqZr81M", "pd_é"] {
            assert_eq!(without_keys(harmless), harmless);
        }
    }
}
