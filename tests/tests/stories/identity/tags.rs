//! An entity tag names one content for ever, whichever repository has the name.

use phase_data_tests::Answer;

use super::{Stage, now};

const OCTO: u32 = 9919;

async fn retrieve_if(stage: &Stage, key: &str, tag: &str) -> Answer {
    let bearer = format!("Bearer {key}");
    let headers = [("authorization", bearer.as_str()), ("if-none-match", tag)];
    stage.backend.send("GET", "/api/v1/phase_data/octo/hello/1?phase=scan", &headers, "").await
}

#[tokio::test]
async fn a_tag_of_the_repository_that_had_the_name_before_matches_nothing_of_the_one_that_has_it_now() {
    let stage = Stage::start().await;
    let octo = stage.backend.tenant("octo", OCTO);
    // As many revisions, and even the same documents.
    for (id, age) in [(1, 60), (2, 30)] {
        for data in ["1", "2"] {
            let token = stage.token(OCTO, id, "octo/hello", now() - age);
            let stored = stage.backend.store(&token, "octo/hello", 1, "scan", data).await;
            assert!(matches!(stored.status, 200 | 201), "{}", stored.body);
        }
        if id == 1 {
            assert_eq!(retrieve_if(&stage, &octo.key, "\"0\"").await.status, 200);
        }
    }
    let token = stage.token(OCTO, 1, "octo/hello", now() - 3600);
    let before = stage.backend.retrieve(&token, "octo/hello", 1).await;
    assert_eq!(before.json()["phases"][0]["revision"], 2);
    let first = stage.token(OCTO, 1, "octo/hello", now() - 3600);
    let bearer = format!("Bearer {first}");
    let path = "/api/v1/phase_data/octo/hello/1?phase=scan";
    let old = stage.backend.send("GET", path, &[("authorization", &bearer)], "").await;
    let (old, new) = (old.header("etag").to_owned(), retrieve_if(&stage, &octo.key, "\"0\"").await);
    assert_ne!(old, new.header("etag"), "two repositories share a tag");
    assert_eq!(retrieve_if(&stage, &octo.key, &old).await.status, 200, "it is another's content");
    assert_eq!(retrieve_if(&stage, &octo.key, new.header("etag")).await.status, 304);
    for (tag, status) in [(old.as_str(), 412), (new.header("etag"), 200)] {
        let stored =
            stage.backend.store_if(&octo.key, "octo/hello", 1, "scan", "3", &[("if-match", tag)]).await;
        assert_eq!(stored.status, status, "{tag}: {}", stored.body);
    }
}
