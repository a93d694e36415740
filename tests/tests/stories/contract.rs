//! The published contract is the one that the backend keeps.

use std::path::Path;

use phase_data_tests::Backend;

#[test]
fn openapi_yaml_is_what_the_code_generates() {
    let generated = Backend::run(&[], &["openapi"]);
    let generated = String::from_utf8(generated.stdout).expect("YAML");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi.yaml");
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(generated == kept, "openapi.yaml is not what the code generates: run `just openapi`");
}

/// The paths without a credential, and the reasons.
const PUBLIC: [&str; 6] = [
    // Probes come from whoever runs the backend, and learn nothing of what is stored.
    "check_live",
    "check_ready",
    // A caller that asks for a credential has none yet.
    "discover_oidc",
    // GitHub proves itself by a signature.
    "receive_account_webhook",
    "receive_webhook",
    "report_leaked_keys",
];

#[tokio::test]
async fn every_operation_that_is_not_public_wants_a_credential() {
    let backend = Backend::start().await;
    let contract = backend.send("GET", "/openapi.json", &[], "").await.json();
    let mut public = Vec::new();
    for (path, operations) in contract["paths"].as_object().expect("paths") {
        for (method, operation) in operations.as_object().expect("operations") {
            let path = path
                .replace("{repository}", "octo%2Fhello")
                .replace("{issue_number}", "42")
                .replace("{phase}", "scan")
                .replace("{claim_id}", "7d0c0b0e-3c1e-4e0c-9d2c-5a1f5f0c6b11")
                .replace("{key_id}", "0123456789aZ")
                .replace("{account_id}", "0198f2c4-7d6a-7c3e-9a54-3b1f0e6d2c11");
            assert!(!path.contains('{'), "{path}: give the parameter a value here");
            let answer = backend.send(&method.to_uppercase(), &path, &[], "").await;
            let wants_one = operation["security"].as_array().is_some_and(|schemes| !schemes.is_empty());
            let id = operation["operationId"].as_str().expect("an operation's id");
            if PUBLIC.contains(&id) {
                assert_ne!(answer.code(), "credential_missing", "{method} {path}");
                assert!(!wants_one, "{method} {path}");
                public.push(id.to_owned());
                continue;
            }
            let refusal = (answer.status, answer.code());
            assert_eq!(refusal, (401, "credential_missing".to_owned()), "{method} {path}");
            assert!(wants_one, "{method} {path}");
        }
    }
    public.sort();
    assert_eq!(public, PUBLIC);
}

#[tokio::test]
async fn the_pages_need_nothing_from_elsewhere_and_show_the_same_contract() {
    let backend = Backend::start().await;
    let json = backend.send("GET", "/openapi.json", &[], "").await;
    let yaml = backend.send("GET", "/openapi.yaml", &[], "").await;
    assert_eq!(json.header("content-type"), "application/json");
    assert_eq!(yaml.header("content-type"), "application/yaml");
    let generated = String::from_utf8(Backend::run(&[], &["openapi"]).stdout).expect("YAML");
    // The committed file can't name its own commit. Story `builds` compares the version.
    let without_version = |yaml: &str| -> Vec<String> {
        yaml.lines().filter(|line| !line.starts_with("  version: ")).map(str::to_owned).collect()
    };
    assert_eq!(without_version(&yaml.body), without_version(&generated));

    let docs = backend.send("GET", "/docs", &[], "").await.body;
    assert!(docs.starts_with("<!doctype html>\n<html lang=\"en\">"), "{}", &docs[..80]);
    assert!(docs.contains("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"));
    for (path, _) in json.json()["paths"].as_object().expect("paths") {
        assert!(docs.contains(path), "{path}");
    }
    for elsewhere in ["src=\"http", "href=\"http", "src=\"//", "href=\"//", "@import"] {
        assert!(!docs.contains(elsewhere), "the page loads {elsewhere}");
    }
    let problems = backend.send("GET", "/problems", &[], "").await.body;
    for code in phase_data_wire::ProblemCode::ALL {
        assert!(problems.contains(&format!("id=\"{code}\"")), "{code}");
    }
}
