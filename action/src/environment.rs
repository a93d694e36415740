//! The environment variables of the step, and the version of the program. Only this file reads variables of the process.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

use crate::usage::Usage;

/// Variables by name. All code gets one of these, so that tests never use those of the process.
#[derive(Debug, Clone)]
pub struct Environment {
    variables: BTreeMap<String, OsString>,
    usage: Usage,
    version: Cow<'static, str>,
}

impl Environment {
    /// Returns the variables of the process. Names that are not UTF-8 are irrelevant and omitted.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    pub fn of_process() -> Self {
        let named = |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value));
        Self::of(std::env::vars_os().filter_map(named))
    }

    /// Returns an environment of these variables only.
    pub fn of<N: Into<String>, V: Into<OsString>>(variables: impl IntoIterator<Item = (N, V)>) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { variables, usage: Usage::Step, version: env!("CARGO_PKG_VERSION").into() }
    }

    /// Sets the version that tells builds apart, like `0.1.0+abc1234`. Otherwise it is the package's alone.
    #[must_use]
    pub fn with_version(self, version: String) -> Self {
        Self { version: version.into(), ..self }
    }

    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    pub(crate) fn get(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(name).map(OsString::as_os_str)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.variables.keys().map(String::as_str)
    }

    /// Checks if GitHub's runner set the variables: then lines on standard output can be commands.
    pub(crate) fn is_runner(&self) -> bool {
        self.get("GITHUB_ACTIONS").is_some_and(|value| value == "true")
    }

    /// Returns whether the inputs come from a step or from a command line.
    pub(crate) fn usage(&self) -> Usage {
        self.usage
    }

    /// Replaces all inputs by those of a command line.
    pub(crate) fn with_inputs(mut self, inputs: BTreeMap<String, OsString>) -> Self {
        self.variables.retain(|name, _| !name.starts_with("INPUT_"));
        self.variables.extend(inputs);
        self.usage = Usage::CommandLine;
        self
    }
}
