//! `/api/v1/admin/webhook_secret` and `/api/v1/admin/webhook_deliveries` — scope `admin`.

use phase_data_wire::ProblemCode;
use phase_data_wire::admin::{AccountWebhook, MadeWebhookSecret, MakeWebhookSecret};
use phase_data_wire::webhooks::{DeliveryState, WebhookDeliveries};
use poem::web::Data;
use poem_openapi::param::Query;
use poem_openapi::{ApiResponse, OpenApi};
use secrecy::ExposeSecret;

use super::NO_STORE;
use crate::api::State;
use crate::api::caller::Authenticated;
use crate::api::contract::Tag;
use crate::api::json_body::JsonBody;
use crate::api::refused::{BACKEND, BODY, CREDENTIAL, Operation, Refused, UPGRADE};
use crate::auth::{AccountId, Hook, Scope};
use crate::store::webhook_delivery;
use crate::store::webhook_secret::{self, KeptSecret};

/// The account's own webhook, and what came of deliveries.
pub(crate) struct AdminWebhookApi;

struct Look;

impl Operation for Look {
    const CODES: &'static [&'static [ProblemCode]] =
        &[CREDENTIAL, &[ProblemCode::InsufficientScope], BACKEND];
}

struct Make;

impl Operation for Make {
    const CODES: &'static [&'static [ProblemCode]] =
        &[CREDENTIAL, &[ProblemCode::InsufficientScope], BODY, BACKEND, UPGRADE];
}

struct ListDeliveries;

impl Operation for ListDeliveries {
    const CODES: &'static [&'static [ProblemCode]] =
        &[CREDENTIAL, &[ProblemCode::InvalidParameter, ProblemCode::InsufficientScope], BACKEND];
}

#[derive(ApiResponse)]
enum Shown {
    /// Where to deliver, and since when there is a secret.
    #[oai(status = 200)]
    Webhook(JsonBody<AccountWebhook>),
}

#[derive(ApiResponse)]
enum Made {
    /// The secret, which is shown this once.
    #[oai(status = 201)]
    Secret(
        JsonBody<MadeWebhookSecret>,
        /// `no-store`: the answer holds a secret.
        #[oai(header = "Cache-Control")]
        String,
    ),
}

#[derive(ApiResponse)]
enum Listed {
    /// The deliveries; none is an answer, too.
    #[oai(status = 200)]
    Page(JsonBody<WebhookDeliveries>),
}

/// How many deliveries a page has where nothing is said. The most is part of the contract.
const DEFAULT_LIMIT: i32 = 50;

#[OpenApi(prefix_path = "/api/v1/admin", tag = "Tag::Admin")]
impl AdminWebhookApi {
    /// Show the account's own webhook.
    ///
    /// Where an organisation's or a repository's webhook delivers to, and since when it has a secret; never the
    /// secret. The scope `admin` is needed.
    #[oai(path = "/webhook_secret", method = "get", operation_id = "show_webhook_secret")]
    async fn show(&self, state: Data<&State>, caller: Authenticated) -> Result<Shown, Refused<Look>> {
        let account = caller.0.allowed_account(Scope::Admin)?;
        let kept = webhook_secret::show(&state.db, account).await?;
        Ok(Shown::Webhook(JsonBody(webhook(account, kept))))
    }

    /// Make a secret for the account's own webhook.
    ///
    /// The answer shows it, once: nobody can show it again. It is good at once. The one before stays good for
    /// `old_expires_in_hours`, so that it can be replaced in GitHub's settings meanwhile. The scope `admin` is
    /// needed.
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
        let kept = webhook_secret::make(&state.db, account, &secret, hours).await?;
        let secret = secret.expose_secret().to_owned();
        let made = MadeWebhookSecret { secret, webhook: webhook(account, Some(kept)) };
        Ok(Made::Secret(JsonBody(made), NO_STORE.to_owned()))
    }

    /// Remove the secrets of the account's own webhook.
    ///
    /// From now on its deliveries are refused, those with the secret before, too. Idempotent. The scope `admin`
    /// is needed.
    #[oai(path = "/webhook_secret", method = "delete", operation_id = "remove_webhook_secret")]
    async fn remove(&self, state: Data<&State>, caller: Authenticated) -> Result<Shown, Refused<Look>> {
        let account = caller.0.allowed_account(Scope::Admin)?;
        webhook_secret::remove(&state.db, account).await?;
        Ok(Shown::Webhook(JsonBody(webhook(account, None))))
    }

    /// List the account's webhook deliveries.
    ///
    /// The newest first: how each stands, how often it was tried, and why it failed or was ignored. They are kept
    /// for 30 days; their payloads are not. The scope `admin` is needed.
    #[oai(path = "/webhook_deliveries", method = "get", operation_id = "list_webhook_deliveries")]
    async fn deliveries(
        &self,
        state: Data<&State>,
        caller: Authenticated,
        /// Only those in this state.
        #[oai(name = "state")]
        wanted: Query<Option<DeliveryState>>,
        /// Only deliveries before this one: the `next` of the page before.
        before: Query<Option<i64>>,
        /// How many deliveries at the most: 1 to 100, 50 if left out.
        #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Option<i32>>,
    ) -> Result<Listed, Refused<ListDeliveries>> {
        let account = caller.0.allowed_account(Scope::Admin)?;
        let limit = limit.0.unwrap_or(DEFAULT_LIMIT);
        // One more than asked for shows whether there are older ones.
        let listed = webhook_delivery::list(&state.db, account, wanted.0, before.0, limit + 1).await;
        let mut deliveries = listed?;
        let more = deliveries.len() > limit as usize;
        deliveries.truncate(limit as usize);
        let next = deliveries.last().filter(|_| more).map(|delivery| delivery.id);
        Ok(Listed::Page(JsonBody(WebhookDeliveries { deliveries, next })))
    }
}

fn webhook(account: AccountId, kept: Option<KeptSecret>) -> AccountWebhook {
    AccountWebhook {
        path: format!("/api/v1/webhooks/github/{}", account.get()),
        created_at: kept.map(|kept| kept.created_at),
        old_expires_at: kept.and_then(|kept| kept.old_expires_at),
    }
}
