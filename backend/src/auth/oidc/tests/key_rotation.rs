//! Keys that come and go while tokens are verified.

use super::*;

#[tokio::test]
async fn requests_at_the_start_share_one_fetch() {
    let lab = Lab::start().await;
    let token = lab.token(json!({}));
    let verifying: Vec<_> = (0..50)
        .map(|_| {
            let (oidc, token) = (Arc::clone(&lab.oidc), token.clone());
            tokio::spawn(async move { oidc.verify(&token).await.is_ok() })
        })
        .collect();
    for verified in verifying {
        assert!(verified.await.expect("no panic"));
    }
    assert_eq!(lab.issuer.requests().len(), 2, "one discovery document and one set of keys");
}

#[tokio::test]
async fn a_new_key_is_picked_up_and_the_old_one_goes_on() {
    let lab = Lab::start().await;
    assert!(lab.accepts(&lab.token(json!({}))).await);
    lab.issuer.publish(&[(KID, &KEY), ("key-2", &NEXT_KEY)]);
    let with_new_key = || NEXT_KEY.token("key-2", &lab.claims(json!({})));

    lab.clock.advance(20);
    let refusal = lab.oidc.verify(&with_new_key()).await.expect_err("not asked again yet");
    assert_eq!(name(refusal.reason()), "CannotVerifyNow");
    assert_eq!(refusal.retry_after(), Some(Duration::from_secs(40)));

    lab.clock.advance(40);
    assert!(lab.accepts(&with_new_key()).await);
    assert!(lab.accepts(&lab.token(json!({}))).await);
    assert_eq!(lab.issuer.fetches(), 2);
}

#[tokio::test]
async fn a_withdrawn_key_works_until_the_keys_are_fetched_again() {
    let lab = Lab::start().await;
    assert!(lab.accepts(&lab.token(json!({}))).await);
    lab.issuer.publish(&[("key-2", &NEXT_KEY)]);
    lab.clock.advance(3599);
    assert!(lab.accepts(&lab.token(json!({}))).await);
    assert_eq!(lab.issuer.fetches(), 1);

    lab.clock.advance(1);
    assert!(lab.accepts(&lab.token(json!({}))).await, "this use has them fetched and does not wait");
    until(async || !lab.accepts(&lab.token(json!({}))).await).await;
    assert_eq!(lab.issuer.fetches(), 2);
    lab.clock.advance(60);
    assert_eq!(lab.refusal(&lab.token(json!({}))).await, "UnknownKey");
}

#[tokio::test]
async fn a_flood_of_made_up_key_ids_costs_one_fetch_a_minute() {
    let lab = Lab::start().await;
    assert!(lab.accepts(&lab.token(json!({}))).await);
    for minute in 1..=5 {
        lab.clock.advance(60);
        let claims = lab.claims(json!({}));
        let flood: Vec<_> = (0..20)
            .map(|number| {
                let oidc = Arc::clone(&lab.oidc);
                let token = FOREIGN_KEY.token(&format!("made-up-{number}"), &claims);
                tokio::spawn(async move { oidc.verify(&token).await.is_ok() })
            })
            .collect();
        for verified in flood {
            assert!(!verified.await.expect("no panic"));
        }
        assert!(lab.accepts(&lab.token(json!({}))).await);
        assert_eq!(lab.issuer.fetches(), 1 + minute);
    }
}

#[tokio::test]
async fn who_asks_and_hangs_up_does_not_stop_the_fetch() {
    let lab = Lab::start().await;
    let token = lab.token(json!({}));
    {
        let mut verifying = std::pin::pin!(lab.oidc.verify(&token));
        let polled_once =
            std::future::poll_fn(|context| std::task::Poll::Ready(verifying.as_mut().poll(context))).await;
        assert!(polled_once.is_pending(), "the first poll only begins the fetch");
    }
    assert!(lab.accepts(&token).await);
    assert_eq!(lab.issuer.fetches(), 1);
}

/// Waits for something that happens in the background.
async fn until(condition: impl AsyncFn() -> bool) {
    let waiting = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), waiting).await.expect("it comes about");
}
