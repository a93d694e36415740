//! The environment variables of the step. Only this file reads those of the process.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

/// Variables by name. All code gets one of these, so that tests never use those of the process.
#[derive(Debug, Clone, Default)]
pub struct Environment(BTreeMap<String, OsString>);

impl Environment {
    /// Returns the variables of the process. Names that are not UTF-8 are irrelevant and omitted.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    pub fn of_process() -> Self {
        let named = |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value));
        Self(std::env::vars_os().filter_map(named).collect())
    }

    /// Returns an environment of these variables only.
    pub fn of<N: Into<String>, V: Into<OsString>>(variables: impl IntoIterator<Item = (N, V)>) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&OsStr> {
        self.0.get(name).map(OsString::as_os_str)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Checks if GitHub's runner set the variables: then lines on standard output can be commands.
    pub(crate) fn is_runner(&self) -> bool {
        self.get("GITHUB_ACTIONS").is_some_and(|value| value == "true")
    }

    /// Replaces all inputs.
    pub(crate) fn with_inputs(mut self, inputs: BTreeMap<String, OsString>) -> Self {
        self.0.retain(|name, _| !name.starts_with("INPUT_"));
        self.0.extend(inputs);
        self
    }
}
