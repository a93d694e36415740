//! The form in which a document is stored: JSONB has no NUL and no half of a surrogate pair, which JSON allows.
//!
//! A document that has any of them is stored with an escape character, U+10FFFD. Others are stored as they are, also if they
//! have the escape character. So each value has one form, and what a form stands for is stored beside it.
//!
//! | in the document | stored |
//! |---|---|
//! | U+10FFFD | U+10FFFD, `1` |
//! | NUL | U+10FFFD, `0` |
//! | `\ud83d` without its other half | U+10FFFD, `d83d` |
//!
//! Both directions go once through the text and touch strings only: elsewhere, JSON has none of these characters.

use std::borrow::Cow;

use super::json_check::{Meaning, escape};

/// The form of a document's stored text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoredForm {
    /// As it is.
    Plain,
    /// With the escape character.
    Escaped,
}

/// Neither JSON writers nor people use this last but one private character.
const ESCAPE: char = '\u{10FFFD}';

impl StoredForm {
    /// Returns the text to store for a JSON text.
    pub(crate) fn of(self, json: &str) -> Cow<'_, str> {
        match self {
            Self::Plain => Cow::Borrowed(json),
            Self::Escaped => Cow::Owned(escaped(json)),
        }
    }

    /// Returns the JSON text of a stored one, as PostgreSQL spells it: without escapes beyond those that JSON needs.
    pub(crate) fn original(self, stored: &str) -> Cow<'_, str> {
        match self {
            Self::Plain => Cow::Borrowed(stored),
            Self::Escaped => Cow::Owned(unescaped(stored)),
        }
    }
}

impl From<bool> for StoredForm {
    fn from(is_escaped: bool) -> Self {
        if is_escaped { Self::Escaped } else { Self::Plain }
    }
}

fn escaped(json: &str) -> String {
    // A lone surrogate has six bytes, and eight when it is stored. Most documents have few.
    let mut stored = String::with_capacity(json.len() + json.len() / 64);
    let mut rest = json;
    while let Some(at) = rest.find(['\\', ESCAPE]) {
        let (before, special) = rest.split_at(at);
        stored.push_str(before);
        let length = match special.strip_prefix(ESCAPE) {
            Some(_) => {
                push(&mut stored, "1");
                ESCAPE.len_utf8()
            }
            None => push_escape(&mut stored, special),
        };
        rest = special.get(length..).unwrap_or_default();
    }
    stored.push_str(rest);
    stored
}

/// Stores the escape of JSON at the start of the text, and returns its length.
fn push_escape(stored: &mut String, text: &str) -> usize {
    let escape = escape(text);
    match escape.meaning {
        Meaning::Nul => push(stored, "0"),
        Meaning::LoneSurrogate(unit) => push(stored, &format!("{unit:04x}")),
        Meaning::Character(ESCAPE) => push(stored, "1"),
        Meaning::Character(_) | Meaning::Short => stored.push_str(text.get(..escape.length).unwrap_or(text)),
    }
    escape.length
}

fn push(stored: &mut String, code: &str) {
    stored.push(ESCAPE);
    stored.push_str(code);
}

fn unescaped(stored: &str) -> String {
    let mut pieces = stored.split(ESCAPE);
    let mut json = String::with_capacity(stored.len() + stored.len() / 64);
    json.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (spelled, rest) = match piece.as_bytes().first() {
            Some(b'0') => ("\\u0000", piece.get(1..)),
            // The digits of the surrogate follow.
            Some(b'd') => ("\\u", Some(piece)),
            Some(b'1') => ("\u{10FFFD}", piece.get(1..)),
            // Nothing that `escaped` writes.
            _ => ("\u{10FFFD}", Some(piece)),
        };
        json.push_str(spelled);
        json.push_str(rest.unwrap_or_default());
    }
    json
}

#[cfg(test)]
mod tests;
