//! The settings of the GitHub App.

use super::Reader;
use crate::github_app::AppKey;

const NO_KEY: &str =
    "it is not an RSA private key in PEM; generate one under the App's \"Private keys\" on GitHub";

impl Reader<'_> {
    /// Both or neither.
    pub(super) fn github_app(&mut self) -> Option<AppKey> {
        let names = ["PHASE_DATA_GITHUB_APP_ID", "PHASE_DATA_GITHUB_APP_KEY_FILE"];
        match names.map(|name| self.text(name)) {
            [None, None] => None,
            [Some(id), Some(file)] => {
                let pem = std::fs::read(&file).map_err(|error| error.to_string());
                let key = pem.and_then(|pem| AppKey::new(id, &pem).map_err(|_| NO_KEY.to_owned()));
                key.map_err(|cause| self.problems.push(format!("{}: {file}: {cause}", names[1]))).ok()
            }
            [id, _] => {
                let (given, missing) = if id.is_some() { (0, 1) } else { (1, 0) };
                self.problems.push(format!("{} needs {} beside it", names[given], names[missing]));
                None
            }
        }
    }
}
