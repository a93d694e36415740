//! The runner's part of a step's environment: files, directories and the names of the run.

use std::path::{Path, PathBuf};

use crate::error::{Error, FileError};
use crate::files::NamedFile;
use crate::inputs::Inputs;
use crate::interface::{ALLOW_OUTSIDE_WORKSPACE, InputSpec};
use crate::links;
use crate::proxy::Proxies;
use crate::random;
use crate::text::excerpt;
use crate::trace::Trace;

/// The variables of the runner that do not depend on the operation.
#[derive(Debug, Clone, Default)]
pub(crate) struct Runner {
    /// The file for outputs. Absent without a runner: they go to standard output then.
    pub(crate) output: Option<PathBuf>,
    /// The file for the job's summary.
    pub(crate) step_summary: Option<PathBuf>,
    /// The checkout, the base of relative paths.
    pub(crate) workspace: PathBuf,
    /// A directory that the runner empties after the job.
    pub(crate) temp: PathBuf,
    /// The variables for files that are not set, so that a default is used: other steps don't know it.
    pub(crate) unset: Vec<&'static str>,
    /// The kind of event that started the workflow.
    pub(crate) event_name: Option<String>,
    /// The file with the event.
    pub(crate) event_path: Option<PathBuf>,
    /// The page on problems in the action's repository, if the action runs from one.
    pub(crate) problems_page: Option<String>,
    /// The run has debug logging enabled.
    pub(crate) debug: bool,
    pub(crate) trace: Trace,
    pub(crate) proxies: Proxies,
}

pub(crate) const WORKSPACE: &str = "GITHUB_WORKSPACE";
pub(crate) const TEMP: &str = "RUNNER_TEMP";

impl Runner {
    pub(crate) fn from_inputs(inputs: &Inputs<'_>) -> Self {
        let path = |key| inputs.variable(key).map(PathBuf::from);
        Self {
            output: path("GITHUB_OUTPUT"),
            step_summary: path("GITHUB_STEP_SUMMARY"),
            workspace: path(WORKSPACE).unwrap_or_else(|| PathBuf::from(".")),
            temp: path(TEMP).unwrap_or_else(|| PathBuf::from("/tmp")),
            unset: [WORKSPACE, TEMP].into_iter().filter(|key| path(key).is_none()).collect(),
            event_name: inputs.variable("GITHUB_EVENT_NAME"),
            event_path: path("GITHUB_EVENT_PATH"),
            problems_page: links::page(inputs),
            debug: inputs.variable("RUNNER_DEBUG").as_deref() == Some("1"),
            trace: Trace::from_inputs(inputs),
            proxies: Proxies::from_inputs(inputs),
        }
    }

    /// Returns the file that an input names, if the step may use it.
    pub(crate) fn input_file(&self, inputs: &Inputs<'_>, input: &InputSpec) -> Option<NamedFile> {
        let anywhere = inputs.flag(&ALLOW_OUTSIDE_WORKSPACE) == Some(true);
        let file = |named: String| {
            self.named(&named, anywhere).map_err(|error| format!("{:?}: {error}", excerpt(&named)))
        };
        inputs.valid(input.name, inputs.text(input).map(file))
    }

    /// Accepts a file in the workspace or in the runner's temporary directory, or anywhere if the workflow allows it.
    fn named(&self, named: &str, anywhere: bool) -> Result<NamedFile, FileError> {
        let named = PathBuf::from(named);
        if anywhere {
            let path = self.workspace.join(&named);
            return Ok(NamedFile::anywhere(named, path));
        }
        NamedFile::below(&[&self.workspace, &self.temp], named)
    }

    /// Checks if the runner's temporary directory exists. Some runners don't mount it into the container.
    pub(crate) fn has_temp(&self) -> bool {
        self.temp.is_dir()
    }

    /// Returns a file in the runner's temporary directory.
    pub(crate) fn temp_file(&self, path: &Path) -> Result<NamedFile, FileError> {
        NamedFile::inside(&self.temp, path)
    }

    /// Writes a document to the file that an input names; returns the path for the job's other steps.
    pub(crate) fn write_document(&self, file: &NamedFile, text: &str) -> Result<PathBuf, Error> {
        file.write(text)?;
        Ok(self.for_other_steps(&file.full_path()))
    }

    /// Writes a document to a new file in the runner's temporary directory.
    pub(crate) fn write_in_temp(&self, text: &str) -> Result<PathBuf, Error> {
        // The name is random: a later step must not overwrite what an earlier one retrieved.
        let name = PathBuf::from(format!("phase-data-{:032x}.json", random::bits()?));
        let file =
            self.temp_file(&name).map_err(|source| Error::document_file(&self.temp.join(&name), source))?;
        file.write(text)?;
        Ok(file.full_path())
    }

    /// Returns the path for the job's other steps. In the container the workspace has another path, but all steps start
    /// in it, so a path relative to it is the same file for each.
    fn for_other_steps(&self, path: &Path) -> PathBuf {
        path.strip_prefix(&self.workspace).unwrap_or(path).to_owned()
    }
}
