//! Identifies the run and the step to the backend, so that its log and the run's log can be joined.

use crate::error::Error;
use crate::inputs::Inputs;
use crate::random;

/// The identity of this step in its requests.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trace {
    version: String,
    run: Option<Run>,
    /// The id of the step, or the name that the runner gave it.
    step: Option<String>,
}

#[derive(Debug, Clone)]
struct Run {
    id: String,
    attempt: String,
}

impl Trace {
    pub(crate) fn from_inputs(inputs: &Inputs<'_>) -> Self {
        let name = |key, longest| inputs.variable(key).map(|text| plain(&text, longest));
        let attempt = name("GITHUB_RUN_ATTEMPT", 10).unwrap_or_else(|| "1".to_owned());
        let run = name("GITHUB_RUN_ID", 24).map(|id| Run { id, attempt });
        Self { version: inputs.version().to_owned(), run, step: name("GITHUB_ACTION", 60) }
    }

    /// `phase-data-action/0.1.0+abc1234 (run 123/2)`
    pub(crate) fn user_agent(&self) -> String {
        let program = format!("phase-data-action/{}", self.version);
        match &self.run {
            Some(Run { id, attempt }) => format!("{program} (run {id}/{attempt})"),
            None => program,
        }
    }

    /// Returns a new request id: at most 128 letters, digits, `.`, `_` or `-`, which the backend accepts into its log. Each
    /// attempt has its own.
    pub(crate) fn request_id(&self) -> Result<String, Error> {
        let mut name = match &self.run {
            Some(Run { id, attempt }) => format!("run-{id}-{attempt}"),
            None => "local".to_owned(),
        };
        for part in self.step.iter().filter(|step| !step.is_empty()) {
            name.push_str(&format!("-{part}"));
        }
        Ok(format!("{name}-{:08x}", random::bits()? >> 96))
    }
}

/// Replaces characters that a request id can't contain by `_`.
fn plain(text: &str, longest: usize) -> String {
    let fits = |character: char| character.is_ascii_alphanumeric() || matches!(character, '.' | '_' | '-');
    text.chars().take(longest).map(|character| if fits(character) { character } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Environment;

    fn trace(variables: &'static [(&str, &str)]) -> Trace {
        let environment = Environment::of(variables.iter().copied()).with_version("1.2.3+abc1234".into());
        Trace::from_inputs(&Inputs::new(&environment))
    }

    #[test]
    fn a_request_is_named_after_its_run_and_step() {
        let trace = trace(&[
            ("GITHUB_RUN_ID", "1658821493"),
            ("GITHUB_RUN_ATTEMPT", "2"),
            ("GITHUB_ACTION", "__octo hello/é"),
        ]);
        assert_eq!(trace.user_agent(), "phase-data-action/1.2.3+abc1234 (run 1658821493/2)");
        let (one, two) = (trace.request_id().expect("random"), trace.request_id().expect("random"));
        assert_eq!(one.len(), two.len());
        assert_ne!(one, two);
        let random = one.strip_prefix("run-1658821493-2-__octo_hello__-").expect("the run and step");
        assert!(random.len() == 8 && random.bytes().all(|byte| byte.is_ascii_hexdigit()), "{one}");
    }

    #[test]
    fn no_name_is_longer_than_the_backend_takes() {
        let long = "x".repeat(500);
        let variables = ["GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT", "GITHUB_ACTION"].map(|name| (name, &*long));
        let environment = Environment::of(variables);
        let id = Trace::from_inputs(&Inputs::new(&environment)).request_id().expect("random");
        assert!(id.len() <= 128, "{id}");
        let id = trace(&[]).request_id().expect("random");
        assert!(id.starts_with("local-") && id.len() == 14, "{id}");
        assert_eq!(trace(&[]).user_agent(), "phase-data-action/1.2.3+abc1234");
    }
}
