//! The environment variables that the step sees: the one file that looks at the process's own.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

/// Variables by their names. Everything is handed one of these, so that tests never touch the process.
#[derive(Debug, Clone, Default)]
pub struct Environment(BTreeMap<String, OsString>);

impl Environment {
    /// The process's own. A name that is not UTF-8 is none of ours.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    pub fn of_process() -> Self {
        let named = |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value));
        Self(std::env::vars_os().filter_map(named).collect())
    }

    /// These variables and no others.
    pub fn of<N: Into<String>, V: Into<OsString>>(variables: impl IntoIterator<Item = (N, V)>) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&OsStr> {
        self.0.get(name).map(OsString::as_os_str)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Whether GitHub's runner set it up: then lines on standard output can be commands.
    pub(crate) fn is_a_runners(&self) -> bool {
        self.get("GITHUB_ACTIONS").is_some_and(|value| value == "true")
    }

    /// The same with other inputs, and with nothing else in their place.
    pub(crate) fn with_inputs(mut self, inputs: BTreeMap<String, OsString>) -> Self {
        self.0.retain(|name, _| !name.starts_with("INPUT_"));
        self.0.extend(inputs);
        self
    }
}
