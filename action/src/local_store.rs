//! Documents that steps save on the runner while the backend is not reachable, for other steps of the same job.
//!
//! The files are in the runner's temporary directory and never in the checkout, where they could be committed or come
//! from a commit. Each file is the whole request that did not arrive.

use std::path::{Path, PathBuf};

use phase_data_wire::Phase;
use phase_data_wire::phase_data::StorePhaseData;

use crate::error::{Error, FileError, shown};
use crate::files::{MAX_DOCUMENT_BYTES, NamedFile};
use crate::runner::Runner;
use crate::target::Target;

/// The saved documents of one issue.
pub(crate) struct LocalStore<'a> {
    target: &'a Target,
    runner: &'a Runner,
}

/// A document, and the other fields of a request.
const MAX_REQUEST_BYTES: usize = MAX_DOCUMENT_BYTES + 12 * 1024;

impl<'a> LocalStore<'a> {
    pub(crate) fn new(target: &'a Target, runner: &'a Runner) -> Self {
        Self { target, runner }
    }

    fn file(&self, phase: Phase) -> Result<NamedFile, Error> {
        // Each part is a validated name, so that the path stays in the directory.
        let Target { repository, issue_number } = self.target;
        let directory = Path::new("phase-data").join(repository.owner()).join(repository.name());
        let path = directory.join(issue_number.to_string()).join(format!("{phase}.json"));
        self.runner.temp_file(&path).map_err(|source| Error::document_file(&path, source))
    }

    /// Saves a request, in place of an earlier one for its phase. A step that reads at the same time gets one of them
    /// complete.
    pub(crate) fn save(&self, request: &StorePhaseData) -> Result<PathBuf, Error> {
        let file = self.file(request.phase)?;
        let text = serde_json::to_string(request).map_err(|error| Error::client(&error))?;
        file.write_private(&text)?;
        Ok(file.full_path())
    }

    /// Loads the saved request of this phase.
    pub(crate) fn load(&self, phase: Phase) -> Result<Option<StorePhaseData>, Error> {
        let file = self.file(phase)?;
        let bytes = match file.read(MAX_REQUEST_BYTES) {
            Ok(bytes) => bytes,
            Err(FileError::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unreadable(&file, &error.to_string())),
        };
        let saved: StorePhaseData =
            serde_json::from_slice(&bytes).map_err(|_| unreadable(&file, "a step did not write it"))?;
        let about = (&saved.repository, saved.issue_number, saved.phase);
        if about != (&self.target.repository, self.target.issue_number, phase) {
            return Err(unreadable(&file, "it belongs to another phase or issue"));
        }
        Ok(Some(saved))
    }

    /// Removes these phases, and returns those that were saved.
    pub(crate) fn remove(&self, phases: &[Phase]) -> Result<Vec<Phase>, Error> {
        let mut removed = Vec::new();
        for phase in phases {
            let file = self.file(*phase)?;
            if file.remove().map_err(|source| Error::document_file(&file.full_path(), source))? {
                removed.push(*phase);
            }
        }
        Ok(removed)
    }
}

fn unreadable(file: &NamedFile, cause: &str) -> Error {
    Error::LocalFile { path: shown(&file.full_path()), cause: cause.to_owned() }
}
