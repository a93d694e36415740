//! Reads the inputs.

use std::cell::RefCell;
use std::fmt::Display;

use crate::environment::Environment;
use crate::error::InputProblem;
use crate::interface::{INPUTS, InputSpec};
use crate::text::{excerpt, is_misspelt};
use crate::usage::Usage;

/// The variables that the runner sets, and their problems so far.
///
/// Problems are collected, so that the author of a workflow sees all of them at once.
pub(crate) struct Inputs<'a> {
    environment: &'a Environment,
    problems: RefCell<Vec<InputProblem>>,
}

impl<'a> Inputs<'a> {
    pub(crate) fn new(environment: &'a Environment) -> Self {
        Self { environment, problems: RefCell::default() }
    }

    /// Refuses misspelt inputs. The runner only warns about them, and a misspelt `if-match` would not protect the stored
    /// document.
    ///
    /// Other variables with this prefix belong to the job: a container gets its whole environment, and workflows often
    /// pass their own inputs to scripts as `INPUT_…`.
    pub(crate) fn refuse_misspelt(&self) {
        for name in self.unknown() {
            if let Some(known) = INPUTS.iter().find(|known| is_misspelt(name, known.name)) {
                let (given, known) = (excerpt(&name.to_lowercase()), known.name);
                // The runner keeps hyphens, so a name without one can be a variable of the job.
                let rename = match name.contains('-') {
                    true => String::new(),
                    false => {
                        format!(" If INPUT_{} is not meant for this step, rename the variable", excerpt(name))
                    }
                };
                self.problem(format!("unknown input {given:?}: did you mean {known}?{rename}"));
            }
        }
    }

    /// Returns the variables of the job that look like inputs, and are not used.
    pub(crate) fn ignored(&self) -> Vec<String> {
        let misspelt = |name: &&str| INPUTS.iter().any(|known| is_misspelt(name, known.name));
        self.unknown().filter(|name| !misspelt(name)).map(|name| format!("INPUT_{}", excerpt(name))).collect()
    }

    /// Returns whether the inputs come from a step or from a command line.
    pub(crate) fn usage(&self) -> Usage {
        self.environment.usage()
    }

    fn unknown(&self) -> impl Iterator<Item = &str> {
        let names = self.environment.names().filter_map(|name| name.strip_prefix("INPUT_"));
        names.filter(|name| INPUTS.iter().all(|known| variable_name(known.name) != variable_name(name)))
    }

    /// Returns the version of the program.
    pub(crate) fn version(&self) -> &str {
        self.environment.version()
    }

    /// Returns a variable of the runner, like `GITHUB_SHA`. Empty means absent.
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

    /// Returns an input unchanged. Empty means absent: the runner sets an input without a default to "".
    pub(crate) fn exact(&self, input: &InputSpec) -> Option<String> {
        self.variable(&variable_name(input.name))
    }

    /// Returns an input without surrounding whitespace (a YAML block ends in a newline), or its default.
    pub(crate) fn text(&self, input: &InputSpec) -> Option<String> {
        self.given(input).or_else(|| input.default.map(str::to_owned))
    }

    /// Returns an input, but never the text of its default: only a runner evaluates the expressions in defaults.
    pub(crate) fn given(&self, input: &InputSpec) -> Option<String> {
        let text = self.exact(input).map(|text| text.trim().to_owned());
        // The runner sets the defaults of action.yml; the author of the workflow did not.
        text.filter(|text| !text.is_empty() && Some(text.as_str()) != input.default)
    }

    /// Returns a required input; `why` completes the message about its absence.
    pub(crate) fn required(&self, input: &InputSpec, why: &str) -> Option<String> {
        let text = self.text(input);
        if text.is_none() {
            self.problem(format!("{} is empty: {why}", input.name));
        }
        text
    }

    /// Returns the value of `parsed`; records its error under the name of the input.
    pub(crate) fn valid<T, E: Display>(&self, name: &str, parsed: Option<Result<T, E>>) -> Option<T> {
        match parsed? {
            Ok(value) => Some(value),
            Err(error) => {
                self.problem(format!("{name}: {error}"));
                None
            }
        }
    }

    /// Returns an input that is `true` or `false`.
    pub(crate) fn flag(&self, input: &InputSpec) -> Option<bool> {
        match self.text(input).as_deref() {
            None | Some("false") => Some(false),
            Some("true") => Some(true),
            Some(other) => {
                self.problem(format!("{}: use true or false (got {:?})", input.name, excerpt(other)));
                None
            }
        }
    }

    /// Refuses an input that would otherwise be ignored silently.
    pub(crate) fn refuse(&self, input: &InputSpec, why: &str) {
        if self.given(input).is_some() {
            self.problem(format!("{}: {why}", input.name));
        }
    }

    pub(crate) fn problem(&self, text: impl Into<String>) {
        let problem = InputProblem(text.into());
        let mut problems = self.problems.borrow_mut();
        // An input that is read twice is reported once.
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }

    pub(crate) fn into_problems(self) -> Vec<InputProblem> {
        self.problems.into_inner()
    }
}

/// Returns the variable of an input. The runner upper-cases its name and replaces spaces by `_`; hyphens stay.
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
    fn a_misspelt_input_is_refused_and_a_variable_of_the_job_is_ignored() {
        let environment = Environment::of([
            ("INPUT_IF_MATCH", "3"),
            ("INPUT_ISUE-NUMBER", "3"),
            ("INPUT_DATA-FILE", "a"),
            ("INPUT_RELEASE_TAG", "v1"),
            ("PATH", "/bin"),
        ]);
        let inputs = Inputs::new(&environment);
        inputs.refuse_misspelt();
        assert_eq!(inputs.ignored(), ["INPUT_RELEASE_TAG"]);
        let problems: Vec<_> = inputs.into_problems().iter().map(ToString::to_string).collect();
        let rename = "If INPUT_IF_MATCH is not meant for this step, rename the variable";
        assert_eq!(
            problems,
            [
                format!("unknown input \"if_match\": did you mean if-match? {rename}"),
                "unknown input \"isue-number\": did you mean issue-number?".to_owned(),
            ]
        );
    }
}
