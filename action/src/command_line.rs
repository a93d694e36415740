//! The command line outside of a container: each input is a flag of the same name.

use std::collections::BTreeMap;
use std::ffi::OsString;

use crate::environment::Environment;
use crate::inputs::variable_name;
use crate::interface::{API_KEY, BACKEND_URL, GITHUB_TOKEN, INPUTS, InputSpec, OPERATION};
use crate::text::{excerpt, nearest};

/// A parsed command line.
#[derive(Debug)]
pub enum Invocation {
    /// Run this step.
    Step(Environment),
    /// Print this text to standard output.
    Text(String),
}

/// A command line is not valid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandLineError {
    /// No operation.
    #[error("no operation given: phase-data-action OPERATION [--INPUT VALUE]…; see --help")]
    Nothing,
    /// An unknown flag.
    #[error("unknown flag {given:?}{}; see --help", meant.map(|name| format!(": did you mean --{name}?")).unwrap_or_default())]
    Unknown {
        /// The given flag.
        given: String,
        /// The most similar flag.
        meant: Option<&'static str>,
    },
    /// A flag without its value.
    #[error("--{0} needs a value")]
    NoValue(&'static str),
    /// A flag that is given twice.
    #[error("--{0} is given twice")]
    Twice(&'static str),
    /// An argument without a flag, after the operation.
    #[error("unexpected argument {0:?}: give one operation, and each value with its flag; see --help")]
    TooMany(String),
}

/// Inputs that are also read from a variable. Secrets among them must not be flags: every user of the machine can read
/// a command line.
const VARIABLES: [(&InputSpec, &str); 3] =
    [(&BACKEND_URL, "PHASE_DATA_URL"), (&API_KEY, "PHASE_DATA_API_KEY"), (&GITHUB_TOKEN, "GITHUB_TOKEN")];

/// Reads the arguments that follow the program's name. Without any, the inputs come from the environment,
/// where the runner puts them.
///
/// # Errors
/// See [`CommandLineError`].
pub fn read(
    arguments: impl IntoIterator<Item = OsString>,
    environment: Environment,
) -> Result<Invocation, CommandLineError> {
    let mut arguments = arguments.into_iter().peekable();
    if arguments.peek().is_none() {
        let set_up = environment.is_runner() || environment.get(&variable_name(OPERATION.name)).is_some();
        return if set_up { Ok(Invocation::Step(environment)) } else { Err(CommandLineError::Nothing) };
    }
    let mut inputs = BTreeMap::new();
    while let Some(argument) = arguments.next() {
        let (input, value) = match argument.to_str() {
            Some("--help" | "-h") => return Ok(Invocation::Text(help())),
            Some("--version" | "-V") => {
                return Ok(Invocation::Text(format!("phase-data-action {}\n", environment.version())));
            }
            Some(text) if text.starts_with('-') => {
                let (input, value) = flag(text)?;
                let value = match value {
                    Some(value) => value.into(),
                    None if is_switch(input) => "true".into(),
                    None => arguments.next().ok_or(CommandLineError::NoValue(input.name))?,
                };
                (input, value)
            }
            _ if inputs.contains_key(&variable_name(OPERATION.name)) => {
                return Err(CommandLineError::TooMany(excerpt(&argument.to_string_lossy())));
            }
            _ => (&OPERATION, argument),
        };
        if inputs.insert(variable_name(input.name), value).is_some() {
            return Err(CommandLineError::Twice(input.name));
        }
    }
    for (input, variable) in VARIABLES {
        if let Some(value) = environment.get(variable) {
            inputs.entry(variable_name(input.name)).or_insert_with(|| value.to_owned());
        }
    }
    Ok(Invocation::Step(environment.with_inputs(inputs)))
}

fn flag(text: &str) -> Result<(&'static InputSpec, Option<&str>), CommandLineError> {
    let (given, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (text, None),
    };
    let name = given.strip_prefix("--").unwrap_or_default();
    let known = INPUTS.iter().find(|input| input.name == name);
    let input = known.ok_or_else(|| CommandLineError::Unknown {
        given: excerpt(given),
        meant: nearest(name, INPUTS.iter().map(|input| input.name)),
    })?;
    Ok((input, value))
}

/// An input that is off unless it is named.
fn is_switch(input: &InputSpec) -> bool {
    input.default == Some("false")
}

fn help() -> String {
    let mut text = "phase-data-action OPERATION [--INPUT VALUE]…\n\n\
        Stores, retrieves and cleans up JSON documents per issue. `retrieve` prints the document on standard output. \
        With --output-file, and for all other operations, the outputs are printed there, as a JSON object. Messages \
        go to standard error. The exit status is 1 for a failure, and 2 for invalid arguments.\n\n"
        .to_owned();
    for input in INPUTS {
        let name =
            if input.name == OPERATION.name { "OPERATION".to_owned() } else { format!("--{}", input.name) };
        let variable = VARIABLES.iter().find(|(known, _)| known.name == input.name);
        let variable = variable.map(|(_, name)| format!(" [env: {name}]")).unwrap_or_default();
        // An expression is the runner's to evaluate.
        let default = input.default.filter(|value| !value.starts_with("${{"));
        let default = default.map(|value| format!(" [default: {value}]")).unwrap_or_default();
        text.push_str(&format!("  {name}{variable}{default}\n      {}\n", input.description));
    }
    text.push_str("  --help, --version\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(line: &str) -> Result<Invocation, CommandLineError> {
        let environment =
            Environment::of([("PHASE_DATA_API_KEY", "pd_env"), ("INPUT_PHASE", "scan"), ("HOME", "/")]);
        read(line.split_whitespace().map(OsString::from), environment)
    }

    #[test]
    fn a_flag_is_the_input_of_its_name() {
        let Ok(Invocation::Step(step)) = asked("store --data-file=a.json --merge --issue-number 42") else {
            panic!("not a step");
        };
        let inputs: Vec<_> = step.names().filter(|name| name.starts_with("INPUT_")).collect();
        assert_eq!(
            inputs,
            ["INPUT_API-KEY", "INPUT_DATA-FILE", "INPUT_ISSUE-NUMBER", "INPUT_MERGE", "INPUT_OPERATION"]
        );
        assert_eq!(step.get("INPUT_MERGE"), Some("true".as_ref()));
        assert_eq!(step.get("INPUT_API-KEY"), Some("pd_env".as_ref()));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (line, wrong) in [
            ("store --data_file a", "unknown flag \"--data_file\": did you mean --data-file?; see --help"),
            ("store -x", "unknown flag \"-x\"; see --help"),
            ("store --phase", "--phase needs a value"),
            ("store --phase scan --phase=scan", "--phase is given twice"),
            (
                "store cleanup",
                "unexpected argument \"cleanup\": give one operation, and each value with its flag; see --help",
            ),
        ] {
            assert_eq!(asked(line).expect_err(line).to_string(), wrong);
        }
        let nothing = read([], Environment::of::<String, String>([])).expect_err("nothing to do");
        assert_eq!(nothing, CommandLineError::Nothing);
    }

    #[test]
    fn the_help_names_every_input() {
        let Ok(Invocation::Text(help)) = asked("--help") else { panic!("no help") };
        for input in INPUTS {
            assert!(help.contains(input.description), "{}", input.name);
        }
    }
}
