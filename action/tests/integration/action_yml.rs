//! `action.yml` says what the code reads and writes, and nothing else.

use std::collections::BTreeMap;

use phase_data_action::interface::{INPUTS, OUTPUTS};
use serde::Deserialize;

/// An entry of the action: a key that the runner does not know is a mistake.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    description: String,
    required: bool,
    default: Option<String>,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Output {
    description: String,
}

#[derive(Deserialize)]
struct ActionYml {
    inputs: BTreeMap<String, Input>,
    outputs: BTreeMap<String, Output>,
    runs: BTreeMap<String, String>,
}

fn action_yml() -> ActionYml {
    serde_saphyr::from_str(include_str!("../../../action.yml")).expect("YAML")
}

#[test]
fn the_inputs_are_those_of_the_code() {
    let known = INPUTS.iter().map(|input| {
        let (description, default) = (input.description.to_owned(), input.default.map(str::to_owned));
        (input.name.to_owned(), Input { description, required: input.required, default })
    });
    assert_eq!(action_yml().inputs, known.collect());
}

#[test]
fn the_outputs_are_those_of_the_code() {
    let known = OUTPUTS
        .iter()
        .map(|output| (output.name.to_owned(), Output { description: output.description.to_owned() }));
    assert_eq!(action_yml().outputs, known.collect());
}

#[test]
fn the_image_is_the_one_that_sees_the_workspace() {
    let runs = [("using", "docker"), ("image", "Dockerfile")];
    assert_eq!(action_yml().runs, runs.map(|(key, value)| (key.to_owned(), value.to_owned())).into());
}
