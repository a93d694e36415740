//! What steps keep on the runner while the backend is not reachable: for this job's other steps alone.
//!
//! It lies in the runner's temporary directory and never in the checkout, where it could be committed or
//! come from a commit. Each file is the request that did not arrive, so that nothing of it is lost.

use std::path::{Path, PathBuf};

use phase_data_wire::Phase;
use phase_data_wire::phase_data::StorePhaseData;

use crate::error::Error;
use crate::files::{FileError, LARGEST_DOCUMENT, Place};
use crate::job::Target;
use crate::runner::Runner;

/// The files of one issue.
pub(crate) struct Kept<'a> {
    target: &'a Target,
    runner: &'a Runner,
}

/// A document, and what else a request says.
const LARGEST_REQUEST: usize = LARGEST_DOCUMENT + 4096;

impl<'a> Kept<'a> {
    pub(crate) fn of(target: &'a Target, runner: &'a Runner) -> Self {
        Self { target, runner }
    }

    fn place(&self, phase: Phase) -> Result<Place, Error> {
        // Each part is a validated name, so that none leads out of the directory.
        let Target { repository, issue_number } = self.target;
        let directory = Path::new("phase-data").join(repository.owner()).join(repository.name());
        let path = directory.join(issue_number.to_string()).join(format!("{phase}.json"));
        self.runner.place_in_temp(&path).map_err(|source| Error::document_file(&path, source))
    }

    /// Keeps a request, in place of an earlier one for its phase. Steps that read at the same time find either of
    /// them whole.
    pub(crate) fn keep(&self, request: &StorePhaseData) -> Result<PathBuf, Error> {
        let place = self.place(request.phase)?;
        let text = serde_json::to_string(request).map_err(|error| Error::client(&error))?;
        place.write_private(&text)?;
        Ok(place.full_path())
    }

    /// The request that was kept for this phase.
    pub(crate) fn find(&self, phase: Phase) -> Result<Option<StorePhaseData>, Error> {
        let place = self.place(phase)?;
        let bytes = match place.read(LARGEST_REQUEST) {
            Ok(bytes) => bytes,
            Err(FileError::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unreadable(&place, &error.to_string())),
        };
        let kept: StorePhaseData =
            serde_json::from_slice(&bytes).map_err(|_| unreadable(&place, "it is not what a step kept"))?;
        let about = (&kept.repository, kept.issue_number, kept.phase);
        if about != (&self.target.repository, self.target.issue_number, phase) {
            return Err(unreadable(&place, "it is about something else"));
        }
        Ok(Some(kept))
    }

    /// Removes these phases, and says which were there.
    pub(crate) fn remove(&self, phases: &[Phase]) -> Result<Vec<Phase>, Error> {
        let mut removed = Vec::new();
        for phase in phases {
            let place = self.place(*phase)?;
            if place.remove().map_err(|source| Error::document_file(&place.full_path(), source))? {
                removed.push(*phase);
            }
        }
        Ok(removed)
    }
}

fn unreadable(place: &Place, cause: &str) -> Error {
    Error::KeptFile { path: place.full_path().display().to_string(), cause: cause.to_owned() }
}
