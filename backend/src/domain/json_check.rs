//! Finds what JSON allows and JSONB can't hold, before it is stored.
//!
//! One pass over a text that is known to be JSON; it never recurses and copies nothing but keys with
//! escapes. The reasons for the rules: of duplicate keys, PostgreSQL silently keeps the last; `1e131071` has 8 bytes here
//! and 131,072 digits when it is read; and nesting without a limit crashes every recursive reader, also PostgreSQL's.
//!
//! The pass also tells in which form the document can be stored.
//!
//! The same pass counts the document's size, which is that of its value: compact JSON as PostgreSQL spells it, with
//! numbers written out and without white space between tokens. The size does not depend on how a client spells the
//! document, so that what was read can be stored again.

mod keys;
mod spelling;

use std::hash::RandomState;

use super::StoredForm;
use keys::Keys;
pub(crate) use spelling::MOST_DIGITS;
pub(super) use spelling::{Meaning, escape};

/// The limits of a document.
#[derive(Debug, Clone, Copy)]
pub(crate) struct JsonLimits {
    /// The maximum depth of nested arrays and objects.
    pub(crate) depth: usize,
    /// The maximum number of digits of a number that has more digits without its exponent than with it.
    pub(crate) number_digits: usize,
    /// The maximum size in bytes of the document as compact JSON with its numbers written out.
    pub(crate) bytes: usize,
}

/// The first part of a document that can't be stored.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Flaw {
    /// The kind of the flaw.
    pub(crate) kind: FlawKind,
    /// The place: a JSON pointer (RFC 6901) from the document's root.
    pub(crate) pointer: String,
}

/// The reason why a document can't be stored.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum FlawKind {
    /// The object has this key before.
    DuplicateKey,
    /// The number has more digits when written out than here, and than the limit.
    NumberGrows {
        /// The digits.
        digits: u64,
        /// The maximum.
        limit: usize,
    },
    /// The number has more digits before or after the point than PostgreSQL holds.
    NumberTooLong {
        /// The digits.
        digits: u64,
    },
    /// This is nested more deeply than allowed.
    NestingTooDeep {
        /// The maximum number of levels.
        limit: usize,
    },
    /// The document is larger than allowed.
    TooLarge {
        /// The maximum size in bytes.
        limit: usize,
    },
}

/// Looks for the first flaw of a JSON text, and returns the form to store it in.
///
/// # Errors
/// The flaw. What a text gives that is not JSON means nothing.
pub(crate) fn check(json: &str, limits: &JsonLimits) -> Result<StoredForm, Flaw> {
    let (form, hasher) = (StoredForm::Plain, RandomState::new());
    let mut walk = Walk { json, at: 0, open: Vec::new(), bytes: 0, form, hasher, limits };
    match walk.run() {
        Ok(()) => Ok(walk.form),
        Err(kind) => Err(Flaw { kind, pointer: walk.pointer() }),
    }
}

struct Walk<'a> {
    json: &'a str,
    at: usize,
    open: Vec<Container>,
    /// The size of what was seen so far.
    bytes: usize,
    /// The form that what was seen so far needs.
    form: StoredForm,
    hasher: RandomState,
    limits: &'a JsonLimits,
}

enum Container {
    Array { index: usize },
    Object { keys: Keys, member: Member },
}

enum Member {
    /// The next string is a key.
    KeyExpected,
    /// The next value belongs to the key that begins here.
    KeyAt(usize),
}

/// A pointer longer than this helps nobody.
const POINTER_MAX_CHARS: usize = 500;

impl Walk<'_> {
    fn run(&mut self) -> Result<(), FlawKind> {
        while let Some(byte) = self.json.as_bytes().get(self.at) {
            match byte {
                b'{' => {
                    self.enter(Container::Object { keys: Keys::default(), member: Member::KeyExpected })?
                }
                b'[' => self.enter(Container::Array { index: 0 })?,
                b'}' | b']' => self.leave(),
                b',' => self.next(),
                b'"' => self.string()?,
                b'-' | b'0'..=b'9' => self.number()?,
                b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
                // Colons and the letters of true, false and null.
                _ => self.pass(),
            }
            if self.bytes > self.limits.bytes {
                return Err(FlawKind::TooLarge { limit: self.limits.bytes });
            }
        }
        Ok(())
    }

    /// Goes past a byte that is spelled as it stands here.
    fn pass(&mut self) {
        self.at += 1;
        self.bytes += 1;
    }

    fn enter(&mut self, container: Container) -> Result<(), FlawKind> {
        if self.open.len() == self.limits.depth {
            return Err(FlawKind::NestingTooDeep { limit: self.limits.depth });
        }
        self.open.push(container);
        self.pass();
        Ok(())
    }

    fn leave(&mut self) {
        self.open.pop();
        self.pass();
    }

    fn next(&mut self) {
        match self.open.last_mut() {
            Some(Container::Array { index }) => *index += 1,
            Some(Container::Object { member, .. }) => *member = Member::KeyExpected,
            None => {}
        }
        self.pass();
    }

    fn string(&mut self) -> Result<(), FlawKind> {
        let start = self.at;
        self.at += 1;
        self.skip_characters();
        self.at += 1;
        // The quotes.
        self.bytes += 2;
        let Some(Container::Object { keys, member }) = self.open.last_mut() else { return Ok(()) };
        if matches!(member, Member::KeyAt(_)) {
            return Ok(());
        }
        *member = Member::KeyAt(start);
        let is_new = keys.insert(self.json, start, &self.hasher);
        if is_new { Ok(()) } else { Err(FlawKind::DuplicateKey) }
    }

    /// Goes to the closing quote.
    fn skip_characters(&mut self) {
        while let Some(byte) = self.json.as_bytes().get(self.at) {
            match byte {
                b'"' => break,
                b'\\' => {
                    let escape = escape(&self.json[self.at..]);
                    if matches!(escape.meaning, Meaning::Nul | Meaning::LoneSurrogate(_)) {
                        self.form = StoredForm::Escaped;
                    }
                    self.at += escape.length;
                    self.bytes += escape.bytes;
                }
                _ => self.pass(),
            }
        }
    }

    fn number(&mut self) -> Result<(), FlawKind> {
        let rest = &self.json[self.at..];
        let length = rest
            .bytes()
            .take_while(|byte| matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E' | b'0'..=b'9'))
            .count();
        let number = spelling::number(&rest[..length]);
        let limit = self.limits.number_digits;
        if !number.is_storable {
            return Err(FlawKind::NumberTooLong { digits: number.digits });
        }
        if number.bytes > length && number.digits > limit as u64 {
            return Err(FlawKind::NumberGrows { digits: number.digits, limit });
        }
        self.bytes += number.bytes;
        self.at += length;
        Ok(())
    }

    fn pointer(&self) -> String {
        let mut pointer = String::new();
        for container in &self.open {
            match container {
                Container::Array { index } => pointer.push_str(&format!("/{index}")),
                Container::Object { member: Member::KeyAt(start), .. } => {
                    let key = keys::key_at(self.json, *start).to_string();
                    pointer.push('/');
                    pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
                }
                Container::Object { member: Member::KeyExpected, .. } => {}
            }
        }
        if pointer.chars().count() > POINTER_MAX_CHARS {
            pointer = pointer.chars().take(POINTER_MAX_CHARS).chain("…".chars()).collect();
        }
        pointer
    }
}

#[cfg(test)]
mod tests;
