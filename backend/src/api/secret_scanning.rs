//! `POST /api/v1/secret_scanning` — no credential but GitHub's signature.

use std::collections::HashSet;

use phase_data_wire::ProblemCode;
use phase_data_wire::secret_scanning::{FoundToken, TokenFeedback, TokenLabel};
use poem::web::Data;
use poem_openapi::param::Header;
use poem_openapi::{ApiResponse, OpenApi};
use sha2::{Digest, Sha256};

use super::json_body::{JsonBody, UnparsedJson};
use super::refused::{BACKEND, BODY, Operation, Refused};
use super::state::State;
use super::tag::Tag;
use crate::auth::{ApiKey, KeyId};
use crate::store::{StoreError, api_key};

/// Revokes keys that were found in public.
#[derive(Default)]
pub(crate) struct Report;

impl Operation for Report {
    const CODES: &'static [&'static [ProblemCode]] =
        &[&[ProblemCode::SignatureInvalid, ProblemCode::SignatureKeysUnavailable], BODY, BACKEND];
}

/// The answer to a report.
#[derive(ApiResponse)]
enum Reported {
    /// The result for each text, in the order of the request.
    #[oai(status = 200)]
    Feedback(JsonBody<Vec<TokenFeedback>>),
}

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::SecretScanning")]
impl Report {
    /// Report leaked API keys.
    ///
    /// Receives reports of GitHub's secret scanning partner program. Each text that is a complete key of any account is revoked
    /// permanently, and the answer lists the results. The regular expression of keys is `pd_[0-9A-Za-z]{48}`, and their last 6
    /// characters are a checksum (CRC-32 in base 62) of the 42 before.
    ///
    /// The body is accepted only if its exact bytes are signed (ECDSA, P-256, SHA-256) with a key that GitHub publishes at
    /// `/meta/public_keys/secret_scanning` of its API.
    #[oai(path = "/secret_scanning", method = "post", operation_id = "report_leaked_keys")]
    async fn report_leaked_keys(
        &self,
        state: Data<&State>,
        /// The id of GitHub's public key for the signature.
        #[oai(name = "Github-Public-Key-Identifier")]
        identifier: Header<Option<String>>,
        /// The signature of the body: DER in base64.
        #[oai(name = "Github-Public-Key-Signature")]
        signature: Header<Option<String>>,
        body: UnparsedJson<Vec<FoundToken>>,
    ) -> Result<Reported, Refused<Report>> {
        // Nothing of the body is read before its signature is verified.
        state.github_signatures.verify(identifier.0.as_deref(), signature.0.as_deref(), body.bytes()).await?;
        let found = body.parse()?;
        let revoked = revoke(state.0, &found).await?;
        let feedback = found.into_iter().map(|token| feedback(token, &revoked)).collect();
        Ok(Reported::Feedback(JsonBody(feedback)))
    }
}

/// Revokes the texts that are keys, and returns their digests.
async fn revoke(state: &State, found: &[FoundToken]) -> Result<HashSet<[u8; 32]>, StoreError> {
    let mut keys: Vec<(ApiKey, &FoundToken)> =
        found.iter().filter_map(|token| Some((token.token.parse::<ApiKey>().ok()?, token))).collect();
    // In one order, so that two reports at once can't hold what the other waits for.
    keys.sort_by(|(one, _), (other, _)| one.id().as_str().cmp(other.id().as_str()));
    if keys.is_empty() {
        return Ok(HashSet::new());
    }
    let whole: Vec<ApiKey> = keys.iter().map(|(key, _)| key.clone()).collect();
    let existed = api_key::revoke_leaked(&state.db, &whole).await?;
    let revoked = keys.iter().zip(existed).filter(|(_, existed)| *existed).map(|(key, _)| key);
    Ok(revoked.map(|(key, token)| forget(state, key, token)).collect())
}

fn forget(state: &State, key: &ApiKey, token: &FoundToken) -> [u8; 32] {
    let id: &KeyId = key.id();
    state.authenticator.forget(id);
    let url = address_without_key(token);
    tracing::warn!(key_id = id.as_str(), ?url, "GitHub reported a leaked API key; it is revoked");
    key.sha256()
}

/// Returns the location for the log, without its query, which can contain this key or other secrets.
fn address_without_key(found: &FoundToken) -> String {
    let address = found.url.as_deref().unwrap_or_default();
    let path = address.split(['?', '#']).next().unwrap_or_default();
    path.replace(&found.token, "(the key)").chars().take(500).collect()
}

fn feedback(found: FoundToken, revoked: &HashSet<[u8; 32]>) -> TokenFeedback {
    let digest: [u8; 32] = Sha256::digest(found.token.as_bytes()).into();
    let label = if revoked.contains(&digest) { TokenLabel::TruePositive } else { TokenLabel::FalsePositive };
    TokenFeedback { token_hash: hex::encode(digest), token_type: found.kind, label }
}
