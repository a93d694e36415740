//! The answer of a step's first attempt gets lost after the backend carried it out.

use phase_data_tests::{Backend, LossyFront, Step, StepResult};

struct Lossy<'a> {
    backend: &'a Backend,
    key: &'a str,
}

impl Lossy<'_> {
    /// Runs a step whose first attempt loses its answer.
    fn run(&self, operation: &str, inputs: &[(&str, &str)]) -> StepResult {
        let front = LossyFront::start(self.backend.url());
        let step = Step::new(operation, &front.url(), self.key, 42);
        let done = inputs.iter().fold(step, |step, (name, value)| step.input(name, value)).run();
        assert!(done.log.contains("Attempt 1: the backend was not reached"), "{}", done.log);
        done
    }

    fn store(&self, data: &str, input: (&str, &str)) -> StepResult {
        self.run("store", &[("phase", "scan"), ("data", data), input])
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conditional_store_recognises_its_own_success() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let lossy = Lossy { backend: &backend, key: &octo.key };
    let created = lossy.store("{\"v\":1E5}", ("create-only", "true"));
    assert!(created.success, "{}", created.log);
    assert_eq!((created.output("revision"), created.output("etag")), ("1", "\"1\""));
    let replaced = lossy.store("{\"v\":2}", ("if-match", "1"));
    assert!(replaced.success, "{}", replaced.log);
    assert_eq!((replaced.output("revision"), replaced.output("etag")), ("2", "\"2\""));
    let patch = [("phase", "scan"), ("data", "{\"w\":3}"), ("if-match", "2"), ("merge", "true")];
    let merged = lossy.run("store", &patch);
    assert!(merged.success, "{}", merged.log);
    assert_eq!(merged.output("revision"), "3");
    let now = backend.retrieve(&octo.key, "octo/hello", 42).await.json();
    assert_eq!(now["phases"][0]["data"], serde_json::json!({"v": 2, "w": 3}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_condition_that_never_held_still_fails_the_step() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    backend.store(&octo.key, "octo/hello", 42, "scan", "2").await;
    let lossy = Lossy { backend: &backend, key: &octo.key };
    for input in [("create-only", "true"), ("if-match", "7")] {
        // The same document is stored, but by somebody else.
        let refused = lossy.store("2", input);
        assert!(!refused.success, "{input:?}: {}", refused.log);
        assert!(refused.log.contains("may have succeeded"), "{}", refused.log);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clean_up_and_a_restore_report_what_they_did() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    for phase in ["scan", "mitigate"] {
        backend.store(&octo.key, "octo/hello", 42, phase, "1").await;
    }
    let lossy = Lossy { backend: &backend, key: &octo.key };
    for (operation, output) in [("cleanup", "deleted"), ("restore", "restored")] {
        let done = lossy.run(operation, &[]);
        assert!(done.success, "{}", done.log);
        assert_eq!(done.output(output), r#"["scan","mitigate"]"#, "{}", done.log);
    }
}
