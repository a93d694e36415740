//! The table of bad tokens.

use serde_json::{Value, json};

use super::forged::{self, Forged};
use super::*;

/// Tokens whose signature is right and whose claims are not.
fn claims_table(lab: &Lab) -> Vec<Forged> {
    let iss = lab.issuer.url();
    let host = iss.strip_prefix("http://").expect("plain http");
    let now = lab.clock.unix();
    let huge = "9223372036854775808";
    [
        ("an unknown issuer", json!({ "iss": "https://token.actions.example" }), "UnknownIssuer"),
        ("the issuer with a slash", json!({ "iss": format!("{iss}/") }), "UnknownIssuer"),
        ("the issuer with a path", json!({ "iss": format!("{iss}/octo") }), "UnknownIssuer"),
        ("the issuer in capitals", json!({ "iss": iss.to_uppercase() }), "UnknownIssuer"),
        ("the issuer as a subdomain", json!({ "iss": format!("{iss}.evil.example") }), "UnknownIssuer"),
        ("the issuer as a user", json!({ "iss": format!("http://{host}@evil.example") }), "UnknownIssuer"),
        ("the issuer with a user", json!({ "iss": format!("http://me@{host}") }), "UnknownIssuer"),
        ("the issuer with a space", json!({ "iss": format!("{iss} ") }), "UnknownIssuer"),
        ("the issuer over TLS", json!({ "iss": format!("https://{host}") }), "UnknownIssuer"),
        ("an empty issuer", json!({ "iss": "" }), "UnknownIssuer"),
        ("issuers in a list", json!({ "iss": [iss] }), "ClaimInvalid iss"),
        ("an issuer that is a number", json!({ "iss": 1 }), "ClaimInvalid iss"),
        ("another audience", json!({ "aud": "https://github.com/octo" }), "Audience"),
        ("our audience with a slash", json!({ "aud": format!("{AUDIENCE}/") }), "Audience"),
        ("our audience in capitals", json!({ "aud": AUDIENCE.to_uppercase() }), "Audience"),
        ("our audience in a list", json!({ "aud": [AUDIENCE] }), "ClaimInvalid aud"),
        ("our audience and another's", json!({ "aud": [AUDIENCE, "other"] }), "ClaimInvalid aud"),
        ("an empty audience", json!({ "aud": "" }), "ClaimInvalid aud"),
        ("an audience that is a number", json!({ "aud": 1 }), "ClaimInvalid aud"),
        ("expired by the leeway", json!({ "exp": now - 60, "iat": now - 300 }), "Expired"),
        ("expired a year ago", json!({ "exp": now - 31_536_000, "iat": now - 31_536_300 }), "Expired"),
        ("not valid yet", json!({ "nbf": now + 61 }), "NotYetValid"),
        ("issued in the future", json!({ "iat": now + 61 }), "IssuedInFuture"),
        ("a life of more than a day", json!({ "exp": now + 86_401 }), "Lifetime"),
        ("a life until the year 9999", json!({ "exp": 253_402_300_799_i64 }), "Lifetime"),
        ("ended when it began", json!({ "exp": now }), "Lifetime"),
        ("ended before it began", json!({ "exp": now, "iat": now + 30 }), "Lifetime"),
        ("an end that is text", json!({ "exp": (now + 300).to_string() }), "ClaimInvalid exp"),
        ("an end with a fraction", json!({ "exp": 1_800_000_300.5 }), "ClaimInvalid exp"),
        ("an end that never comes", json!({ "exp": u64::MAX }), "ClaimInvalid exp"),
        ("a beginning before 1970", json!({ "nbf": -1 }), "ClaimInvalid nbf"),
        (
            "an owner with a negative id",
            json!({ "repository_owner_id": "-9919" }),
            "ClaimInvalid repository_owner_id",
        ),
        ("an owner with the id 0", json!({ "repository_owner_id": "0" }), "ClaimInvalid repository_owner_id"),
        (
            "an owner with a huge id",
            json!({ "repository_owner_id": huge }),
            "ClaimInvalid repository_owner_id",
        ),
        (
            "an owner id with a zero before",
            json!({ "repository_owner_id": "09919" }),
            "ClaimInvalid repository_owner_id",
        ),
        (
            "an owner id that is a number",
            json!({ "repository_owner_id": 9919 }),
            "ClaimInvalid repository_owner_id",
        ),
        ("a repository id with a space", json!({ "repository_id": " 65" }), "ClaimInvalid repository_id"),
        ("a repository that is a path", json!({ "repository": "../.." }), "ClaimInvalid repository"),
        ("an empty jti", json!({ "jti": "" }), "ClaimInvalid jti"),
        ("an empty event", json!({ "event_name": "" }), "ClaimInvalid event_name"),
        ("an environment that is a list", json!({ "environment": ["prod"] }), "ClaimInvalid environment"),
        (
            "a visibility that is true",
            json!({ "repository_visibility": true }),
            "ClaimInvalid repository_visibility",
        ),
    ]
    .map(|(name, changes, check)| (name.to_owned(), lab.token(changes), check))
    .into()
}

const REQUIRED: [&str; 16] = [
    "iss",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "repository",
    "repository_id",
    "repository_owner",
    "repository_owner_id",
    "run_id",
    "run_attempt",
    "actor",
    "event_name",
    "ref",
    "workflow_ref",
];

fn table(lab: &Lab, evil: &str) -> Vec<Forged> {
    [forged::algorithms(lab), forged::keys(lab, evil), forged::shapes(lab), claims_table(lab)].concat()
}

#[tokio::test]
async fn every_bad_token_is_stopped_by_the_check_that_is_meant_for_it() {
    let lab = Lab::start().await;
    let evil = LocalIssuer::start(&[(KID, &FOREIGN_KEY)]).await;
    let table = table(&lab, evil.url());
    assert!(table.len() >= 40, "{} tokens", table.len());
    let (unknown_key, others): (Vec<_>, Vec<_>) = table.iter().partition(|row| row.2 == "UnknownKey");
    for (what, token, check) in others {
        assert_eq!(lab.refusal(token).await, *check, "{what}");
    }
    assert_eq!(lab.issuer.fetches(), 1);
    for (minute, (what, token, check)) in unknown_key.into_iter().enumerate() {
        // The issuer may be asked once a minute, and an unknown key is known to be one only then.
        lab.clock.advance(60);
        assert_eq!(lab.refusal(token).await, *check, "{what}");
        assert_eq!(lab.issuer.fetches(), 2 + minute, "{what}");
    }
    assert_eq!(evil.requests(), [""; 0], "a token chose where we look for keys");
    let elsewhere = |path: &String| !path.starts_with("/.well-known/");
    assert!(!lab.issuer.requests().iter().any(elsewhere), "a key id became part of a path");
}

#[tokio::test]
async fn no_number_of_bad_tokens_causes_a_second_fetch_within_a_minute() {
    let lab = Lab::start().await;
    assert!(lab.accepts(&lab.token(json!({}))).await);
    for (what, token, check) in table(&lab, "http://127.0.0.1:9") {
        let refusal = lab.refusal(&token).await;
        // The keys may not be fetched again yet, so it is not known if the issuer has a new one.
        let expected = if check == "UnknownKey" { "CannotVerifyNow" } else { check };
        assert_eq!(refusal, expected, "{what}");
    }
    assert_eq!(lab.issuer.fetches(), 1);
    assert!(lab.accepts(&lab.token(json!({}))).await);
}

#[tokio::test]
async fn a_token_without_a_required_claim_or_with_a_senseless_one_is_refused() {
    let lab = Lab::start().await;
    for claim in REQUIRED {
        let missing = lab.refusal(&lab.token(json!({ claim: "-" }))).await;
        assert_eq!(missing, format!("ClaimMissing {claim}"));
        for senseless in [json!(null), json!({}), json!([]), json!(true), json!(1.5), json!("")] {
            let refusal = lab.refusal(&lab.token(json!({ claim: senseless.clone() }))).await;
            let empty_issuer = claim == "iss" && senseless == json!("");
            let expected =
                if empty_issuer { "UnknownIssuer".to_owned() } else { format!("ClaimInvalid {claim}") };
            assert_eq!(refusal, expected, "{senseless}");
        }
    }
}

#[tokio::test]
async fn a_refusal_never_shows_the_token() {
    let lab = Lab::start().await;
    for (what, token, _) in table(&lab, "http://127.0.0.1:9") {
        let refusal = lab.oidc.verify(&token).await.expect_err("a bad token");
        let texts = format!("{refusal} {refusal:?} {} {:?}", refusal.hint(), shown(&refusal));
        let long_parts = token.split('.').filter(|part| part.len() > 30);
        for part in long_parts {
            assert!(!texts.contains(part), "{what}: {texts}");
        }
        assert!(texts.len() < 12_000, "{what}: {} bytes", texts.len());
        assert!(refusal.hint().len() > 40, "{what}");
    }
}

#[tokio::test]
async fn every_refused_event_is_refused_with_its_risk() {
    let lab = Lab::start().await;
    for event in
        ["issue_comment", "pull_request_target", "workflow_run", "release", "deployment", "Push", "x\n"]
    {
        let verified =
            lab.oidc.verify(&lab.token(json!({ "event_name": event }))).await.expect("a good token");
        let refusal = verified.check_policy(&EventPolicy::default()).expect_err(event);
        assert_eq!(name(refusal.reason()), "Policy", "{event}");
        assert_eq!(shown(&refusal)["claims"]["event_name"], json!(event));
    }
}

#[tokio::test]
async fn the_claims_that_are_shown_are_marked_and_cut() {
    let lab = Lab::start().await;
    let long = "x".repeat(5000);
    let changes = json!({ "aud": long, "ref": { "a": long }, "secret_looking": "s3cr3t" });
    let forged = FOREIGN_KEY.token(KID, &lab.claims(changes.clone()));
    let refusal = lab.oidc.verify(&forged).await.expect_err("a forged token");
    let unverified = shown(&refusal);
    assert_eq!(unverified["verified"], json!(false));
    assert_eq!(unverified["claims"]["aud"].as_str().map(|text| text.chars().count()), Some(201));
    assert!(unverified["claims"].as_object().is_some_and(|claims| claims.len() == 15));
    assert!(!Value::Object(unverified).to_string().contains("s3cr3t"));

    let refusal = lab.oidc.verify(&lab.token(json!({ "aud": "other" }))).await.expect_err("another audience");
    let shown = refusal.claims_for_debugging().map(DebugClaims::to_texts).unwrap_or_default();
    assert_eq!(shown["(signature verified)"], "true");
    assert_eq!(
        refusal.to_string(),
        "the id token is for the audience \"other\", and this backend's is \"https://phase-data.example\""
    );
    let unreadable = lab.oidc.verify("no token").await.expect_err("no token");
    assert!(unreadable.claims_for_debugging().is_none());
}
