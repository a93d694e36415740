//! JSON bodies with a member that stands twice, of which a reader would have to guess one.

use phase_data_tests::{APP_SECRET, APP_WEBHOOK, Backend, hook_signature, issue_event};

#[tokio::test]
async fn a_member_that_stands_twice_is_refused_at_every_depth() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let admin = format!("Bearer {}", backend.key(&octo.account, &["--scope", "admin"]));
    let store = r#"{"repository":"octo/hello","issue_number":42,"phase":"scan","phase":"validate","data":1}"#;
    let rotate = format!("admin/keys/{}/rotate", &octo.key[3..15]);
    for (method, path, body) in [
        ("POST", "phase_data", store),
        ("PUT", "admin/policy", r#"{"refs":["refs/heads/main"],"refs":["refs/*"]}"#),
        ("PUT", "admin/policy", r#"{"events":{"push":false,"push":true}}"#),
        ("PUT", "admin/policy", r#"{"events":{"push":false},"\u0065vents":{}}"#),
        ("PUT", "admin/retention", r#"{"grace_days":7,"grace_days":0}"#),
        ("POST", "admin/keys", r#"{"name":"a","scope":"read","scope":"admin"}"#),
        ("POST", "admin/webhook_secret", r#"{"old_expires_in_hours":1,"old_expires_in_hours":0}"#),
        ("POST", &rotate, r#"{"old_expires_in_hours":1,"old_expires_in_hours":0}"#),
    ] {
        let headers = [("authorization", admin.as_str()), ("content-type", "application/json")];
        let refused = backend.send(method, &format!("/api/v1/{path}"), &headers, body).await;
        assert_eq!((refused.status, refused.code().as_str()), (422, "invalid_body"), "{}", refused.body);
        assert!(refused.body.contains("duplicate field"), "{}", refused.body);
    }
    let policy = backend.send("GET", "/api/v1/admin/policy", &[("authorization", &admin)], "").await.json();
    assert_eq!((&policy["events"]["push"], policy.get("refs")), (&true.into(), None), "{policy:#}");
}

#[tokio::test]
async fn a_body_that_is_no_utf_8_is_refused_by_the_name_of_its_encoding() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let json = r#"{"repository":"octo/hello","issue_number":42,"phase":"scan","data":{"name":"Müller"}}"#;
    let units = || json.encode_utf16();
    let latin = json.chars().map(|character| u8::try_from(u32::from(character)).expect("Latin-1")).collect();
    let bodies: [(&str, Vec<u8>); 5] = [
        ("UTF-16", units().flat_map(u16::to_le_bytes).collect()),
        ("UTF-16", units().flat_map(u16::to_be_bytes).collect()),
        ("UTF-16", [0xfeff].into_iter().chain(units()).flat_map(u16::to_le_bytes).collect()),
        ("Latin-1", latin),
        ("gzip", b"\x1f\x8b\x08\x00secret".to_vec()),
    ];
    let calls = [
        ("POST", "phase_data", "application/json"),
        ("PATCH", "phase_data/octo/hello/42?phase=scan", "application/merge-patch+json"),
    ];
    for ((name, body), (method, path, content_type)) in
        bodies.iter().flat_map(|body| calls.map(|call| (body, call)))
    {
        let headers = [("x-api-key", octo.key.as_str()), ("content-type", content_type)];
        let refused = backend.send(method, &format!("/api/v1/{path}"), &headers, body.clone()).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, "malformed_json"), "{name} {method}");
        let detail = refused.json()["detail"].as_str().expect("a detail").to_owned();
        assert!(detail.contains(name) && !detail.contains("secret"), "{method}: {detail}");
    }
}

#[tokio::test]
async fn a_delivery_that_says_a_thing_twice_is_refused() {
    let backend = Backend::start_with(&[APP_SECRET]).await;
    backend.tenant("octo", 9919);
    let event = issue_event("closed", 42, "2026-03-02T08:14:55Z").to_string();
    let deliver = async |content_type: &str, body: String| {
        let signature = hook_signature(APP_SECRET.1, body.as_bytes());
        let headers = [
            ("x-hub-signature-256", signature.as_str()),
            ("x-github-event", "issues"),
            ("x-github-delivery", "a"),
            ("content-type", content_type),
        ];
        backend.send("POST", APP_WEBHOOK, &headers, body).await
    };
    let form = "application/x-www-form-urlencoded";
    for (content_type, body) in [
        (form, format!("payload={event}&payload={event}")),
        (form, format!("payload={event}&p%61yload={event}")),
        (form, String::new()),
    ] {
        assert_eq!(deliver(content_type, body.clone()).await.code(), "malformed_json", "{body}");
    }
    // Valid JSON is stored, and fails permanently.
    for (once, twice) in [
        (r#""action":"closed""#, r#""action":"opened","action":"closed""#),
        (r#""number":42"#, r#""number":1,"number":42"#),
    ] {
        let failed = deliver("application/json", event.replace(once, twice)).await.json();
        assert_eq!(failed["state"], "failed", "{failed}");
        assert!(failed["reason"].as_str().is_some_and(|why| why.contains("each member once")), "{failed}");
    }
    let taken = deliver(form, format!("p%61yload={event}&other=1")).await;
    assert_eq!((taken.status, taken.json()["state"].as_str()), (202, Some("pending")), "{}", taken.body);
}
