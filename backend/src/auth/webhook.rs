//! Webhook deliveries: whoever knows the hook's secret signs the body's exact bytes with HMAC-SHA256.
//! <https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries>

use std::str::FromStr;

use aws_lc_rs::hmac;
use rand::distr::{Alphanumeric, SampleString};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::AccountId;

/// The signature in the header `X-Hub-Signature-256`. The older header with SHA-1 is ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HookSignature([u8; 32]);

/// Why a delivery is not taken for its hook's.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum HookSignatureError {
    /// There is no signature of the one form that is taken.
    #[error("the header X-Hub-Signature-256 must have sha256= and 64 hexadecimal digits")]
    Missing,
    /// It is another body's, or made with another secret, or nobody has set one. A stranger learns no more.
    #[error("the signature does not match the body and the secret of this webhook, or no secret is set")]
    Invalid,
}

/// The length of a generated secret: 285 random bits.
const SECRET_CHARS: usize = 48;

/// A hook that deliveries may come from.
#[derive(Debug, Clone)]
pub(crate) struct Hook {
    /// Each is good: after a change the old one is, too, for a while.
    secrets: Vec<SecretString>,
    reach: HookReach,
}

/// For whom a hook speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum HookReach {
    /// For every owner that has installed the App.
    App,
    /// For one account, whose admin set up the hook.
    Account { id: AccountId, owner_id: i64 },
}

/// The stored secrets of an account's webhook.
#[derive(Debug, Clone)]
pub(crate) struct HookRecord {
    /// The account.
    pub(crate) id: Uuid,
    /// The forge's numeric id of its owner.
    pub(crate) owner_id: i64,
    /// The secret and, for a while after a change, the one before.
    pub(crate) secrets: Vec<SecretString>,
}

/// A hook that has proven itself by a signature. It alone lets deliveries into the store.
#[derive(Debug, Clone, Copy)]
pub(crate) struct VerifiedHook(HookReach);

impl FromStr for HookSignature {
    type Err = HookSignatureError;

    fn from_str(header: &str) -> Result<Self, HookSignatureError> {
        let digits = header.strip_prefix("sha256=").ok_or(HookSignatureError::Missing)?;
        let mut tag = [0; 32];
        hex::decode_to_slice(digits, &mut tag).map_err(|_| HookSignatureError::Missing)?;
        Ok(Self(tag))
    }
}

impl Hook {
    /// A new random secret.
    pub(crate) fn new_secret() -> SecretString {
        Alphanumeric.sample_string(&mut rand::rng(), SECRET_CHARS).into()
    }

    /// The hook of the App that this backend is.
    pub(crate) fn of_app(secrets: Vec<SecretString>) -> Self {
        Self { secrets, reach: HookReach::App }
    }

    /// An account's own hook. The path names the account, and proves nothing: the secret does.
    pub(crate) fn of_account(record: HookRecord) -> Self {
        let reach = HookReach::Account { id: AccountId::proven(record.id), owner_id: record.owner_id };
        Self { secrets: record.secrets, reach }
    }

    /// Checks that these bytes are signed with a secret of this hook. The time of a comparison does not depend on the values.
    ///
    /// # Errors
    /// [`HookSignatureError::Invalid`].
    pub(crate) fn verify(
        &self,
        signature: HookSignature,
        body: &[u8],
    ) -> Result<VerifiedHook, HookSignatureError> {
        let fits = self.secrets.iter().any(|secret| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
            hmac::verify(&key, body, &signature.0).is_ok()
        });
        if fits { Ok(VerifiedHook(self.reach)) } else { Err(HookSignatureError::Invalid) }
    }
}

impl VerifiedHook {
    /// The one account that it speaks for; `None` for the App, whose deliveries name the owner.
    pub(crate) fn account(self) -> Option<AccountId> {
        match self.0 {
            HookReach::App => None,
            HookReach::Account { id, .. } => Some(id),
        }
    }

    /// Returns `true` if deliveries of the hook may concern this owner.
    pub(crate) fn speaks_for(self, owner: i64) -> bool {
        match self.0 {
            HookReach::App => true,
            HookReach::Account { owner_id, .. } => owner_id == owner,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hook(secrets: &[&str]) -> Hook {
        Hook::of_app(secrets.iter().map(|secret| SecretString::from(*secret)).collect())
    }

    /// GitHub's own test values, from the page named above.
    const SECRET: &str = "It's a Secret to Everybody";
    const BODY: &[u8] = b"Hello, World!";
    const SIGNATURE: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    fn signature() -> HookSignature {
        SIGNATURE.parse().expect("a signature")
    }

    #[test]
    fn githubs_published_signature_is_taken_and_so_are_both_secrets_of_a_rotation() {
        for secrets in [&[SECRET][..], &["new", SECRET], &[SECRET, "old"]] {
            assert!(hook(secrets).verify(signature(), BODY).is_ok(), "{secrets:?}");
        }
    }

    #[test]
    fn another_body_or_secret_is_refused() {
        for (secrets, body) in [
            (&[SECRET][..], &b"Hello, World"[..]),
            (&[SECRET], b""),
            (&["it's a Secret to Everybody"], BODY),
            (&["new", "old"], BODY),
            (&[], BODY),
        ] {
            let refusal = hook(secrets).verify(signature(), body).expect_err("no fit");
            assert_eq!(refusal, HookSignatureError::Invalid, "{secrets:?}");
        }
    }

    #[test]
    fn only_a_whole_sha256_signature_is_one() {
        for header in [
            "",
            "sha256=",
            &SIGNATURE[..70],
            &format!("{SIGNATURE}00"),
            &SIGNATURE[7..],
            &SIGNATURE.replace("sha256", "sha1"),
            "sha1=01dc10d0c83e72ed246219cdd91669667fe2ca59",
            &SIGNATURE.replace('7', "g"),
            &format!(" {SIGNATURE}"),
        ] {
            assert_eq!(header.parse::<HookSignature>(), Err(HookSignatureError::Missing), "{header}");
        }
    }

    #[test]
    fn an_accounts_own_hook_speaks_for_its_owner_alone() {
        let secrets = vec![SecretString::from(SECRET)];
        let own = Hook::of_account(HookRecord { id: Uuid::from_u128(7), owner_id: 9919, secrets });
        let own = own.verify(signature(), BODY).expect("its secret");
        assert_eq!(own.account(), Some(AccountId::proven(Uuid::from_u128(7))));
        assert!(own.speaks_for(9919) && !own.speaks_for(9920));
        let app = hook(&[SECRET]).verify(signature(), BODY).expect("its secret");
        assert!(app.account().is_none() && app.speaks_for(9919) && app.speaks_for(9920));
    }
}
