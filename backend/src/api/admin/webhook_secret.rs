//! `/api/v1/admin/webhook_secret` — scope `admin`.

use phase_data_wire::ProblemCode;
use phase_data_wire::admin::{AccountWebhook, MadeWebhookSecret, MakeWebhookSecret};
use poem::web::Data;
use poem_openapi::{ApiResponse, OpenApi};
use secrecy::ExposeSecret;

use crate::api::caller::Authenticated;
use crate::api::json_body::JsonBody;
use crate::api::refused::{BACKEND, BODY, CREDENTIAL, Operation, Refused, UPGRADE};
use crate::api::request_scope::NO_STORE;
use crate::api::state::State;
use crate::api::tag::Tag;
use crate::auth::{AccountId, Hook, Scope};
use crate::store::webhook_secret::{self, SecretTimes};

/// Returns the webhook of an account.
#[derive(Default)]
pub(crate) struct Show;

impl Operation for Show {
    const CODES: &'static [&'static [ProblemCode]] =
        &[CREDENTIAL, &[ProblemCode::InsufficientScope], BACKEND];
}

/// Creates a secret for the webhook of an account.
#[derive(Default)]
pub(crate) struct Make;

impl Operation for Make {
    const CODES: &'static [&'static [ProblemCode]] =
        &[CREDENTIAL, &[ProblemCode::InsufficientScope], BODY, BACKEND, UPGRADE];
}

/// Removes the secrets of the webhook of an account.
#[derive(Default)]
pub(crate) struct Remove;

impl Operation for Remove {
    const CODES: &'static [&'static [ProblemCode]] = Show::CODES;
}

#[derive(ApiResponse)]
enum Shown {
    /// The path of the payload URL, and the time of the secret's creation.
    #[oai(status = 200)]
    Webhook(JsonBody<AccountWebhook>),
}

#[derive(ApiResponse)]
enum Made {
    /// The secret, which is returned only once.
    #[oai(status = 201)]
    Secret(
        JsonBody<MadeWebhookSecret>,
        /// `no-store`: the answer contains a secret.
        #[oai(header = "Cache-Control")]
        String,
    ),
}

#[OpenApi(prefix_path = "/api/v1/admin", tag = "Tag::Admin")]
impl Show {
    /// Show the webhook of the account.
    ///
    /// Returns the path of the payload URL for a webhook of an organisation or a repository, and the time of the secret's
    /// creation, without the secret. Requires the scope `admin`.
    #[oai(path = "/webhook_secret", method = "get", operation_id = "show_webhook_secret")]
    async fn show(&self, state: Data<&State>, caller: Authenticated) -> Result<Shown, Refused<Show>> {
        let account = caller.0.allowed_account(Scope::Admin)?;
        let times = webhook_secret::show(&state.db, account).await?;
        Ok(Shown::Webhook(JsonBody(webhook(account, times))))
    }
}

#[OpenApi(prefix_path = "/api/v1/admin", tag = "Tag::Admin")]
impl Make {
    /// Create a secret for the webhook of the account.
    ///
    /// Returns the secret, which can't be retrieved again. The secret is valid immediately. The previous one stays valid for
    /// `old_expires_in_hours`, so that it can be replaced in GitHub's settings. Requires the scope `admin`.
    #[oai(path = "/webhook_secret", method = "post", operation_id = "make_webhook_secret")]
    async fn make(
        &self,
        state: Data<&State>,
        caller: Authenticated,
        body: JsonBody<MakeWebhookSecret>,
    ) -> Result<Made, Refused<Make>> {
        let account = caller.0.allowed_account(Scope::Admin)?;
        let secret = Hook::new_secret();
        let hours = body.0.old_expires_in_hours.unwrap_or_default().get();
        let times = webhook_secret::make(&state.db, account, &secret, hours).await?;
        let secret = secret.expose_secret().to_owned();
        let made = MadeWebhookSecret { secret, webhook: webhook(account, Some(times)) };
        Ok(Made::Secret(JsonBody(made), NO_STORE.to_owned()))
    }
}

#[OpenApi(prefix_path = "/api/v1/admin", tag = "Tag::Admin")]
impl Remove {
    /// Remove the secrets of the webhook of the account.
    ///
    /// Refuses all further deliveries, also with the previous secret. Idempotent. Requires the scope `admin`.
    #[oai(path = "/webhook_secret", method = "delete", operation_id = "remove_webhook_secret")]
    async fn remove(&self, state: Data<&State>, caller: Authenticated) -> Result<Shown, Refused<Remove>> {
        let account = caller.0.allowed_account(Scope::Admin)?;
        webhook_secret::remove(&state.db, account).await?;
        Ok(Shown::Webhook(JsonBody(webhook(account, None))))
    }
}

fn webhook(account: AccountId, times: Option<SecretTimes>) -> AccountWebhook {
    AccountWebhook {
        path: format!("/api/v1/webhooks/github/{}", account.get()),
        created_at: times.map(|times| times.created_at),
        old_expires_at: times.and_then(|times| times.old_expires_at),
    }
}
