//! `POST /api/v1/secret_scanning` — no credential but GitHub's signature.

mod report;

use phase_data_wire::secret_scanning::FoundToken;
use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::Header;

use super::State;
use super::contract::Tag;
use super::json_body::UnparsedJson;
use super::refused::Refused;
use report::{Report, Reported};

/// What GitHub calls.
pub(crate) struct SecretScanningApi;

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::SecretScanning")]
impl SecretScanningApi {
    /// Report keys that were found in public.
    ///
    /// For GitHub's secret scanning partner program. Each text that is a whole key of any account is revoked,
    /// at once and for good; the answer tells GitHub which ones were. The regular expression of our keys is
    /// `pd_[0-9A-Za-z]{48}`, and their last 6 characters are a checksum (CRC-32 in base 62) of the 42 before.
    ///
    /// The body is taken only if its exact bytes are signed (ECDSA, P-256, SHA-256) by a key that GitHub
    /// publishes at `/meta/public_keys/secret_scanning` of its API.
    #[oai(path = "/secret_scanning", method = "post", operation_id = "report_leaked_keys")]
    async fn report_leaked_keys(
        &self,
        state: Data<&State>,
        /// Which of GitHub's public keys the signature is by.
        #[oai(name = "Github-Public-Key-Identifier")]
        identifier: Header<Option<String>>,
        /// The signature of the body: DER in base64.
        #[oai(name = "Github-Public-Key-Signature")]
        signature: Header<Option<String>>,
        body: UnparsedJson<Vec<FoundToken>>,
    ) -> Result<Reported, Refused<Report>> {
        let signature = (identifier.0.as_deref(), signature.0.as_deref());
        report::report(state.0, signature, &body).await
    }
}
