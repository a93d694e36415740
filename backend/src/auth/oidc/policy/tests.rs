//! Policy as tables.

use serde_json::{Value, json};

use super::*;
use crate::auth::oidc::tests::claims_with;

fn policy(json: Value) -> EventPolicy {
    serde_json::from_value(json).expect("a policy")
}

#[test]
fn each_event_by_default() {
    for (event, allowed) in [
        ("issues", true),
        ("push", true),
        ("schedule", true),
        ("workflow_dispatch", true),
        ("repository_dispatch", true),
        ("pull_request", true),
        ("issue_comment", false),
        ("pull_request_target", false),
        ("workflow_run", false),
        ("deployment", false),
        ("release", false),
        ("merge_group", false),
        ("workflow_call", false),
        ("fork", false),
        ("Push", false),
        ("push ", false),
    ] {
        let decision = EventPolicy::default().decide(&claims_with(json!({ "event_name": event })));
        assert_eq!(decision.is_ok(), allowed, "{event}");
    }
}

#[test]
fn each_listed_event_can_be_turned_on_and_off() {
    for event in [
        "issues",
        "push",
        "schedule",
        "workflow_dispatch",
        "repository_dispatch",
        "pull_request",
        "issue_comment",
        "pull_request_target",
        "workflow_run",
    ] {
        for on in [true, false] {
            let policy = policy(json!({ "events": { event: on } }));
            let decision = policy.decide(&claims_with(json!({ "event_name": event })));
            assert_eq!(decision.is_ok(), on, "{event}");
        }
    }
}

#[test]
fn each_limit_both_ways() {
    let workflow = "octo/shared/.github/workflows/scan.yml@refs/heads/main";
    for (limit, claims, allowed) in [
        (json!({ "refs": ["refs/heads/main"] }), json!({ "ref": "refs/heads/main" }), true),
        (json!({ "refs": ["refs/heads/main"] }), json!({ "ref": "refs/heads/main2" }), false),
        (json!({ "refs": ["refs/heads/main"] }), json!({ "ref": "refs/heads/Main" }), false),
        (json!({ "refs": ["refs/heads/main"] }), json!({ "ref": "refs/pull/1/merge" }), false),
        (json!({ "refs": ["refs/heads/x", "refs/tags/v*"] }), json!({ "ref": "refs/tags/v1.2" }), true),
        (json!({ "refs": ["refs/tags/v*"] }), json!({ "ref": "refs/tags/v" }), true),
        (json!({ "refs": ["refs/tags/v*"] }), json!({ "ref": "refs/heads/refs/tags/v1" }), false),
        (json!({ "environments": ["prod"] }), json!({ "environment": "prod" }), true),
        (json!({ "environments": ["prod"] }), json!({ "environment": "Prod" }), true),
        (json!({ "environments": ["prod"] }), json!({ "environment": "prod2" }), false),
        // The sign for kelvin and the long s, which Unicode folds to k and s.
        (json!({ "environments": ["kiosk"] }), json!({ "environment": "\u{212A}iosk" }), false),
        (json!({ "environments": ["kio\u{17F}k"] }), json!({ "environment": "kiosk" }), false),
        (json!({ "environments": ["größe"] }), json!({ "environment": "größe" }), true),
        (json!({ "environments": ["prod"] }), json!({ "environment": null }), false),
        (json!({ "environments": ["prod"] }), json!({ "environment": "" }), false),
        (json!({ "job_workflow_refs": [workflow] }), json!({ "job_workflow_ref": workflow }), true),
        (
            json!({ "job_workflow_refs": ["octo/shared/.github/workflows/scan.yml@*"] }),
            json!({ "job_workflow_ref": workflow }),
            true,
        ),
        (
            json!({ "job_workflow_refs": ["octo/shared/.github/workflows/scan.yml@*"] }),
            json!({ "job_workflow_ref": "octo/shared/.github/workflows/scan.yml.evil@refs/heads/main" }),
            false,
        ),
        (json!({ "job_workflow_refs": [workflow] }), json!({ "job_workflow_ref": null }), false),
        (
            json!({ "job_workflow_refs": [workflow.replace("octo/shared", "Octo/Shared")] }),
            json!({ "job_workflow_ref": workflow.replace("octo", "OCTO") }),
            true,
        ),
        (json!({ "job_workflow_refs": ["Oct*"] }), json!({ "job_workflow_ref": workflow }), true),
        (
            json!({ "job_workflow_refs": [workflow.replace("scan.yml", "Scan.yml")] }),
            json!({ "job_workflow_ref": workflow }),
            false,
        ),
        (
            json!({ "job_workflow_refs": [workflow.replace("main", "Main")] }),
            json!({ "job_workflow_ref": workflow }),
            false,
        ),
        (
            json!({ "job_workflow_refs": ["kiosk/shared/.github/workflows/scan.yml@*"] }),
            json!({ "job_workflow_ref": "\u{212A}iosk/shared/.github/workflows/scan.yml@refs/heads/main" }),
            false,
        ),
        (json!({ "visibilities": ["private"] }), json!({ "repository_visibility": "private" }), true),
        (
            json!({ "visibilities": ["private", "internal"] }),
            json!({ "repository_visibility": "internal" }),
            true,
        ),
        (json!({ "visibilities": ["private"] }), json!({ "repository_visibility": "public" }), false),
        (json!({ "visibilities": ["public"] }), json!({ "repository_visibility": "secret" }), false),
        (json!({ "visibilities": ["private"] }), json!({ "repository_visibility": null }), false),
    ] {
        let decision = policy(limit.clone()).decide(&claims_with(claims.clone()));
        assert_eq!(decision.is_ok(), allowed, "{limit} {claims}: {decision:?}");
    }
}

#[test]
fn every_limit_must_be_kept_not_just_one() {
    let policy = policy(json!({ "refs": ["refs/heads/main"], "environments": ["prod"] }));
    let both = claims_with(json!({ "ref": "refs/heads/main", "environment": "prod" }));
    assert_eq!(policy.decide(&both), Ok(()));
    for one in [json!({ "ref": "refs/heads/main" }), json!({ "ref": "refs/heads/x", "environment": "prod" })]
    {
        assert!(policy.decide(&claims_with(one.clone())).is_err(), "{one}");
    }
}

#[test]
fn a_policy_that_can_not_be_meant_so_is_refused() {
    for (json, part) in [
        (json!({ "ref": ["refs/heads/main"] }), "unknown field `ref`"),
        (json!({ "events": { "release": true } }), "unknown field `release`"),
        (json!({ "events": ["push"] }), "invalid"),
        (json!({ "refs": [] }), "omit the member"),
        (json!({ "environments": [] }), "omit the member"),
        (json!({ "refs": [""] }), "must not be empty"),
        (json!({ "refs": ["main"] }), "refs/heads/main"),
        (json!({ "refs": ["*"] }), "refs/heads/main"),
        (json!({ "refs": ["refs/*/main"] }), "only at the end"),
        (json!({ "refs": ["refs/heads/**"] }), "only at the end"),
        (json!({ "environments": ["prod*"] }), "must not contain `*`"),
        (json!({ "environments": [""] }), "must not be empty"),
        (json!({ "visibilities": ["secret"] }), "unknown variant"),
    ] {
        let refusal = serde_json::from_value::<EventPolicy>(json.clone()).expect_err("refused").to_string();
        assert!(refusal.contains(part), "{json}: {refusal}");
    }
}

#[test]
fn a_policy_reads_back() {
    let limits = json!({
        "events": { "issue_comment": true, "push": false },
        "refs": ["refs/heads/release-*"],
        "environments": ["prod"],
        "job_workflow_refs": ["octo/shared/.github/workflows/scan.yml@*"],
        "visibilities": ["internal"],
    });
    for policy in [EventPolicy::default(), policy(limits)] {
        let written = serde_json::to_value(&policy).expect("JSON");
        assert_eq!(serde_json::from_value::<EventPolicy>(written).expect("a policy"), policy);
    }
}

#[test]
fn a_refusal_says_what_the_token_has_and_what_the_policy_wants() {
    let decide = |limits: Value, claims: Value| {
        let refusal = policy(limits).decide(&claims_with(claims)).expect_err("refused");
        (refusal.to_string(), refusal.hint())
    };
    let (detail, hint) = decide(json!({ "environments": ["prod", "live"] }), json!({}));
    assert_eq!(detail, "its `environment` is absent, and only prod or live may be");
    assert!(
        hint.starts_with("Give the job an `environment:` that the account's policy names (prod or live)")
    );
    let (detail, hint) = decide(json!({}), json!({ "event_name": "issue_comment" }));
    assert_eq!(
        detail,
        "runs started by the event issue_comment are not allowed, because anybody who can comment can start \
         them"
    );
    assert!(hint.contains("`\"events\": {\"issue_comment\": true}`"), "{hint}");
    let (detail, _) = decide(json!({ "refs": ["refs/heads/main"] }), json!({ "ref": "refs/heads/x" }));
    assert_eq!(detail, "its `ref` is \"refs/heads/x\", and only refs/heads/main may be");
}
