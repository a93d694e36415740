use super::*;

const LIMITS: JsonLimits = JsonLimits { depth: 128, number_digits: 1000, bytes: 1 << 20 };

fn flaw(json: &str) -> Option<(FlawKind, String)> {
    serde_json::from_str::<&serde_json::value::RawValue>(json).expect("the test's text is JSON");
    check(json, &LIMITS).err().map(|flaw| (flaw.kind, flaw.pointer))
}

#[test]
fn what_can_be_stored_passes() {
    for json in [
        "null",
        r#""""#,
        "[]",
        "[1,[2,{}],{\"a\":[]}]",
        r#"{"a":1,"b":{"a":2},"c":[{"a":3},{"a":4}]}"#,
        "123456789012345678901234567890",
        "[1e400, -1e-400, 0.1, 1.5E+3]",
        r#""\ud83d\ude00 \u0001 \\u0000 \" 😀""#,
        r#"{"\\":1,"\"":2,"":3,"key":"key"}"#,
    ] {
        assert_eq!(flaw(json), None, "{json}");
    }
    let deep = "[".repeat(128) + &"]".repeat(128);
    assert_eq!(flaw(&deep), None);
}

#[test]
fn what_cannot_be_stored_is_found_with_its_place() {
    use FlawKind::*;
    for (json, kind, pointer) in [
        (r#"{"\ud800":1,"\uD800":2}"#, DuplicateKey, "/\u{FFFD}\u{FFFD}\u{FFFD}"),
        (r#"{"\u0000":1,"\u0000":2}"#, DuplicateKey, "/\0"),
        (r#"{"a":1,"a":2}"#, DuplicateKey, "/a"),
        (r#"{"a":1,"\u0061":2}"#, DuplicateKey, "/a"),
        (r#"[0,{"x/y~z":{"b":[],"b":0}}]"#, DuplicateKey, "/1/x~1y~0z/b"),
        ("[1e1000]", NumberGrows { digits: 1001, limit: 1000 }, "/0"),
        ("[1e-1001]", NumberGrows { digits: 1001, limit: 1000 }, "/0"),
        ("1e131071", NumberGrows { digits: 131_072, limit: 1000 }, ""),
        ("1E99999999999999999999999", NumberTooLong { digits: 4_294_967_296 }, ""),
        ("[0E99999999999999999999999]", NumberTooLong { digits: 1 }, "/0"),
    ] {
        assert_eq!(flaw(json), Some((kind, pointer.to_owned())), "{json}");
    }
    let (too_long, too_fine) = ("9".repeat(131_073), format!("0.{}", "1".repeat(16_384)));
    assert_eq!(flaw(&too_long), Some((NumberTooLong { digits: 131_073 }, String::new())));
    assert_eq!(flaw(&too_fine), Some((NumberTooLong { digits: 16_384 }, String::new())));
    let deep = "[".repeat(129) + &"]".repeat(129);
    assert_eq!(flaw(&deep), Some((NestingTooDeep { limit: 128 }, "/0".repeat(128))));
}

#[test]
fn digits_that_are_spelled_out_are_no_growth() {
    // An RSA key of 16,384 bits has 4,933.
    let modulus = "7".repeat(4933);
    for json in [
        modulus.clone(),
        format!("[-{modulus}.{modulus}]"),
        format!("{modulus}e0"),
        format!("{modulus}.{modulus}E-1"),
        "0e5000".to_owned(),
        "9".repeat(131_072),
    ] {
        assert_eq!(flaw(&json), None, "{json:.40}");
    }
    assert_eq!(
        flaw(&format!("{modulus}e9")),
        Some((FlawKind::NumberGrows { digits: 4942, limit: 1000 }, String::new()))
    );
}

#[test]
fn only_what_jsonb_has_no_character_for_needs_an_escape() {
    for (json, form) in [
        (r#"{"a":["x","\u0000"]}"#, StoredForm::Escaped),
        (r#"{"a":{"k\u0000":1}}"#, StoredForm::Escaped),
        (r#"["\\\u0000"]"#, StoredForm::Escaped),
        (r#""\ud800""#, StoredForm::Escaped),
        (r#""\ud800x""#, StoredForm::Escaped),
        (r#""\udc00""#, StoredForm::Escaped),
        (r#"["\ud800\ud800"]"#, StoredForm::Escaped),
        (r#"["\ud83d\\ude00"]"#, StoredForm::Escaped),
        (r#"["\ud83d\ude00","\\u0000","\\ud800"]"#, StoredForm::Plain),
        ("\"\u{10FFFD}0 \\udbff\\udffd\"", StoredForm::Plain),
    ] {
        assert_eq!(check(json, &LIMITS), Ok(form), "{json}");
    }
}

#[test]
fn many_numbers_may_not_grow_the_document_past_its_limit() {
    let json = format!("[{}1]", "1e999,".repeat(1100));
    assert_eq!(flaw(&json), Some((FlawKind::TooLarge { limit: 1 << 20 }, "/1047".to_owned())));
}

#[test]
fn the_size_is_that_of_the_value_however_it_is_spelled() {
    let compact = r#"{"a":[0,-1.50,1000,true,null],"é\"/\n":"😀"}"#;
    let spelled = r#" { "a" : [ 0e7, -15.0e-1 ,1E3,true, null ], "\u00e9\"\/\u000A"
        : "\ud83d\uDE00" } "#;
    for json in [compact, spelled] {
        let limits = |bytes| JsonLimits { bytes, ..LIMITS };
        assert_eq!(check(json, &limits(compact.len())), Ok(StoredForm::Plain), "{json}");
        let limit = compact.len() - 1;
        let flaw = check(json, &limits(limit)).expect_err("one byte too many");
        assert_eq!(flaw.kind, FlawKind::TooLarge { limit }, "{json}");
    }
}

#[test]
fn a_hundred_thousand_brackets_do_no_harm() {
    let json = "[".repeat(100_000) + &"]".repeat(100_000);
    assert!(check(&json, &LIMITS).is_err());
}
