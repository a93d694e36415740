//! Random documents, in random spellings.

use phase_data_tests::Random;

/// Code units and pairs of which strings are made: what JSONB has no character for, the escape character and what
/// stands behind it, and some of each kind of the others.
const PIECES: [&[u16]; 16] = [
    &[0],
    &[0xD83D],
    &[0xD800],
    &[0xDBFF],
    &[0xDFFD],
    &[0xDC00],
    &[0xDFFF],
    &[0xDBFF, 0xDFFD],
    &[0xDBFF, 0xDFFD, b'0' as u16],
    &[0xDBFF, 0xDFFD, b'd' as u16, b'8' as u16, b'3' as u16, b'd' as u16],
    &[0xD83D, 0xDE00],
    &[b'\\' as u16, b'u' as u16, b'0' as u16, b'0' as u16, b'0' as u16, b'0' as u16],
    &[b'"' as u16],
    &[0xFFFD],
    &[0x1F],
    &[0xE9],
];

/// Writes a random document.
pub(super) fn document(random: &mut Random, depth: usize) -> String {
    let text = match random.below(if depth == 0 { 5 } else { 9 }) {
        0 => ["null", "true", "false"][random.below(3)].to_owned(),
        1 => number(random),
        2..=4 => string(random),
        5 => {
            let values: Vec<String> = (0..random.below(4)).map(|_| document(random, depth - 1)).collect();
            format!("[{}]", values.join(","))
        }
        _ => object(random, depth),
    };
    format!("{}{text}{}", blank(random), blank(random))
}

/// Writes a random object. The keys differ, whatever else they have in common.
pub(super) fn object(random: &mut Random, depth: usize) -> String {
    let members: Vec<String> = (0..random.below(6))
        .map(|member| {
            let key = string(random);
            let (_, rest) = key.split_once('"').expect("a quote");
            format!("\"{member}{rest}{}:{}", blank(random), document(random, depth.saturating_sub(1)))
        })
        .collect();
    format!("{{{}}}", members.join(","))
}

/// A number with as many digits as it is read with.
fn number(random: &mut Random) -> String {
    let mut digits = |most: usize| -> String {
        let longest = [1, 20, most][random.below(3)];
        let count = 1 + random.below(longest);
        (0..count).map(|_| char::from(b'1' + u8::try_from(random.below(9)).expect("a digit"))).collect()
    };
    let (whole, fraction) = (digits(5000), digits(2000));
    match random.below(4) {
        0 => whole,
        1 => format!("-{whole}"),
        2 => format!("{whole}.{fraction}0"),
        _ => format!("-0.{fraction}"),
    }
}

/// A string in one of its spellings.
fn string(random: &mut Random) -> String {
    let mut units = Vec::new();
    for _ in 0..random.below(6) {
        match random.below(3) {
            // Any character of Unicode, or half of a pair.
            0 => {
                let code = random.below(0x11_0000);
                match char::from_u32(u32::try_from(code).expect("a code point")) {
                    Some(one) => units.extend_from_slice(one.encode_utf16(&mut [0; 2])),
                    None => units.push(u16::try_from(code).expect("half of a pair")),
                }
            }
            _ => units.extend_from_slice(PIECES[random.below(PIECES.len())]),
        }
    }
    let spelled: String = char::decode_utf16(units)
        .map(|one| match one {
            Ok(plain) if !matches!(plain, '"' | '\\' | '\0'..='\u{1F}') && random.below(2) == 0 => {
                plain.to_string()
            }
            Ok(other) => other.encode_utf16(&mut [0; 2]).iter().map(|unit| escape(*unit, random)).collect(),
            Err(half) => escape(half.unpaired_surrogate(), random),
        })
        .collect();
    format!("\"{spelled}\"")
}

fn escape(unit: u16, random: &mut Random) -> String {
    if random.below(2) == 0 { format!("\\u{unit:04x}") } else { format!("\\u{unit:04X}") }
}

fn blank(random: &mut Random) -> &'static str {
    ["", "", " ", "\n\t"][random.below(4)]
}
