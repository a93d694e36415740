//! The payloads in `tests/payloads` are what their description says.

use crate::step::payload;

#[test]
fn the_payloads_are_json_of_a_realistic_size() {
    for (name, bytes) in
        [("scan.json", 5_000..8_000), ("validate.json", 12_000..16_000), ("mitigate.json", 3_000..5_000)]
    {
        let text = payload(name);
        assert!(bytes.contains(&text.len()), "{name} has {} bytes", text.len());
        serde_json::from_str::<serde_json::Value>(&text).expect(name);
    }
}

#[test]
fn the_generated_test_code_has_what_breaks_careless_quoting() {
    let text = payload("validate.json");
    for hostile in ["\\\"", "\\n", "\\\\", "\\r\\n", "\\u001b", "::set-output", "'", "🧪", "𠮷", "%27"] {
        assert!(text.contains(hostile), "{hostile}");
    }
}
