//! What JSON allows and JSONB can't hold, found before it is stored.
//!
//! One pass over a text that is known to be JSON; it never recurses and copies nothing but keys with
//! escapes. Why each rule: `\u0000` and lone surrogates are refused by PostgreSQL; of duplicate keys it
//! silently keeps the last; `1e131071` is 8 bytes here and 131,072 digits when read back; and nesting
//! without a limit ends every recursive reader, PostgreSQL's included.
//!
//! The same pass counts the document's size, which is that of its value: compact JSON as PostgreSQL spells it, with
//! numbers written out and without white space between tokens. The size does not depend on how a client spells the
//! document, so that what was read can be stored again.

mod spelling;

use std::borrow::Cow;
use std::collections::HashSet;

/// How much a document may have of what grows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct JsonLimits {
    /// How deep arrays and objects may be nested.
    pub(crate) depth: usize,
    /// How many digits a number may have when it is written out without an exponent.
    pub(crate) number_digits: usize,
    /// How many bytes the document may have as compact JSON with its numbers written out.
    pub(crate) bytes: usize,
}

/// The first thing found that can't be stored.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Flaw {
    /// What it is.
    pub(crate) kind: FlawKind,
    /// Where it is: a JSON pointer (RFC 6901) from the document's root.
    pub(crate) pointer: String,
}

/// What can't be stored.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum FlawKind {
    /// A string or key has U+0000.
    NulCharacter,
    /// A string or key has half of a surrogate pair.
    LoneSurrogate,
    /// The object has this key before.
    DuplicateKey,
    /// The number has this many digits when written out.
    NumberTooLong {
        /// The digits.
        digits: u64,
    },
    /// This is nested more deeply than allowed.
    NestingTooDeep,
    /// The document is larger than allowed.
    TooLarge {
        /// How many bytes it may have.
        limit: usize,
    },
}

/// Looks for the first flaw of a JSON text.
///
/// # Errors
/// The flaw. What a text gives that is not JSON means nothing.
pub(crate) fn check(json: &str, limits: &JsonLimits) -> Result<(), Flaw> {
    let mut walk = Walk { json, at: 0, open: Vec::new(), bytes: 0, limits };
    match walk.run() {
        Ok(()) => Ok(()),
        Err(kind) => Err(Flaw { kind, pointer: walk.pointer() }),
    }
}

struct Walk<'a> {
    json: &'a str,
    at: usize,
    open: Vec<Container<'a>>,
    /// The size of what was seen so far.
    bytes: usize,
    limits: &'a JsonLimits,
}

enum Container<'a> {
    Array { index: usize },
    Object { keys: HashSet<Cow<'a, str>>, member: Member<'a> },
}

enum Member<'a> {
    /// The next string is a key.
    KeyExpected,
    /// The next value belongs to this key.
    Key(Cow<'a, str>),
}

/// A pointer longer than this helps nobody.
const POINTER_MAX_CHARS: usize = 500;

impl<'a> Walk<'a> {
    fn run(&mut self) -> Result<(), FlawKind> {
        while let Some(byte) = self.json.as_bytes().get(self.at) {
            match byte {
                b'{' => {
                    self.enter(Container::Object { keys: HashSet::new(), member: Member::KeyExpected })?
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

    fn enter(&mut self, container: Container<'a>) -> Result<(), FlawKind> {
        if self.open.len() == self.limits.depth {
            return Err(FlawKind::NestingTooDeep);
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
        let start = self.at + 1;
        let escaped = self.scan_string(start)?;
        let text = &self.json[start..self.at];
        self.at += 1;
        // The quotes.
        self.bytes += 2;
        let Some(Container::Object { keys, member }) = self.open.last_mut() else { return Ok(()) };
        if matches!(member, Member::Key(_)) {
            return Ok(());
        }
        let key = if escaped { unescape(text) } else { Cow::Borrowed(text) };
        let new = keys.insert(key.clone());
        *member = Member::Key(key);
        if new { Ok(()) } else { Err(FlawKind::DuplicateKey) }
    }

    /// Goes to the closing quote; says whether there were escapes.
    fn scan_string(&mut self, start: usize) -> Result<bool, FlawKind> {
        let bytes = self.json.as_bytes();
        let mut escaped = false;
        self.at = start;
        while let Some(byte) = bytes.get(self.at) {
            match byte {
                b'"' => break,
                b'\\' => {
                    escaped = true;
                    let escape = spelling::escape(&self.json[self.at..])?;
                    self.at += escape.length;
                    self.bytes += escape.bytes;
                }
                _ => self.pass(),
            }
        }
        Ok(escaped)
    }

    fn number(&mut self) -> Result<(), FlawKind> {
        let rest = &self.json[self.at..];
        let length = rest
            .bytes()
            .take_while(|byte| matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E' | b'0'..=b'9'))
            .count();
        let number = spelling::number(&rest[..length]);
        if number.digits > self.limits.number_digits as u64 {
            return Err(FlawKind::NumberTooLong { digits: number.digits });
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
                Container::Object { member: Member::Key(key), .. } => {
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

/// A key as its readers see it, so that `"a"` and `"\u0061"` are the same one.
pub(super) fn unescape(text: &str) -> Cow<'static, str> {
    let quoted = format!("\"{text}\"");
    Cow::Owned(serde_json::from_str(&quoted).unwrap_or(quoted))
}

#[cfg(test)]
mod tests;
