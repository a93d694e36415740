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
        assert!(done.log.contains("Attempt 1: the backend could not be reached"), "{}", done.log);
        done
    }

    fn store(&self, data: &str, input: (&str, &str)) -> StepResult {
        self.run("store", &[("phase", "scan"), ("data", data), input])
    }
}

/// The entity tag of what is stored now.
async fn tag(backend: &Backend, key: &str) -> String {
    let now = backend.retrieve(key, "octo/hello", 42).await.json();
    now["phases"][0]["etag"].as_str().expect("a tag").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conditional_store_recognises_its_own_success() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let lossy = Lossy { backend: &backend, key: &octo.key };
    let created = lossy.store("{\"v\":1E5}", ("create-only", "true"));
    assert!(created.success, "{}", created.log);
    assert_eq!((created.output("revision"), created.output("etag")), ("1", &*tag(&backend, &octo.key).await));
    let replaced = lossy.store("{\"v\":2}", ("if-match", "1"));
    assert!(replaced.success, "{}", replaced.log);
    assert_eq!(
        (replaced.output("revision"), replaced.output("etag")),
        ("2", &*tag(&backend, &octo.key).await)
    );
    // The tag that was found out is the one to go on from.
    let by_tag = lossy.store("{\"v\":3}", ("if-match", replaced.output("etag")));
    assert!(by_tag.success, "{}", by_tag.log);
    assert_eq!((by_tag.output("revision"), by_tag.output("etag")), ("3", &*tag(&backend, &octo.key).await));
    let patch = [("phase", "scan"), ("data", "{\"w\":4}"), ("if-match", "3"), ("merge", "true")];
    let merged = lossy.run("store", &patch);
    assert!(merged.success, "{}", merged.log);
    assert_eq!(merged.output("revision"), "4");
    let now = backend.retrieve(&octo.key, "octo/hello", 42).await.json();
    assert_eq!(now["phases"][0]["data"], serde_json::json!({"v": 3, "w": 4}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_condition_that_never_held_still_fails_the_step() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    backend.store(&octo.key, "octo/hello", 42, "scan", "2").await;
    let lossy = Lossy { backend: &backend, key: &octo.key };
    for input in [("create-only", "true"), ("if-match", "7"), ("if-match", "\"1-1a2b3c4d\"")] {
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
