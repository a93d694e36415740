//! An error links to what is said about its code, where the reader can reach it.

use phase_data_wire::ProblemCode;

use crate::backend::{Answer, Backend};
use crate::step::{Step, StepResult};

fn refused(code: &str, prefix: &str, variables: &[(&str, &str)]) -> StepResult {
    let body = serde_json::json!({"code": code, "detail": "No.", "hint": "Fix."});
    let backend = Backend::answering(vec![Answer::new(403, "application/problem+json", body.to_string())]);
    let step = Step::new("cleanup", &format!("{}{prefix}", backend.url));
    variables.iter().fold(step, |step, (key, value)| step.variable(key, value)).run()
}

#[test]
fn the_link_leads_to_the_version_of_the_action_that_runs() {
    let fork = [("GITHUB_ACTION_REPOSITORY", "mona/phase-data"), ("GITHUB_ACTION_REF", "v1")];
    let done = refused("event_refused", "", &fork);
    let link = "https://github.com/mona/phase-data/blob/v1/docs/problems.md#event_refused";
    assert!(done.failure().1.ends_with(&format!("Fix.\nMore: {link}")), "{}", done.stdout);
    assert!(done.summary.ends_with(&format!("\n\n[More about this problem](<{link}>)\n\n")));

    let enterprise =
        [fork[0], ("GITHUB_ACTION_REF", "a b)/c"), ("GITHUB_SERVER_URL", "https://git.example/")];
    let done = refused("event_refused", "", &enterprise);
    let link = "https://git.example/mona/phase-data/blob/a%20b%29/c/docs/problems.md#event_refused";
    assert!(done.failure().1.ends_with(&format!("\nMore: {link}")), "{}", done.stdout);
}

#[test]
fn without_a_repository_of_the_action_the_backend_says_more() {
    for variables in [&[][..], &[("GITHUB_ACTION_REPOSITORY", ""), ("GITHUB_ACTION_REF", "")]] {
        let done = refused("event_refused", "/tools/pd", variables);
        // The backend's address is the whole of backend-url, its path included.
        assert!(done.stdout.ends_with("%0AMore: http://backend/problems#event_refused\n"), "{}", done.stdout);
    }
}

#[test]
fn what_is_no_code_makes_no_link() {
    for code in ["", "a b", "x)(", "../x", "A"] {
        let done = refused(code, "", &[]);
        assert!(!done.stdout.contains("More: ") && !done.summary.contains("]("), "{code}: {}", done.stdout);
    }
}

#[test]
fn every_code_of_this_version_can_be_linked_to() {
    for code in ProblemCode::ALL {
        assert!(code.as_str().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{code}");
    }
}
