use std::time::{Duration, Instant};

use super::super::{JsonLimits, check};

use super::*;

/// A generator of documents: xorshift, so that each run sees the same ones.
struct Random(u64);

/// Spellings of characters, with what they are spelled with when they are read.
const CHARACTERS: [(&str, &str); 22] = [
    ("a", "a"),
    ("0", "0"),
    ("1", "1"),
    ("d83d", "d83d"),
    ("u0000", "u0000"),
    ("\u{10FFFD}", "\u{10FFFD}"),
    (r"\udbff\udffd", "\u{10FFFD}"),
    (r"\uDBFF\uDFFD", "\u{10FFFD}"),
    ("\u{10FFFC}", "\u{10FFFC}"),
    ("\u{FFFD}", "\u{FFFD}"),
    (r"\u0000", r"\u0000"),
    (r"\uD83D ", r"\ud83d "),
    (r"\udbff ", r"\udbff "),
    (r"\udFFd", r"\udffd"),
    (r"\ud800\u0041", r"\ud800A"),
    (r"\ud83d\ude00", "😀"),
    (r"\\", r"\\"),
    (r#"\""#, r#"\""#),
    (r"\n", r"\n"),
    (r"\/", "/"),
    (r"\u001f", r"\u001f"),
    ("é", "é"),
];

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }

    /// Writes a string in one of its spellings, and as it is read.
    fn string(&mut self, spelled: &mut String, read: &mut String) {
        for text in [&mut *spelled, &mut *read] {
            text.push('"');
        }
        for _ in 0..self.below(8) {
            let (one, other) = CHARACTERS[self.below(CHARACTERS.len())];
            // A low half behind a high one would make a pair.
            if !(one.starts_with(r"\ud")
                && read.get(read.len().saturating_sub(6)..).is_some_and(|end| end.starts_with(r"\ud")))
            {
                spelled.push_str(one);
                read.push_str(other);
            }
        }
        for text in [spelled, read] {
            text.push('"');
        }
    }

    fn document(&mut self) -> (String, String) {
        let (mut spelled, mut read) = ("[".to_owned(), "[".to_owned());
        for member in 0..self.below(4) {
            let key = format!("{}{{\"{member}", if member == 0 { "" } else { "," });
            for text in [&mut spelled, &mut read] {
                text.push_str(&key);
            }
            let (mut name, mut name_read) = (String::new(), String::new());
            self.string(&mut name, &mut name_read);
            spelled.push_str(&format!("{}:1.0,\"value\":", &name[1..]));
            read.push_str(&format!("{}:1.0,\"value\":", &name_read[1..]));
            self.string(&mut spelled, &mut read);
            for text in [&mut spelled, &mut read] {
                text.push('}');
            }
        }
        (spelled + "]", read + "]")
    }
}

/// Spells a stored text as PostgreSQL does: escapes only for what needs one.
fn as_jsonb_spells(stored: &str) -> String {
    serde_json::from_str::<serde_json::Value>(stored).expect("JSON without lone surrogates").to_string()
}

fn form(json: &str) -> StoredForm {
    check(json, &JsonLimits { depth: 128, number_digits: 1000, bytes: 1 << 20 }).expect("no flaw")
}

#[test]
fn random_documents_come_back_as_they_were_and_jsonb_can_hold_them() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut forms = [0, 0];
    for _ in 0..20_000 {
        let (spelled, read) = random.document();
        let form = form(&spelled);
        forms[usize::from(form == StoredForm::Escaped)] += 1;
        let stored = form.of(&spelled);
        assert_eq!(self::form(&stored), StoredForm::Plain, "{spelled}");
        assert_eq!(form.original(&as_jsonb_spells(&stored)), read, "{spelled} is stored as {stored}");
        // Stored again as it was read, it is stored as before.
        assert_eq!(self::form(&read), form, "{read}");
        assert_eq!(as_jsonb_spells(&form.of(&read)), as_jsonb_spells(&stored), "{read}");
    }
    assert!(forms.iter().all(|documents| *documents > 4000), "{forms:?}");
}

#[test]
fn what_needs_no_escape_is_stored_and_read_without_a_copy() {
    let json = "\"\u{10FFFD}0 \u{10FFFD}d83d \u{10FFFD}1\"";
    assert_eq!(form(json), StoredForm::Plain);
    assert!(matches!(StoredForm::Plain.of(json), Cow::Borrowed(same) if same == json));
    assert!(matches!(StoredForm::Plain.original(json), Cow::Borrowed(same) if same == json));
}

#[test]
fn every_character_beside_one_that_needs_an_escape_comes_back() {
    let all = (0x20..=0x10_FFFF).filter_map(char::from_u32).filter(|one| !matches!(one, '"' | '\\'));
    let json = format!("\"\\u0000{}\"", all.collect::<String>());
    let stored = StoredForm::Escaped.of(&json);
    assert_eq!(StoredForm::Escaped.original(&stored), json);
    for unit in 0xD800..=0xDFFF_u32 {
        let json = format!("{{\"\\u{unit:04x}\":\"\\u{unit:04x}\\u{unit:04x}\"}}");
        let stored = StoredForm::Escaped.of(&json);
        assert!(!stored.contains('\\'), "{stored}");
        assert_eq!(StoredForm::Escaped.original(&stored), json);
    }
}

#[test]
fn the_work_is_proportional_to_the_text() {
    let time = |count: usize| {
        let json = format!("\"{}\"", r"\u0000\ud800x".repeat(count));
        let started = Instant::now();
        let stored = StoredForm::Escaped.of(&json);
        assert_eq!(StoredForm::Escaped.original(&stored).len(), json.len());
        started.elapsed()
    };
    let best = |count| (0..3).map(|_| time(count)).min().expect("a time");
    let (small, large) = (best(20_000), best(200_000));
    assert!(large < small * 30 + Duration::from_millis(50), "{small:?}, {large:?}");
}
