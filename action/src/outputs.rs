//! Writes outputs for the workflow to the runner's file.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use crate::error::Error;
use crate::interface::{DATA_OUT, OutputSpec};
use crate::log::Log;
use crate::random;

/// The step's outputs, in the order in which they were set.
#[derive(Debug, Default)]
pub(crate) struct Outputs(Vec<(&'static str, String)>);

impl Outputs {
    pub(crate) fn set(&mut self, output: &OutputSpec, value: impl Into<String>) {
        self.0.push((output.name, value.into()));
    }

    /// Omits outputs until the rest fits, the largest first, and reports it: GitHub would truncate or refuse all of them.
    fn fit(&mut self, limit: usize, log: &mut Log<'_>) {
        let mut size: usize = self.0.iter().map(sized).sum();
        while size > limit {
            let Some(largest) = (0..self.0.len()).max_by_key(|index| self.0.get(*index).map(sized)) else {
                return;
            };
            let left_out = self.0.remove(largest);
            size -= sized(&left_out);
            let (name, bytes) = (left_out.0, sized(&left_out));
            log.notice(
                &format!("phase-data: output {name} omitted"),
                &format!(
                    "It has {bytes} bytes in GitHub's count (UTF-16), and the limit for all outputs of a job is 1 MB. \
                     A document is in the file that the output data-file names."
                ),
            );
        }
    }

    /// Appends the outputs to `GITHUB_OUTPUT`.
    pub(crate) fn write(&mut self, path: &Path, log: &mut Log<'_>) -> Result<(), Error> {
        self.fit(MAX_BYTES, log);
        if self.0.is_empty() {
            return Ok(());
        }
        let mut text = String::new();
        for (name, value) in &self.0 {
            text.push_str(&entry(name, value, &delimiter()?)?);
        }
        append(path, &text).map_err(|source| Error::outputs_file(path, source))
    }
}

impl Outputs {
    /// Prints the outputs where no runner reads them: the document if there is one, otherwise all as a JSON object.
    pub(crate) fn print(&self, log: &mut Log<'_>) -> Result<(), Error> {
        let document = self.0.iter().find(|(name, _)| *name == DATA_OUT.name);
        let text = match document {
            Some((_, document)) => document.clone(),
            None if self.0.is_empty() => return Ok(()),
            None => {
                let members: serde_json::Map<_, _> =
                    self.0.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into())).collect();
                serde_json::Value::Object(members).to_string()
            }
        };
        log.result(&text).map_err(|source| Error::outputs_file(Path::new("standard output"), source))
    }
}

/// The limit of GitHub for all outputs of a job.
const MAX_BYTES: usize = 1_000_000;

/// Returns the size of an output in GitHub's count: two bytes for each UTF-16 code unit.
fn sized((name, value): &(&'static str, String)) -> usize {
    2 * (name.len() + value.encode_utf16().count())
}

/// Appends in one write, so that a full disk leaves no partial entry unnoticed. The runner makes the file: where it is missing,
/// it is not mounted, and a new one would be lost with the container.
pub(crate) fn append(path: &Path, text: &str) -> std::io::Result<()> {
    OpenOptions::new().append(true).open(path)?.write_all(text.as_bytes())
}

/// Returns a delimiter with 128 random bits: a stored document can't contain one that is created later.
fn delimiter() -> Result<String, Error> {
    Ok(format!("ghadelimiter_{:032x}", random::bits()?))
}

/// Returns an entry of the file. Refuses a value that contains its delimiter, because it could set other outputs.
fn entry(name: &'static str, value: &str, delimiter: &str) -> Result<String, Error> {
    if value.contains(delimiter) {
        return Err(Error::Delimiter { output: name });
    }
    Ok(format!("{name}<<{delimiter}\n{value}\n{delimiter}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interface::FOUND;

    #[test]
    fn a_value_stands_between_its_delimiters() {
        let text = entry("data", "{\n}", "d").expect("an entry");
        assert_eq!(text, "data<<d\n{\n}\nd\n");
    }

    #[test]
    fn outputs_are_counted_in_utf16_and_left_out_with_a_notice() {
        let set = || {
            let mut outputs = Outputs::default();
            outputs.set(&FOUND, "true");
            outputs.set(&DATA_OUT, "🧪é");
            outputs
        };
        // found + true: 9 units; data + three units of the emoji and the letter: 7 units.
        for (limit, left, lines) in [(32, 2, 0), (31, 1, 1), (13, 0, 2)] {
            let (mut out, mut outputs) = (Vec::new(), set());
            outputs.fit(limit, &mut Log::commands(&mut out));
            assert_eq!(outputs.0.len(), left, "{limit}");
            let log = String::from_utf8(out).expect("UTF-8");
            assert_eq!(log.matches("::notice title=phase-data%3A output ").count(), lines, "{log}");
        }
    }

    #[test]
    fn a_value_with_its_delimiter_is_refused() {
        assert!(matches!(entry("data", "x\nd\nfound<<", "d"), Err(Error::Delimiter { output: "data" })));
    }

    #[test]
    fn delimiters_differ() {
        assert_ne!(delimiter().expect("random"), delimiter().expect("random"));
    }
}
