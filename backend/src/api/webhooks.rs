//! `POST /api/v1/webhooks/github` and `POST /api/v1/webhooks/github/{account_id}` — no credential but the
//! signature.

mod body;
mod receive;

use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path};
use uuid::Uuid;

use super::refused::Refused;
use super::request_scope::RequestId;
use super::state::State;
use super::tag::Tag;
use crate::auth::Hook;
use crate::store::webhook_secret;
use body::UnreadDelivery;
pub(crate) use receive::Receive;
use receive::Received;

#[OpenApi(prefix_path = "/api/v1/webhooks", tag = "Tag::Webhooks")]
impl Receive {
    /// Receive a webhook delivery of the GitHub App.
    ///
    /// Accepts a body only if its exact bytes are signed with the secret that the operator set. It applies to the account of
    /// the owner in the payload. The delivery is stored, answered, and processed soon after. A redelivery changes nothing,
    /// unless the delivery failed: then it is processed again. Unknown events are ignored.
    #[oai(path = "/github", method = "post", operation_id = "receive_webhook")]
    async fn receive(
        &self,
        state: Data<&State>,
        request_id: Data<&RequestId>,
        /// `sha256=` and the HMAC-SHA256 of the body in hexadecimal.
        #[oai(name = "X-Hub-Signature-256")]
        _signature: Header<Option<String>>,
        /// Name of the event.
        #[oai(name = "X-GitHub-Event")]
        event: Header<Option<String>>,
        /// Id of the delivery. A redelivery has the same id.
        #[oai(name = "X-GitHub-Delivery")]
        delivery_id: Header<Option<String>>,
        body: UnreadDelivery,
    ) -> Result<Received, Refused<Receive>> {
        let delivery = body.verify(state.0, &state.webhooks.app).await?;
        let names = receive::names(event.0.as_deref(), delivery_id.0.as_deref(), request_id.0)?;
        receive::receive(state.0, names, delivery).await
    }

    /// Receive a webhook delivery of one account.
    ///
    /// Receives deliveries of a webhook of an organisation or a repository, signed with the secret of the account, which an
    /// admin creates at `/api/v1/admin/webhook_secret`. They apply only to that account.
    #[oai(path = "/github/:account_id", method = "post", operation_id = "receive_account_webhook")]
    async fn receive_for_account(
        &self,
        state: Data<&State>,
        request_id: Data<&RequestId>,
        /// The account.
        account_id: Path<Uuid>,
        /// `sha256=` and the HMAC-SHA256 of the body in hexadecimal.
        #[oai(name = "X-Hub-Signature-256")]
        _signature: Header<Option<String>>,
        /// Name of the event.
        #[oai(name = "X-GitHub-Event")]
        event: Header<Option<String>>,
        /// Id of the delivery. A redelivery has the same id.
        #[oai(name = "X-GitHub-Delivery")]
        delivery_id: Header<Option<String>>,
        body: UnreadDelivery,
    ) -> Result<Received, Refused<Receive>> {
        // A hook without secrets refuses everything, so that the answer does not reveal if the account exists.
        let hook = webhook_secret::find_hook(&state.db, account_id.0).await?;
        let hook = hook.map_or_else(|| Hook::of_app(Vec::new()), Hook::of_account);
        let delivery = body.verify(state.0, &hook).await?;
        let names = receive::names(event.0.as_deref(), delivery_id.0.as_deref(), request_id.0)?;
        receive::receive(state.0, names, delivery).await
    }
}
