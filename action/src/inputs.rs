//! Reads the inputs.

use std::cell::RefCell;
use std::fmt::Display;

use crate::environment::Environment;
use crate::error::InputProblem;
use crate::interface::{INPUTS, InputSpec};
use crate::text::{excerpt, nearest};

/// The variables as the runner sets them, and what was found wrong with them so far.
///
/// Problems are gathered, not returned one by one, so that a workflow author sees all of them at once.
pub(crate) struct Inputs<'a> {
    environment: &'a Environment,
    problems: RefCell<Vec<InputProblem>>,
}

impl<'a> Inputs<'a> {
    pub(crate) fn new(environment: &'a Environment) -> Self {
        Self { environment, problems: RefCell::default() }
    }

    /// Refuses inputs that there are not. The runner only warns of them, and a misspelt `if-match` would
    /// replace what it was to protect.
    pub(crate) fn refuse_unknown(&self) {
        for name in self.environment.names().filter_map(|name| name.strip_prefix("INPUT_")) {
            if INPUTS.iter().all(|known| variable_name(known.name) != variable_name(name)) {
                let name = excerpt(&name.to_lowercase());
                let meant = nearest(&name, INPUTS.iter().map(|known| known.name));
                let meant = meant.map(|known| format!(": did you mean {known}?")).unwrap_or_default();
                self.problem(format!("there is no input {name:?}{meant}"));
            }
        }
    }

    /// A variable of the runner's own, like `GITHUB_SHA`. Empty is absent.
    pub(crate) fn variable(&self, key: &str) -> Option<String> {
        match self.environment.get(key)?.to_str() {
            Some("") => None,
            Some(text) => Some(text.to_owned()),
            None => {
                self.problem(format!("{key} is not UTF-8"));
                None
            }
        }
    }

    /// An input exactly as given. Empty is absent: the runner sets every undeclared default to "".
    pub(crate) fn exact(&self, input: &InputSpec) -> Option<String> {
        self.variable(&variable_name(input.name))
    }

    /// An input without the blanks around it (a YAML block ends in a newline), or its default.
    pub(crate) fn text(&self, input: &InputSpec) -> Option<String> {
        self.given(input).or_else(|| input.default.map(str::to_owned))
    }

    /// An input as the workflow's author or the runner gives it, and never the words of its default: outside of a
    /// runner nobody evaluates those.
    pub(crate) fn given(&self, input: &InputSpec) -> Option<String> {
        let text = self.exact(input).map(|text| text.trim().to_owned());
        // The runner sets what action.yml says; that is no wish of the workflow's author.
        text.filter(|text| !text.is_empty() && Some(text.as_str()) != input.default)
    }

    /// An input that must be there; `why` completes the sentence of its absence.
    pub(crate) fn required(&self, input: &InputSpec, why: &str) -> Option<String> {
        let text = self.text(input);
        if text.is_none() {
            self.problem(format!("{} is empty: {why}", input.name));
        }
        text
    }

    /// The value that `parsed` holds; its error is noted under the input's name.
    pub(crate) fn valid<T, E: Display>(&self, name: &str, parsed: Option<Result<T, E>>) -> Option<T> {
        match parsed? {
            Ok(value) => Some(value),
            Err(error) => {
                self.problem(format!("{name}: {error}"));
                None
            }
        }
    }

    /// An input that is either on or off.
    pub(crate) fn flag(&self, input: &InputSpec) -> Option<bool> {
        match self.text(input).as_deref() {
            None | Some("false") => Some(false),
            Some("true") => Some(true),
            Some(other) => {
                self.problem(format!("{}: write true or false (got {:?})", input.name, excerpt(other)));
                None
            }
        }
    }

    /// Refuses an input that would be silently ignored, where ignoring it would surprise.
    pub(crate) fn refuse(&self, input: &InputSpec, why: &str) {
        if self.given(input).is_some() {
            self.problem(format!("{}: {why}", input.name));
        }
    }

    pub(crate) fn problem(&self, text: impl Into<String>) {
        let problem = InputProblem(text.into());
        let mut problems = self.problems.borrow_mut();
        // An input that is looked at twice is still wrong only once.
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }

    pub(crate) fn into_problems(self) -> Vec<InputProblem> {
        self.problems.into_inner()
    }
}

/// The runner upper-cases an input's name and turns spaces into `_`; hyphens stay as they are.
pub(crate) fn variable_name(input: &str) -> String {
    format!("INPUT_{}", input.replace(' ', "_").to_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interface::{API_KEY, IF_NOT_FOUND};

    #[test]
    fn hyphens_stay_in_a_variables_name() {
        assert_eq!(variable_name("api-key"), "INPUT_API-KEY");
        assert_eq!(variable_name("two words"), "INPUT_TWO_WORDS");
    }

    #[test]
    fn an_empty_input_is_an_absent_one() {
        let environment = Environment::of([("INPUT_API-KEY", ""), ("INPUT_IF-NOT-FOUND", "")]);
        let inputs = Inputs::new(&environment);
        assert_eq!(inputs.text(&API_KEY), None);
        assert_eq!(inputs.text(&IF_NOT_FOUND), Some("fail".into()));
    }

    #[test]
    fn blanks_around_an_input_do_not_count() {
        let environment = Environment::of([("INPUT_API-KEY", " pd_key\n")]);
        let inputs = Inputs::new(&environment);
        assert_eq!(inputs.text(&API_KEY), Some("pd_key".into()));
    }

    #[test]
    fn an_input_that_there_is_not_is_refused_with_the_nearest_one() {
        let environment = Environment::of([
            ("INPUT_IF_MATCH", "3"),
            ("INPUT_DATA-FILE", "a"),
            ("INPUT_COLOUR", "red"),
            ("PATH", "/bin"),
        ]);
        let inputs = Inputs::new(&environment);
        inputs.refuse_unknown();
        let problems: Vec<_> = inputs.into_problems().iter().map(ToString::to_string).collect();
        assert_eq!(
            problems,
            ["there is no input \"colour\"", "there is no input \"if_match\": did you mean if-match?"]
        );
    }
}
