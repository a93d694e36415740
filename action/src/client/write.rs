//! The two requests that write a document.

use phase_data_wire::phase_data::StorePhaseData;
use reqwest::{Method, Url};

use crate::error::Error;
use crate::job::Condition;

/// What is sent, without headers that are conditions, and without its credential.
pub(super) struct Write {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) content_type: &'static str,
    pub(super) body: Vec<u8>,
}

impl Write {
    /// The document takes the place of what is stored.
    pub(super) fn whole(url: Url, document: &StorePhaseData) -> Result<Self, Error> {
        let body = serde_json::to_vec(document).map_err(|error| Error::client(&error))?;
        Ok(Self { method: Method::POST, url, content_type: "application/json", body })
    }

    /// The same, done only if this revision is stored. Other conditions are headers.
    pub(super) fn only_if(mut self, condition: &Condition) -> Self {
        if let Condition::Revision(revision) = condition {
            self.url.query_pairs_mut().append_pair("if_revision", &revision.to_string());
        }
        self
    }

    /// The document is a patch for what is stored (RFC 7396). All but the patch itself stands in the query.
    pub(super) fn patch(mut url: Url, patch: &StorePhaseData) -> Self {
        let StorePhaseData { phase, commit_sha, expires_in_seconds, data, .. } = patch;
        {
            let mut query = url.query_pairs_mut();
            query.append_pair("phase", phase.as_str());
            if let Some(commit_sha) = commit_sha {
                query.append_pair("commit_sha", commit_sha.as_str());
            }
            if let Some(seconds) = expires_in_seconds {
                query.append_pair("expires_in_seconds", &seconds.to_string());
            }
        }
        let body = data.as_str().as_bytes().to_vec();
        Self { method: Method::PATCH, url, content_type: "application/merge-patch+json", body }
    }
}
