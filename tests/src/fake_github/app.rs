//! The App's key.

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::{KeyPair, PKCS_RSA_SHA256, PublicKeyData, RsaKeySize};
use serde_json::Value;
use time::OffsetDateTime;

use super::World;

impl World {
    /// The id of the App.
    pub const APP_ID: &str = "271828";

    /// Registers the App anew; answers its private key, in PEM.
    ///
    /// # Panics
    /// If there is no randomness.
    pub fn register_app(&mut self) -> String {
        let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).expect("a key");
        self.app_key = Some(key.subject_public_key_info());
        key.serialize_pem()
    }

    /// Returns `true` if this is the App's own token, as GitHub documents it: signed with RS256, issued before now, and valid
    /// for at most ten minutes.
    pub(super) fn is_signed_by_app(&self, bearer: &str) -> bool {
        let Some(key) = &self.app_key else { return false };
        let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
        let Some((signed, signature)) = bearer.trim_start_matches("Bearer ").rsplit_once('.') else {
            return false;
        };
        let payload = signed.split_once('.').map_or("", |(_, payload)| payload);
        let claims: Value = serde_json::from_slice(&decoded(payload)).unwrap_or_default();
        let now = OffsetDateTime::now_utc().unix_timestamp();
        let issued = claims["iat"].as_i64().is_some_and(|at| at <= now);
        let expires = claims["exp"].as_i64().is_some_and(|at| at > now && at <= now + 600);
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key);
        let signed = key.verify(signed.as_bytes(), &decoded(signature)).is_ok();
        claims["iss"] == Self::APP_ID && issued && expires && signed
    }
}
