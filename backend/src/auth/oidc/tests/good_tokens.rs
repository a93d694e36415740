//! Tokens that must be let in, and what is said of those whose account does not match.

use super::*;

#[tokio::test]
async fn what_github_writes_is_verified() {
    let lab = Lab::start().await;
    let verified = lab.oidc.verify(&lab.token(json!({ "environment": "prod" }))).await.expect("a good token");
    let Claims { repository, repository_id, repository_owner_id, run_id, environment, sha, .. } =
        verified.claims;
    assert_eq!(verified.forge, "local");
    assert_eq!((repository.as_str(), repository_id, repository_owner_id), ("octo/hello", 65, 9919));
    assert_eq!((run_id, environment.as_deref()), (17_400_000_001, Some("prod")));
    assert_eq!(sha.as_deref(), Some("0f1e2d3c4b5a69788796a5b4c3d2e1f001122334"));
}

#[tokio::test]
async fn what_does_not_matter_is_let_in() {
    let lab = Lab::start().await;
    let now = lab.clock.unix();
    for (what, changes) in [
        ("a clock that is behind, expired", json!({ "exp": now - 59, "iat": now - 300 })),
        ("a clock that is ahead, not yet valid", json!({ "nbf": now + 60 })),
        ("a clock that is ahead, issued later", json!({ "iat": now + 60 })),
        ("a life of a day", json!({ "exp": now + 86_400 })),
        ("the new format of sub", json!({ "sub": "repo:Octo@9919/Hello@65:ref:refs/heads/main" })),
        ("a sub that is no text", json!({ "sub": 7 })),
        ("no sub", json!({ "sub": "-" })),
        ("a claim that GitHub adds tomorrow", json!({ "tomorrow": { "a": [1] } })),
        ("an organisation's custom property", json!({ "repo_property_team": "blue" })),
        ("an optional claim that is absent", json!({ "environment": "-", "sha": "-", "actor_id": "-" })),
        ("an optional claim that is empty", json!({ "environment": "", "job_workflow_ref": null })),
    ] {
        let verified = lab.oidc.verify(&lab.token(changes)).await;
        assert!(verified.is_ok(), "{what}: {verified:?}");
    }
    let header = json!({ "alg": "RS256", "kid": KID, "jku": "http://127.0.0.1:9", "jwk": {}, "x5c": 1 });
    assert!(lab.accepts(&KEY.sign(&header, &lab.claims(json!({})))).await, "headers that are not read");
}

#[tokio::test]
async fn a_token_has_expired_when_the_databases_clock_says_so() {
    let lab = Lab::start().await;
    let now = lab.clock.unix();
    let token = lab.token(json!({ "exp": now + 300 }));
    let verified = lab.oidc.verify(&token).await.expect("a good token");
    let at = |second: i64| OffsetDateTime::from_unix_timestamp(second).expect("a time");
    for (by_database, good) in
        [(now - 86_400, true), (now, true), (now + 359, true), (now + 360, false), (now + 86_400, false)]
    {
        let outcome = verified.check_expiry(at(by_database));
        assert_eq!(outcome.is_ok(), good, "{by_database}");
        assert!(good || name(outcome.expect_err("expired").reason()) == "Expired");
    }
}

#[tokio::test]
async fn one_issuers_key_does_not_vouch_for_anothers_token() {
    let one = LocalIssuer::start(&[(KID, &KEY)]).await;
    let other = LocalIssuer::start(&[(KID, &NEXT_KEY), ("key-2", &NEXT_KEY)]).await;
    let issuers: Issuers = format!("github={},ghes={}", one.url(), other.url()).parse().expect("two issuers");
    let settings = OidcSettings { audience: AUDIENCE.to_owned(), issuers };
    let clock = Arc::new(TestClock::default());
    let oidc = Oidc::with(settings, client(), clock.clone(), LAB_TIMEOUT);
    let token = |issuer: &LocalIssuer, key: &SigningKey, kid| {
        key.token(kid, &claims(issuer.url(), TestClock::START, json!({})))
    };
    for (issuer, key, forge) in [(&one, &KEY, "github"), (&other, &NEXT_KEY, "ghes")] {
        let verified = oidc.verify(&token(issuer, key, KID)).await.expect("a good token");
        assert_eq!(verified.forge, forge);
    }
    clock.advance(60);
    for (issuer, key, kid, reason) in [
        (&one, &NEXT_KEY, KID, "Signature"),
        (&one, &NEXT_KEY, "key-2", "UnknownKey"),
        (&other, &KEY, KID, "Signature"),
    ] {
        let refusal = oidc.verify(&token(issuer, key, kid)).await.expect_err("the other's key");
        assert_eq!(name(refusal.reason()), reason);
    }
}

#[tokio::test]
async fn an_unknown_owner_learns_how_to_register() {
    let lab = Lab::start().await;
    let verified = lab.oidc.verify(&lab.token(json!({}))).await.expect("a good token");
    let refusal = verified.unknown_owner();
    assert_eq!(
        refusal.to_string(),
        "the owner \"Octo\" (id 9919 at local) is not registered with this backend"
    );
    let command = "`phase-data-backend account create --forge local --owner-id 9919 --login Octo`";
    assert!(refusal.hint().contains(command), "{}", refusal.hint());
    let odd = lab.token(json!({ "repository_owner": "o`; rm -rf ~" }));
    let odd = lab.oidc.verify(&odd).await.expect("a good token").unknown_owner();
    assert!(odd.hint().contains("--login LOGIN`"), "{}", odd.hint());
}

#[tokio::test]
async fn a_token_for_another_repository_names_both() {
    let lab = Lab::start().await;
    let verified = lab.oidc.verify(&lab.token(json!({}))).await.expect("a good token");
    let refusal = verified.wrong_repository("octo/other");
    assert_eq!(refusal.to_string(), "the id token is for the repository octo/hello, not for octo/other");
    assert_eq!(shown(&refusal)["verified"], json!(true));
}
