//! Goes through a JSON text value by value.

/// A place in a text that is known to be JSON, or empty.
pub(super) struct Cursor<'a> {
    json: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(json: &'a str) -> Self {
        Self { json, at: 0 }
    }

    /// Goes into the next value, if it is an object; else stays before it.
    pub(super) fn enter_object(&mut self) -> bool {
        let is_object = self.next_byte() == Some(b'{');
        self.at += usize::from(is_object);
        is_object
    }

    /// Returns the next key of the object that was entered, as it is spelled, and goes to its value; or leaves the object
    /// when it has no more. At the end of the text there are none.
    pub(super) fn key(&mut self) -> Option<&'a str> {
        if self.next_byte() == Some(b',') {
            self.at += 1;
        }
        if self.next_byte()? != b'"' {
            self.at += 1;
            return None;
        }
        let key = self.value();
        // The colon.
        self.next_byte();
        self.at += 1;
        Some(key)
    }

    /// Returns the next value, as it is spelled, and goes past it.
    pub(super) fn value(&mut self) -> &'a str {
        self.next_byte();
        let start = self.at;
        let mut depth = 0_usize;
        while let Some(byte) = self.json.as_bytes().get(self.at) {
            match byte {
                b'"' => self.skip_string(),
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' if depth > 0 => {
                    depth -= 1;
                    self.at += 1;
                }
                _ if depth > 0 => {
                    self.at += 1;
                    continue;
                }
                _ => self.skip_word(),
            }
            if depth == 0 {
                break;
            }
        }
        self.json.get(start..self.at).unwrap_or_default()
    }

    /// Returns the first byte of what comes next, past white space.
    fn next_byte(&mut self) -> Option<u8> {
        let rest = self.json.as_bytes().get(self.at..)?;
        let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
        self.at += blanks.count();
        self.json.as_bytes().get(self.at).copied()
    }

    fn skip_string(&mut self) {
        self.at += 1;
        while let Some(byte) = self.json.as_bytes().get(self.at) {
            match byte {
                b'"' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at += 1;
    }

    /// Goes past a number, true, false or null.
    fn skip_word(&mut self) {
        let rest = self.json.as_bytes().get(self.at..).unwrap_or_default();
        let letters =
            rest.iter().take_while(|byte| !matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r'));
        self.at += letters.count();
    }
}
