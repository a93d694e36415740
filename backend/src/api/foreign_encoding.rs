//! Recognises bodies that are no JSON because their text is in another encoding, or compressed.

/// Names what a body is instead of JSON in UTF-8, in words that follow "The body". None of its bytes are repeated.
pub(super) fn foreign_encoding(body: &[u8]) -> Option<String> {
    let known = match body {
        [0x1f, 0x8b, ..] => "is compressed with gzip: send it uncompressed",
        [0x28, 0xb5, 0x2f, 0xfd, ..] => "is compressed with zstd: send it uncompressed",
        // With a byte order mark, or with the zero bytes of ASCII characters.
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, ..] | [_, 0, ..] => {
            "is in UTF-16 or UTF-32, and JSON is UTF-8: send it as UTF-8"
        }
        _ => {
            let valid = std::str::from_utf8(body).err()?.valid_up_to();
            return Some(format!(
                "is not UTF-8 at byte {valid}, perhaps ISO-8859-1 (Latin-1), and JSON is UTF-8: send it as UTF-8"
            ));
        }
    };
    Some(known.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_encodings_are_named_and_utf_8_is_none() {
        let utf_16 = |big: bool| -> Vec<u8> {
            let units = "{\"ü\":1}".encode_utf16();
            units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
        };
        let marked = |mark: [u8; 2], big| [&mark[..], &utf_16(big)].concat();
        for (body, name) in [
            (utf_16(true), "UTF-16"),
            (utf_16(false), "UTF-16"),
            (marked([0xfe, 0xff], true), "UTF-16"),
            (marked([0xff, 0xfe], false), "UTF-16"),
            (b"{\"a\":\"M\xfcller\"}".to_vec(), "not UTF-8 at byte 7,"),
            (b"\x1f\x8b\x08\0".to_vec(), "gzip"),
            (b"\x28\xb5\x2f\xfd\x24\0".to_vec(), "zstd"),
        ] {
            let detected = foreign_encoding(&body).unwrap_or_default();
            assert!(detected.contains(name), "{name}: {detected:?}");
        }
        for body in ["", "{", "{\"ü\": x}", "1"] {
            assert_eq!(foreign_encoding(body.as_bytes()), None, "{body}");
        }
    }
}
