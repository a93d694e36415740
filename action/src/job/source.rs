//! The source of the document to store: an input, a file or standard input.

use std::io::IsTerminal as _;

use phase_data_wire::Document;

use super::DataFormat;
use crate::error::Error;
use crate::files::NamedFile;
use crate::inputs::Inputs;
use crate::interface as names;
use crate::payload;
use crate::runner::Runner;
use crate::usage::Usage;

/// The name of standard input in `data-file`.
const STANDARD_INPUT: &str = "-";

/// The source of the document to store.
pub(super) enum Source {
    Text(String),
    File(NamedFile),
    StandardInput,
}

impl Source {
    /// Reads the document.
    pub(super) fn read(self, format: DataFormat) -> Result<Document, Error> {
        Ok(match self {
            Self::Text(text) => payload::from_text(&text, format)?,
            Self::File(path) => payload::from_file(&path, format)?,
            Self::StandardInput => payload::from_standard_input(format)?,
        })
    }
}

/// Returns the source of the document. `data` is used unchanged, whitespace included.
pub(super) fn source(inputs: &Inputs<'_>, runner: &Runner) -> Option<Source> {
    match (inputs.exact(&names::DATA), inputs.text(&names::DATA_FILE)) {
        (Some(text), None) => Some(Source::Text(text)),
        (None, Some(name)) if name == STANDARD_INPUT => standard_input(inputs),
        (None, Some(_)) => Some(Source::File(runner.input_file(inputs, &names::DATA_FILE)?)),
        (Some(_), Some(_)) => {
            inputs.problem("data and data-file exclude each other: set one of them");
            None
        }
        (None, None) => {
            inputs.problem("data and data-file are both empty: set one of them to the document");
            None
        }
    }
}

/// Accepts standard input where somebody passes a document through it. Reading a terminal would look like a slow backend.
fn standard_input(inputs: &Inputs<'_>) -> Option<Source> {
    match inputs.usage() {
        Usage::Step => inputs.problem(
            "data-file: - is standard input, which a step of a workflow does not have: write the document to a file, and \
             name that file (./- is a file whose name is -)",
        ),
        Usage::CommandLine if std::io::stdin().is_terminal() => inputs.problem(
            "data-file: standard input is a terminal: pipe the document into the command, like \
             `… | phase-data-action store --data-file -`, or name a file",
        ),
        Usage::CommandLine => return Some(Source::StandardInput),
    }
    None
}

/// Refuses a name that means standard output to other programs.
pub(super) fn refuse_standard_output(inputs: &Inputs<'_>) {
    if inputs.usage() == Usage::CommandLine && inputs.text(&names::OUTPUT_FILE).as_deref() == Some("-") {
        inputs.problem(
            "output-file: retrieve prints the document on standard output without output-file; omit it",
        );
    }
}
