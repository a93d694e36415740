//! What steps keep on the runner while the backend is not reachable: for this job's other steps alone.
//!
//! It lies in the runner's temporary directory and never in the checkout, where it could be committed or
//! come from a commit. Each file is the request that did not arrive, so that nothing of it is lost.

use std::io;
use std::path::{Path, PathBuf};

use phase_data_wire::Phase;
use phase_data_wire::phase_data::StorePhaseData;

use crate::error::Error;
use crate::job::Target;
use crate::runner::Runner;

/// The files of one issue.
pub(crate) struct Kept<'a> {
    target: &'a Target,
    directory: PathBuf,
}

impl<'a> Kept<'a> {
    pub(crate) fn of(target: &'a Target, runner: &Runner) -> Self {
        // Each part is a validated name, so that none leads out of the directory.
        let Target { repository, issue_number } = target;
        let directory = runner.temp.join("phase-data").join(repository.owner()).join(repository.name());
        Self { target, directory: directory.join(issue_number.to_string()) }
    }

    fn path(&self, phase: Phase) -> PathBuf {
        self.directory.join(format!("{phase}.json"))
    }

    /// Keeps a request, in place of an earlier one for its phase.
    pub(crate) fn keep(&self, request: &StorePhaseData) -> Result<PathBuf, Error> {
        let path = self.path(request.phase);
        let text = serde_json::to_string(request).map_err(|error| Error::client(&error))?;
        std::fs::create_dir_all(&self.directory)
            .and_then(|()| std::fs::write(&path, text))
            .map_err(|source| Error::document_file(&path, source))?;
        Ok(path)
    }

    /// The request that was kept for this phase.
    pub(crate) fn find(&self, phase: Phase) -> Result<Option<StorePhaseData>, Error> {
        let path = self.path(phase);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unreadable(&path, &error.to_string())),
        };
        let kept: StorePhaseData =
            serde_json::from_str(&text).map_err(|_| unreadable(&path, "it is not what a step kept"))?;
        let about = (&kept.repository, kept.issue_number, kept.phase);
        if about != (&self.target.repository, self.target.issue_number, phase) {
            return Err(unreadable(&path, "it is about something else"));
        }
        Ok(Some(kept))
    }

    /// Removes these phases, and says which were there.
    pub(crate) fn remove(&self, phases: &[Phase]) -> Result<Vec<Phase>, Error> {
        let mut removed = Vec::new();
        for phase in phases {
            let path = self.path(*phase);
            match std::fs::remove_file(&path) {
                Ok(()) => removed.push(*phase),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Err(Error::document_file(&path, source)),
            }
        }
        Ok(removed)
    }
}

fn unreadable(path: &Path, cause: &str) -> Error {
    Error::KeptFile { path: path.display().to_string(), cause: cause.to_owned() }
}
