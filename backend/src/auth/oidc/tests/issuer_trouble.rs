//! Issuers that are down, slow or wrong: no token that could be verified is refused, and none hangs.

use std::time::Instant;

use super::local_issuer::Answer;
use super::*;

/// Everything that can be wrong with an issuer's answers, with how the cause is called.
fn troubles(lab: &Lab) -> Vec<(&'static str, Answer, Answer, &'static str)> {
    let iss = lab.issuer.url();
    let jwks_uri = format!("{iss}/.well-known/jwks");
    let discovery =
        |issuer: &str, jwks_uri: &str| Answer::Json(json!({ "issuer": issuer, "jwks_uri": jwks_uri }));
    let right = || discovery(iss, &jwks_uri);
    let keys = || Answer::Json(json!({ "keys": [KEY.public(KID)] }));
    let no_keys = |keys: Value| Answer::Json(json!({ "keys": keys }));
    let mut encrypting = KEY.public(KID);
    encrypting["use"] = json!("enc");
    vec![
        ("discovery fails", Answer::Status(500), keys(), "Status"),
        ("discovery is missing", Answer::Status(404), keys(), "Status"),
        ("discovery redirects", Answer::Redirect(jwks_uri.clone()), keys(), "Redirect"),
        ("discovery is no JSON", Answer::Bytes(10), keys(), "NotJson"),
        ("discovery has 10 MB", Answer::Bytes(10_000_000), keys(), "TooLong"),
        ("discovery never ends", Answer::Drip(Duration::from_millis(20)), keys(), "TimedOut"),
        ("discovery hangs", Answer::Never, keys(), "TimedOut"),
        (
            "discovery is another issuer's",
            discovery("https://evil.example", &jwks_uri),
            keys(),
            "OtherIssuer",
        ),
        ("keys on another host", discovery(iss, "http://127.0.0.2/jwks"), keys(), "ForeignKeys"),
        ("keys on another port", discovery(iss, "http://127.0.0.1:9/jwks"), keys(), "ForeignKeys"),
        ("keys in a file", discovery(iss, "file:///etc/passwd"), keys(), "ForeignKeys"),
        ("keys at the cloud's metadata", discovery(iss, "http://169.254.169.254/"), keys(), "ForeignKeys"),
        ("keys fail", right(), Answer::Status(503), "Status"),
        ("keys redirect", right(), Answer::Redirect("http://169.254.169.254/".to_owned()), "Redirect"),
        ("keys are garbage", right(), Answer::Json(json!("garbage")), "NotJson"),
        ("keys have 10 MB", right(), Answer::Bytes(10_000_000), "TooLong"),
        ("keys hang", right(), Answer::Never, "TimedOut"),
        ("no keys", right(), no_keys(json!([])), "NoKeys"),
        ("no key that we can use", right(), no_keys(json!([{ "kty": "EC", "kid": KID }, null])), "NoKeys"),
        ("only a key for encryption", right(), no_keys(json!([encrypting])), "NoKeys"),
    ]
}

/// The cause of a token's not being verified now.
async fn cause(lab: &Lab, token: &str) -> String {
    let refusal = lab.oidc.verify(token).await.expect_err("there is no key to verify it with");
    match refusal.reason() {
        OidcReason::CannotVerifyNow { cause: Some(cause), .. } => variant(cause),
        other => panic!("the token is not to blame: {other:?}"),
    }
}

#[tokio::test]
async fn without_keys_a_token_is_not_refused_but_put_off() {
    let http = client();
    for at in 0..troubles(&Lab::start().await).len() {
        let lab = Lab::with(LocalIssuer::start(&[(KID, &KEY)]).await, http.clone());
        let (what, discovery, keys, expected) = troubles(&lab).swap_remove(at);
        let (right_discovery, right_keys) = {
            let jwks_uri = format!("{}/.well-known/jwks", lab.issuer.url());
            (
                json!({ "issuer": lab.issuer.url(), "jwks_uri": jwks_uri }),
                json!({ "keys": [KEY.public(KID)] }),
            )
        };
        lab.issuer.answer_discovery(discovery);
        lab.issuer.answer_keys(keys);
        let started = Instant::now();
        assert_eq!(cause(&lab, &lab.token(json!({}))).await, expected, "{what}");
        assert_eq!(cause(&lab, &lab.token(json!({}))).await, expected, "{what}, within the minute");
        assert!(started.elapsed() < Duration::from_secs(3), "{what} hangs");
        assert_eq!(lab.issuer.fetches(), 1, "{what}");

        lab.issuer.answer_discovery(Answer::Json(right_discovery));
        lab.issuer.answer_keys(Answer::Json(right_keys));
        lab.clock.advance(60);
        assert!(lab.accepts(&lab.token(json!({}))).await, "after {what}");
    }
}

#[tokio::test]
async fn with_keys_nobody_notices_and_nobody_waits() {
    let http = client();
    for at in 0..troubles(&Lab::start().await).len() {
        let lab = Lab::with(LocalIssuer::start(&[(KID, &KEY)]).await, http.clone());
        assert!(lab.accepts(&lab.token(json!({}))).await);
        let (what, discovery, keys, expected) = troubles(&lab).swap_remove(at);
        lab.issuer.answer_discovery(discovery);
        lab.issuer.answer_keys(keys);
        for hour in 1..=3 {
            lab.clock.advance(3600);
            let started = Instant::now();
            assert!(lab.accepts(&lab.token(json!({}))).await, "{what}, hour {hour}");
            assert!(started.elapsed() < LAB_TIMEOUT, "{what} is waited for");
        }
        // A key that we don't have may be new, so its token is put off, too.
        lab.clock.advance(60);
        let new_key = NEXT_KEY.token("key-2", &lab.claims(json!({})));
        assert_eq!(cause(&lab, &new_key).await, expected, "{what}, a new key");
        assert!(lab.accepts(&lab.token(json!({}))).await, "{what}");
        assert!(lab.issuer.fetches() <= 5, "{what}");
    }
}

#[tokio::test]
async fn an_issuer_that_is_not_there_is_named_with_the_cause_and_when_to_try_again() {
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", nobody.local_addr().expect("an address"));
    drop(nobody);
    let lab = Lab::start().await;
    let issuers = Issuers::new(vec![Issuer::new("local", &url).expect("an issuer")]).expect("a list");
    let settings = OidcSettings { audience: AUDIENCE.to_owned(), issuers };
    let oidc = Oidc::with(settings, client(), lab.clock.clone(), LAB_TIMEOUT);
    let refusal = oidc.verify(&lab.token(json!({ "iss": url }))).await.expect_err("nobody is there");
    let OidcReason::CannotVerifyNow { cause: Some(cause), .. } = refusal.reason() else {
        panic!("the token is not to blame: {refusal}")
    };
    assert_eq!(cause.to_string(), format!("{url}/.well-known/openid-configuration can't be reached"));
    let chain: Vec<_> = std::iter::successors(std::error::Error::source(&refusal), |&error| error.source())
        .map(ToString::to_string)
        .collect();
    assert!(chain.len() >= 2 && chain.iter().any(|link| link.contains("refused")), "{chain:?}");
    assert!(refusal.hint().starts_with("Try again in 61 seconds"), "{}", refusal.hint());
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_one_that_was_followed_does_not_count() {
    let plain = client();
    let following = reqwest::Client::builder().build().expect("a client");
    for (client, asked_elsewhere) in [(plain, 0), (following, 1)] {
        let issuer = LocalIssuer::start(&[(KID, &KEY)]).await;
        let elsewhere = LocalIssuer::start(&[(KID, &FOREIGN_KEY)]).await;
        issuer.answer_keys(Answer::Redirect(format!("{}/.well-known/jwks", elsewhere.url())));
        let lab = Lab::with(issuer, client);
        let forged = FOREIGN_KEY.token(KID, &lab.claims(json!({})));
        assert_eq!(cause(&lab, &forged).await, "Redirect");
        assert_eq!(elsewhere.requests().len(), asked_elsewhere);
    }
}
