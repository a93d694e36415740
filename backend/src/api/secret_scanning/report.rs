//! `POST /api/v1/secret_scanning`, see [`super`].

use std::collections::HashSet;

use phase_data_wire::ProblemCode;
use phase_data_wire::secret_scanning::{FoundToken, TokenFeedback, TokenLabel};
use poem_openapi::ApiResponse;
use sha2::{Digest, Sha256};

use crate::api::State;
use crate::api::json_body::{JsonBody, UnparsedJson};
use crate::api::refused::{BACKEND, BODY, Operation, Refused};
use crate::auth::{ApiKey, KeyId};
use crate::store::{StoreError, api_key};

/// What can go wrong.
pub(super) struct Report;

impl Operation for Report {
    const CODES: &'static [&'static [ProblemCode]] =
        &[&[ProblemCode::SignatureInvalid, ProblemCode::SignatureKeysUnavailable], BODY, BACKEND];
}

/// The answer to a report.
#[derive(ApiResponse)]
pub(super) enum Reported {
    /// What became of each text, in the order of the request.
    #[oai(status = 200)]
    Feedback(JsonBody<Vec<TokenFeedback>>),
}

/// Revokes what is a key. Nothing of the body is read before its signature is verified.
pub(super) async fn report(
    state: &State,
    (identifier, signature): (Option<&str>, Option<&str>),
    body: &UnparsedJson<Vec<FoundToken>>,
) -> Result<Reported, Refused<Report>> {
    state.github_signatures.verify(identifier, signature, body.bytes()).await?;
    let found = body.parse()?;
    let revoked = revoke(state, &found).await?;
    Ok(Reported::Feedback(JsonBody(found.into_iter().map(|token| feedback(token, &revoked)).collect())))
}

/// The digests of the texts that were keys, each of which is revoked now.
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
    tracing::warn!(key_id = id.as_str(), ?url, "GitHub found a key in public; it is revoked now");
    key.sha256()
}

/// Where it was found, as far as that can be logged: a query may have the key itself, or other people's.
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
