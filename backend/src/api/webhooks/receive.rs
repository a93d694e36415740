//! A delivery whose signature was verified, for both of them.

use phase_data_wire::admin::DeliveryState;
use phase_data_wire::webhooks::ReceivedWebhook;
use phase_data_wire::{Extensible, ProblemCode, Repository};
use poem_openapi::ApiResponse;

use super::body::VerifiedDelivery;
use crate::api::json_body::{JsonBody, malformed};
use crate::api::refused::{BACKEND, Operation, Refused, UPGRADE};
use crate::api::request_log::record_delivery;
use crate::api::request_scope::RequestId;
use crate::api::state::State;
use crate::auth::VerifiedHook;
use crate::domain::{ParsedDelivery, Plan, parse};
use crate::error::ApiError;
use crate::heavy;
use crate::store::webhook_delivery::{self, DeliveryNames};

/// Takes deliveries of webhooks.
#[derive(Default)]
pub(crate) struct Receive;

impl Operation for Receive {
    const CODES: &'static [&'static [ProblemCode]] = &[
        &[
            ProblemCode::SignatureInvalid,
            ProblemCode::InvalidParameter,
            ProblemCode::MalformedJson,
            ProblemCode::RequestTimeout,
            ProblemCode::PayloadTooLarge,
            ProblemCode::UnsupportedMediaType,
            ProblemCode::UnsupportedContentEncoding,
        ],
        BACKEND,
        UPGRADE,
    ];
}

/// The answer to a delivery.
#[derive(ApiResponse)]
pub(super) enum Received {
    /// The delivery is stored. It is processed now or soon, was processed before, or is ignored.
    #[oai(status = 202)]
    WrittenDown(JsonBody<ReceivedWebhook>),
}

/// No name of GitHub's is longer.
const MAX_NAME_CHARS: usize = 100;

/// The delivery's names, from its headers.
pub(super) fn names<'a>(
    event: Option<&'a str>,
    delivery_id: Option<&'a str>,
    request_id: &'a RequestId,
) -> Result<DeliveryNames<'a>, ApiError> {
    let name = |header: &str, value: Option<&'a str>| {
        let fit = |name: &&str| {
            (1..=MAX_NAME_CHARS).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
        };
        value.filter(fit).ok_or_else(|| {
            let detail = format!(
                "The header {header} is needed: 1 to {MAX_NAME_CHARS} letters, digits, underscores and dashes."
            );
            ApiError::new(ProblemCode::InvalidParameter, detail)
        })
    };
    Ok(DeliveryNames {
        event: name("X-GitHub-Event", event)?,
        delivery_id: name("X-GitHub-Delivery", delivery_id)?,
        request_id: request_id.as_str(),
    })
}

/// Writes the delivery down, and lets the queue know.
pub(super) async fn receive(
    state: &State,
    names: DeliveryNames<'_>,
    delivery: VerifiedDelivery,
) -> Result<Received, Refused<Receive>> {
    let hook = delivery.hook;
    let json = heavy::on_text(delivery.bytes(), || delivery.json())?;
    let parsed =
        heavy::on_text(json.len(), || parse(names.event, &json)).map_err(|error| malformed(&json, &error))?;
    drop(json);
    record_delivery(hook.account(), parsed.repository.as_ref().map(Repository::as_str));
    // The bytes make room for other deliveries before the database is asked.
    drop(delivery);
    let parsed = within_reach(hook, parsed);
    let received = webhook_delivery::receive(&state.db, hook, names, &parsed).await?;
    state.webhooks.queue.notify();
    let ReceivedWebhook { delivery_id, state, reason } = &received;
    // One that can't be understood is not tried again by itself.
    match state {
        Extensible::Known(DeliveryState::Failed) => {
            tracing::warn!(delivery_id, event = names.event, reason, "a webhook delivery can't be parsed");
        }
        _ => tracing::info!(
            delivery_id,
            event = names.event,
            state = state.as_str(),
            reason,
            "a webhook delivery was received"
        ),
    }
    Ok(Received::WrittenDown(JsonBody(received)))
}

/// An account's own hook says nothing about others: a repository may have gone elsewhere and kept its hook.
fn within_reach(hook: VerifiedHook, parsed: ParsedDelivery) -> ParsedDelivery {
    match (&parsed.plan, &parsed.owner) {
        (Plan::Apply(_), Some(owner)) if !hook.speaks_for(owner.id) => {
            let reason = format!("the owner {} is not the one whose webhook this is", owner.id);
            ParsedDelivery { plan: Plan::Ignore(reason), ..parsed }
        }
        _ => parsed,
    }
}
