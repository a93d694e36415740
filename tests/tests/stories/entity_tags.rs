//! An entity tag names one content for ever, and a revision has a parameter of its own.

use phase_data_tests::{Answer, Backend, LocalIssuer};
use serde_json::json;

mod cleaning_up;

const PATH: &str = "/api/v1/phase_data/octo/hello/42";

async fn get(backend: &Backend, key: &str, known: &str) -> Answer {
    let headers = [("x-api-key", key), ("if-none-match", known)];
    let headers = if known.is_empty() { &headers[..1] } else { &headers[..] };
    backend.send("GET", &format!("{PATH}?phase=scan"), headers, "").await
}

async fn store(backend: &Backend, key: &str, query: &str, data: &str, more: &[(&str, &str)]) -> Answer {
    backend.store_where(key, query, "octo/hello", 42, "scan", data, more).await
}

async fn patch(backend: &Backend, key: &str, query: &str, data: &str, more: &[(&str, &str)]) -> Answer {
    let headers = [("x-api-key", key), ("content-type", "application/merge-patch+json")];
    let path = format!("{PATH}?phase=scan{}", query.replace('?', "&"));
    backend.send("PATCH", &path, &[&headers[..], more].concat(), data.to_owned()).await
}

/// Checks that what is stored now, at the same place and with the same revision, is not taken for what `old` names.
async fn is_another(backend: &Backend, key: &str, old: &str) {
    let now = get(backend, key, old).await;
    assert_eq!(now.status, 200, "a reader with the old tag gets the new content, not 304");
    let new = now.header("etag").to_owned();
    assert_ne!(new, old);
    assert_eq!(new.split('-').next(), old.split('-').next(), "that is the case in point: one revision");
    for stored in [
        store(backend, key, "", "9", &[("if-match", old)]).await,
        patch(backend, key, "", "9", &[("if-match", old)]).await,
        store(backend, key, "", "9", &[("if-match", old), ("if-match", "\"x\"")]).await,
    ] {
        assert_eq!(
            (stored.status, stored.json()["current_etag"].as_str()),
            (412, Some(&*new)),
            "{}",
            stored.body
        );
        assert!(
            stored.json()["detail"].as_str().is_some_and(|detail| detail.contains(&new)),
            "{}",
            stored.body
        );
    }
    let headers = [("x-api-key", key), ("if-match", &*format!("\"scan.{}\"", old.trim_matches('"')))];
    assert_eq!(backend.send("DELETE", PATH, &headers, "").await.status, 412);
    assert_eq!(get(backend, key, &new).await.status, 304);
}

#[tokio::test]
async fn a_purged_documents_tag_never_matches_what_is_stored_there_anew() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let old = store(&backend, &octo.key, "", "1", &[]).await.header("etag").to_owned();
    let purge = [("x-api-key", octo.key.as_str())];
    let purged = backend.send("DELETE", &format!("{PATH}?purge=true"), &purge, "").await;
    assert_eq!(purged.json()["deleted"], json!(["scan"]), "{}", purged.body);
    // As after a restored backup: the count begins again. The same document is another one all the same.
    for forget in ["delete from phase_revision", "delete from phase_event"] {
        sqlx::query(forget).execute(&mut backend.database().await).await.expect(forget);
    }
    let again = store(&backend, &octo.key, "", "1", &[]).await;
    assert_eq!((again.status, again.json()["revision"].as_i64()), (201, Some(1)), "{}", again.body);
    is_another(&backend, &octo.key, &old).await;
}

#[tokio::test]
async fn a_tag_never_matches_the_data_of_another_repository_that_took_the_name() {
    let issuer = LocalIssuer::start();
    let backend = Backend::start_with(&[("PHASE_DATA_OIDC_ISSUERS", &issuer.setting())]).await;
    let octo = backend.tenant("octo", 9919);
    let of = |id: &str, name: &str| {
        let claims = json!({ "repository_id": id, "repository": name, "sub": format!("repo:{name}:ref:refs/heads/main") });
        issuer.claim(claims).token(backend.url())
    };
    let first = store(&backend, &of("1111", "octo/hello"), "", "1", &[]).await;
    assert_eq!(first.status, 201, "{}", first.body);
    let old = get(&backend, &octo.key, "").await.header("etag").to_owned();
    assert_eq!(first.header("etag"), old);
    // It is renamed, and shows it with a store; another one takes its name.
    let renamed = backend.store(&of("1111", "octo/moved"), "octo/moved", 7, "scan", "1").await;
    assert_eq!(renamed.status, 201, "{}", renamed.body);
    let second = store(&backend, &of("2222", "octo/hello"), "", "2", &[]).await;
    assert_eq!((second.status, second.json()["revision"].as_i64()), (201, Some(1)), "{}", second.body);
    is_another(&backend, &octo.key, &old).await;
}

#[tokio::test]
async fn a_bare_revision_or_a_tag_that_a_proxy_changed_never_matches_and_the_hint_says_what_does() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let tag = store(&backend, &octo.key, "", "1", &[]).await.header("etag").to_owned();
    for (if_match, hints) in [
        ("\"1\"".to_owned(), ["\"1-1a2b3c4d\"", "if_revision=1"]),
        ("\"x\", W/\"1\"".to_owned(), ["\"1-1a2b3c4d\"", "if_revision=1"]),
        (format!("W/{tag}"), ["weak", "`etag`"]),
        (format!("\"{}-gzip\"", tag.trim_matches('"')), ["-gzip", "if_revision"]),
        (format!("W/\"{}-br\"", tag.trim_matches('"')), ["compression", "`etag`"]),
    ] {
        let headers = [("if-match", if_match.as_str())];
        let deleting = [("x-api-key", octo.key.as_str()), headers[0]];
        for refused in [
            store(&backend, &octo.key, "", "2", &headers).await,
            patch(&backend, &octo.key, "", "2", &headers).await,
            backend.send("DELETE", PATH, &deleting, "").await,
        ] {
            let problem = refused.json();
            assert_eq!((refused.status, refused.code().as_str()), (412, "revision_mismatch"), "{if_match}");
            assert_eq!(problem["current_revision"], 1);
            let hint = problem["hint"].as_str().expect("a hint");
            assert!(hints.iter().all(|text| hint.contains(text)), "{if_match}: {hint}");
        }
    }
    assert_eq!(get(&backend, &octo.key, "\"1\"").await.status, 200, "nor is it any reader's tag");
    assert_eq!(get(&backend, &octo.key, &tag).await.status, 304, "nothing was changed");
}

#[tokio::test]
async fn a_store_and_a_patch_can_ask_for_a_bare_revision() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let key = octo.key.as_str();
    let nothing = store(&backend, key, "?if_revision=1", "0", &[]).await;
    assert_eq!(
        (nothing.status, nothing.json()["current_revision"].as_i64()),
        (412, None),
        "{}",
        nothing.body
    );
    let first = store(&backend, key, "", "1", &[]).await.header("etag").to_owned();
    for other in ["?if_revision=2", "?if_revision=9223372036854775807"] {
        for refused in
            [store(&backend, key, other, "2", &[]).await, patch(&backend, key, other, "2", &[]).await]
        {
            let problem = refused.json();
            assert_eq!((refused.status, refused.code().as_str()), (412, "revision_mismatch"));
            assert_eq!((&problem["current_revision"], &problem["current_etag"]), (&json!(1), &json!(first)));
        }
    }
    let second = store(&backend, key, "?if_revision=1", "2", &[]).await;
    assert_eq!((second.status, second.json()["revision"].as_i64()), (200, Some(2)), "{}", second.body);
    let second = second.header("etag").to_owned();
    let third = patch(&backend, key, "?if_revision=2", "3", &[]).await;
    assert_eq!((third.status, third.json()["revision"].as_i64()), (200, Some(3)), "{}", third.body);
    let third = third.header("etag").to_owned();
    // Together with If-Match both must hold.
    for (query, tag, status) in [
        ("?if_revision=3", &second, 412),
        ("?if_revision=2", &third, 412),
        ("?if_revision=2", &second, 412),
        ("?if_revision=3", &third, 200),
    ] {
        let both = [("if-match", tag.as_str())];
        assert_eq!(store(&backend, key, query, "3", &both).await.status, status, "{query} {tag}");
        assert_eq!(patch(&backend, key, query, "3", &both).await.status, status, "{query} {tag}");
    }
}

#[tokio::test]
async fn a_revision_that_makes_no_sense_is_refused_before_anything_is_stored() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let absent = [("if-none-match", "*")];
    let both = store(&backend, &octo.key, "?if_revision=1", "1", &absent).await;
    assert_eq!((both.status, both.code().as_str()), (400, "invalid_parameter"), "{}", both.body);
    assert!(both.json()["hint"].as_str().is_some_and(|hint| hint.contains("Omit")), "{}", both.body);
    for wrong in ["0", "-1", "01", "%2B1", "1.0", "%221%22", "1-1a2b3c4d", "x", "", "1&if_revision=1"] {
        for refused in [
            store(&backend, &octo.key, &format!("?if_revision={wrong}"), "1", &[]).await,
            patch(&backend, &octo.key, &format!("?if_revision={wrong}"), "1", &[]).await,
            backend
                .send("DELETE", &format!("{PATH}?if_revision={wrong}"), &[("x-api-key", &octo.key)], "")
                .await,
        ] {
            assert_eq!((refused.status, refused.code().as_str()), (400, "invalid_parameter"), "{wrong}");
            assert!(refused.body.contains("if_revision"), "{}", refused.body);
        }
    }
    assert_eq!(get(&backend, &octo.key, "").await.status, 404);
}

#[tokio::test]
async fn a_stores_event_has_its_tag_and_a_repeated_store_answers_the_same_one() {
    let issuer = LocalIssuer::start();
    let backend = Backend::start_with(&[("PHASE_DATA_OIDC_ISSUERS", &issuer.setting())]).await;
    let octo = backend.tenant("octo", 9919);
    let token = issuer.token(backend.url());
    let first = store(&backend, &token, "?if_revision=1", "1", &[]).await;
    assert_eq!(first.status, 412, "{}", first.body);
    let first = store(&backend, &token, "", "1", &[]).await;
    let again = store(&backend, &token, "", "1", &[]).await;
    assert_eq!((first.status, first.header("etag")), (201, again.header("etag")), "{}", again.body);
    let unchanged = store(&backend, &octo.key, "", "1", &[]).await;
    assert_eq!(
        (unchanged.status, unchanged.header("etag")),
        (200, again.header("etag")),
        "{}",
        unchanged.body
    );
    backend.delete(&octo.key, "octo/hello", 42).await;
    let events = backend.send("GET", &format!("{PATH}/events"), &[("x-api-key", &octo.key)], "").await.json();
    let found: Vec<_> =
        [0, 1].map(|n| (events["events"][n]["kind"].clone(), events["events"][n]["etag"].clone())).into();
    assert_eq!(found, [(json!("deleted"), json!(null)), (json!("stored"), json!(first.header("etag")))]);
}
