//! Syntax errors of JSON, by their usual causes.

use std::fmt;

/// A syntax error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// The text ends before the value is complete.
    UnexpectedEnd,
    /// A comment, as in JSON5.
    Comment,
    /// A comma before a closing bracket, as in JSON5.
    TrailingComma,
    /// A key without quotes, as in JSON5.
    UnquotedKey,
    /// A string in single quotes, as Python prints it.
    SingleQuotes,
    /// `None`, `True` or `False`, as Python prints them.
    PythonLiteral,
    /// `NaN` or `Infinity`.
    NotANumber,
    /// Any other error, in the parser's words.
    Other(String),
}

impl fmt::Display for Flaw {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::UnexpectedEnd => "unexpected end",
            Self::Comment => "comment",
            Self::TrailingComma => "trailing comma",
            Self::UnquotedKey => "key without quotes",
            Self::SingleQuotes => "string in single quotes",
            Self::PythonLiteral => "None, True or False",
            Self::NotANumber => "NaN or Infinity",
            Self::Other(reason) => reason,
        })
    }
}

impl Flaw {
    /// Says what to change.
    pub(super) fn hint(&self) -> &'static str {
        match self {
            Self::UnexpectedEnd => {
                "The document is cut off. Check if the program that writes it was stopped (timeout, out of memory), or if \
                 the disk was full, and run it again."
            }
            Self::Comment | Self::TrailingComma | Self::UnquotedKey => {
                "JSON has no comments, no trailing commas and no keys without quotes. Correct the document, or convert it \
                 from JSON5 (this rounds numbers of more than 15 digits): `npx --yes json5@2 FILE > converted.json`."
            }
            Self::SingleQuotes | Self::PythonLiteral => {
                "This is the spelling of Python: print `json.dumps(value)` instead of `value`. Or convert it: \
                 `python3 -c 'import ast, json, sys; json.dump(ast.literal_eval(sys.stdin.read()), sys.stdout)' < FILE > converted.json`."
            }
            Self::NotANumber => {
                "JSON has no NaN and no Infinity. Let the program write null, or convert it: \
                 `python3 -c 'import json, sys; json.dump(json.load(sys.stdin, parse_constant=lambda _: None), sys.stdout)' < FILE > converted.json`."
            }
            Self::Other(_) => {
                "Correct the document at that position, or change its producer to write JSON. \
                 `python3 -m json.tool FILE` shows the position. To store plain text, set data-format to text."
            }
        }
    }
}
