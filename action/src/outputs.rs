//! Hands values to the workflow, through the file that the runner names.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use crate::error::Error;
use crate::interface::OutputSpec;
use crate::log::Log;
use crate::random;

/// The step's outputs, in the order of their setting.
#[derive(Debug, Default)]
pub(crate) struct Outputs(Vec<(&'static str, String)>);

impl Outputs {
    pub(crate) fn set(&mut self, output: &OutputSpec, value: impl Into<String>) {
        self.0.push((output.name, value.into()));
    }

    /// Appends them to `GITHUB_OUTPUT`. Without a runner there is no such file: their names are logged.
    pub(crate) fn write(&self, file: Option<&Path>, log: &mut Log<'_>) -> Result<(), Error> {
        if self.0.is_empty() {
            return Ok(());
        }
        let Some(path) = file else {
            let names: Vec<_> = self.0.iter().map(|(name, _)| *name).collect();
            log.line(&format!(
                "GITHUB_OUTPUT is not set, so no step can read the outputs: {}",
                names.join(", ")
            ));
            return Ok(());
        };
        let mut text = String::new();
        for (name, value) in &self.0 {
            text.push_str(&entry(name, value, &delimiter()?)?);
        }
        append(path, &text).map_err(|source| Error::outputs_file(path, source))
    }
}

/// Appends in one write, so that a full disk does not leave half an entry behind unnoticed.
pub(crate) fn append(path: &Path, text: &str) -> std::io::Result<()> {
    OpenOptions::new().append(true).create(true).open(path)?.write_all(text.as_bytes())
}

/// 128 random bits: a stored document can't hold a delimiter that is made after it.
fn delimiter() -> Result<String, Error> {
    Ok(format!("ghadelimiter_{:032x}", random::bits()?))
}

/// A value that held its delimiter could set any other output, so it is refused all the same.
fn entry(name: &'static str, value: &str, delimiter: &str) -> Result<String, Error> {
    if value.contains(delimiter) {
        return Err(Error::Delimiter { output: name });
    }
    Ok(format!("{name}<<{delimiter}\n{value}\n{delimiter}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stands_between_its_delimiters() {
        let text = entry("data", "{\n}", "d").expect("an entry");
        assert_eq!(text, "data<<d\n{\n}\nd\n");
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
