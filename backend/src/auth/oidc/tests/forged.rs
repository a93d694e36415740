//! At least forty tokens that must not be let in, each with the check that stops it.

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256,
    RsaEncoding,
};
use serde_json::{Value, json};

use super::local_issuer::{message, with_signature};
use super::{FOREIGN_KEY, KEY, KID, Lab, NEXT_KEY};

/// The flaw, the token, and the check that finds it.
pub(super) type Forged = (String, String, &'static str);

fn header(alg: &str) -> Value {
    json!({ "typ": "JWT", "alg": alg, "kid": KID })
}

fn hmac_token(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let message = message(header, claims);
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
    with_signature(&message, tag.as_ref())
}

fn ecdsa_token(claims: &Value) -> String {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
    let message = message(&header("ES256"), claims);
    let signature = pair.sign(&SystemRandom::new(), message.as_bytes()).expect("a signature");
    with_signature(&message, signature.as_ref())
}

/// Tokens that try to choose how they are checked.
pub(super) fn algorithms(lab: &Lab) -> Vec<Forged> {
    let claims = lab.claims(json!({}));
    let unsigned = |alg: &str| format!("{}.", message(&header(alg), &claims));
    let rsa =
        |algorithm: &'static dyn RsaEncoding, alg| KEY.sign_with(algorithm, &message(&header(alg), &claims));
    let (pem, der) = (KEY.public_pem(), KEY.public_der());
    let hs256 = |alg, secret: &[u8]| hmac_token(&header(alg), &claims, secret);
    let other_type = |alg: Value| KEY.sign(&json!({ "alg": alg, "kid": KID }), &claims);
    [
        ("alg none without a signature", unsigned("none"), "Algorithm"),
        ("alg none in other letters", unsigned("nOnE"), "Algorithm"),
        ("alg none with a right signature", KEY.sign(&header("none"), &claims), "Algorithm"),
        ("RS256 without a signature", unsigned("RS256"), "Signature"),
        ("HS256 with the public key's PEM as the secret", hs256("HS256", pem.as_bytes()), "Algorithm"),
        ("HS256 with the public key's DER as the secret", hs256("HS256", &der), "Algorithm"),
        (
            "an HMAC by the public key's PEM that calls itself RS256",
            hs256("RS256", pem.as_bytes()),
            "Signature",
        ),
        ("an HMAC by the public key's DER that calls itself RS256", hs256("RS256", &der), "Signature"),
        ("an HMAC by an empty secret", hs256("RS256", b""), "Signature"),
        ("RS384 by the right key", rsa(&RSA_PKCS1_SHA384, "RS384"), "Algorithm"),
        ("RS512 by the right key", rsa(&RSA_PKCS1_SHA512, "RS512"), "Algorithm"),
        ("PS256 by the right key", rsa(&RSA_PSS_SHA256, "PS256"), "Algorithm"),
        ("RS512 that calls itself RS256", rsa(&RSA_PKCS1_SHA512, "RS256"), "Signature"),
        ("PS256 that calls itself RS256", rsa(&RSA_PSS_SHA256, "RS256"), "Signature"),
        ("ES256 by a key of its own", ecdsa_token(&claims), "Algorithm"),
        ("RS256 in small letters", KEY.sign(&header("rs256"), &claims), "Algorithm"),
        ("no alg at all", KEY.sign(&json!({ "kid": KID }), &claims), "Malformed"),
        ("an alg that is a number", other_type(json!(256)), "Malformed"),
        ("an alg that is a list", other_type(json!(["RS256"])), "Malformed"),
    ]
    .map(|(name, token, check)| (name.to_owned(), token, check))
    .into()
}

/// Tokens that try to choose their key. `evil` is where they would like to have it fetched.
pub(super) fn keys(lab: &Lab, evil: &str) -> Vec<Forged> {
    let claims = lab.claims(json!({}));
    let foreign = |extra: Value| {
        let mut header = header("RS256");
        for (name, value) in extra.as_object().expect("an object") {
            header[name] = value.clone();
        }
        FOREIGN_KEY.sign(&header, &claims)
    };
    let jwks = format!("{evil}/.well-known/jwks");
    let mut cut = KEY.token(KID, &claims);
    cut.truncate(cut.len() - 10);
    [
        ("another key under the right id", foreign(json!({})), "Signature"),
        ("a jku header that says where the key is", foreign(json!({ "jku": jwks })), "Signature"),
        ("an x5u header that says where the key is", foreign(json!({ "x5u": jwks })), "Signature"),
        ("a jwk header with the key in it", foreign(json!({ "jwk": FOREIGN_KEY.public(KID) })), "Signature"),
        ("an x5c header with a certificate in it", foreign(json!({ "x5c": ["MIIB"] })), "Signature"),
        ("a critical extension", foreign(json!({ "crit": ["b64"], "b64": false })), "Malformed"),
        ("an unknown key id", foreign(json!({ "kid": "key-9" })), "UnknownKey"),
        ("the next key before it is published", NEXT_KEY.token("key-2", &claims), "UnknownKey"),
        ("a key id in other letters", foreign(json!({ "kid": "KEY-1" })), "UnknownKey"),
        ("a key id that is a path", foreign(json!({ "kid": "../../../etc/passwd" })), "UnknownKey"),
        ("a key id that is a URL", foreign(json!({ "kid": jwks })), "UnknownKey"),
        ("a key id that is SQL", foreign(json!({ "kid": "' or 1=1 --" })), "UnknownKey"),
        ("a key id with a NUL", foreign(json!({ "kid": "key-1\u{0}" })), "UnknownKey"),
        ("a key id of 10 kB", foreign(json!({ "kid": "k".repeat(10_000) })), "KeyId"),
        ("an empty key id", foreign(json!({ "kid": "" })), "KeyId"),
        ("a key id that is null", KEY.sign(&json!({ "alg": "RS256", "kid": null }), &claims), "KeyId"),
        ("no key id", KEY.sign(&json!({ "alg": "RS256" }), &claims), "KeyId"),
        ("a key id that is a number", foreign(json!({ "kid": 1 })), "Malformed"),
        ("a signature that was cut off", cut, "Signature"),
    ]
    .map(|(name, token, check)| (name.to_owned(), token, check))
    .into()
}

/// Texts that are no tokens, or were changed after they were signed.
pub(super) fn shapes(lab: &Lab) -> Vec<Forged> {
    let good = lab.token(json!({}));
    let parts: Vec<_> = good.split('.').collect();
    let (head, payload, signature) = (parts[0], parts[1], parts[2]);
    let swapped = lab.token(json!({ "repository_owner_id": "1" }));
    let other_payload = swapped.split('.').nth(1).expect("three parts");
    let raw = |header: &str, payload: &str| {
        use base64::Engine;
        let text = |part: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(part);
        format!("{}.{}.{signature}", text(header), text(payload))
    };
    let good_header = header("RS256").to_string();
    [
        ("nothing", String::new(), "Malformed"),
        ("two dots", "..".to_owned(), "Malformed"),
        ("one word", "token".to_owned(), "Malformed"),
        ("an API key", format!("pd_{}", "A".repeat(48)), "Malformed"),
        ("a token with its scheme", format!("Bearer {good}"), "Malformed"),
        ("a token with a line end", format!("{good}\n"), "Signature"),
        ("half a token", good[..good.len() / 2].to_owned(), "Malformed"),
        ("no signature part", format!("{head}.{payload}"), "Malformed"),
        ("a fourth part", format!("{good}.x"), "Malformed"),
        ("five parts, like an encrypted token", format!("{head}.x.x.{payload}.{signature}"), "Malformed"),
        ("another token's payload", format!("{head}.{other_payload}.{signature}"), "Signature"),
        ("a header that was changed", format!("{}.{payload}.{signature}", message_head()), "Signature"),
        ("base64 with padding", format!("{head}.{payload}=.{signature}"), "Malformed"),
        ("no base64", format!("{head}.!!!!.{signature}"), "Malformed"),
        ("a header that is no JSON", raw("{", "{}"), "Malformed"),
        ("a payload that is no JSON", raw(&good_header, "{"), "Malformed"),
        ("a payload that is a list", raw(&good_header, "[]"), "Malformed"),
        ("a payload nested a thousand deep", raw(&good_header, &"[".repeat(1000)), "Malformed"),
        ("1 MB of letters", "a".repeat(1_000_000), "TooLong"),
        ("1 MB of dots", ".".repeat(1_000_000), "TooLong"),
        ("a right token of 1 MB", lab.token(json!({ "workflow": "w".repeat(750_000) })), "TooLong"),
    ]
    .map(|(name, token, check)| (name.to_owned(), token, check))
    .into()
}

fn message_head() -> String {
    let whole = message(&json!({ "alg": "RS256", "kid": KID, "typ": "jwt" }), &json!({}));
    whole.split('.').next().unwrap_or_default().to_owned()
}
