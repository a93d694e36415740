//! Webhook deliveries: a payload is parsed into what GitHub says, and the policy in [`phase_data_github`] decides the
//! effects. Both happen on receipt, so nothing of a payload is kept but numbers, names and times.

// A payload is untrusted: no number in it may overflow.
#![warn(clippy::arithmetic_side_effects)]

mod facts;
mod payload;
mod shape;
#[cfg(test)]
mod tests;

use phase_data_github::{Context, Decision, Effect, Fact, Subject, decide};
use phase_data_wire::Repository;

use facts::{Stated, stated};
use payload::Payload;
use shape::ReadError;

/// A delivery, as far as it concerns this backend.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ParsedDelivery {
    /// The owner of the account that the delivery is about, if the payload names one.
    pub(crate) owner: Option<Owner>,
    /// The repository that the delivery is about, if the payload names one.
    pub(crate) repository: Option<Repository>,
    /// The event's action, like `closed`.
    pub(crate) action: Option<String>,
    /// The delivery registers its owner: the App was installed.
    pub(crate) registers_owner: bool,
    /// The plan for the delivery.
    pub(crate) plan: Plan,
}

/// An owner, as a payload names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) id: i64,
    pub(crate) login: String,
}

/// The plan for a delivery.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Plan {
    /// Apply these effects, in this order, all or nothing.
    Apply(Vec<Effect>),
    /// Nothing more: receiving it was enough.
    NoEffects,
    /// Nothing, for this reason.
    Ignore(String),
    /// Nothing: it is malformed, and a second attempt would not help.
    Reject(String),
}

/// The reason why a known event is malformed.
struct Malformed(String);

/// Parses a delivery and decides its effects. An error text names the place in the body, and never quotes a value.
///
/// # Errors
/// If the body is not JSON.
pub(crate) fn parse(event: &str, body: &[u8]) -> Result<ParsedDelivery, serde_json::Error> {
    let payload: Payload = match shape::read(body) {
        Ok(payload) => payload,
        Err(ReadError::Shape(malformed)) => return Ok(misshapen(event, malformed)),
        Err(ReadError::Syntax(error)) => return Err(error),
    };
    let action = payload.action.clone().filter(|action| shape::is_action(action));
    let plan = match stated(event, action.as_deref(), &payload) {
        Ok(Stated::Facts(facts)) => plan(&facts),
        Ok(Stated::Nothing) => Plan::NoEffects,
        Ok(Stated::Unhandled) => unhandled(event, action.as_deref()),
        Err(Malformed(reason)) => Plan::Reject(reason),
    };
    let registers_owner = (event, action.as_deref()) == ("installation", Some("created"));
    let (owner, repository) = (payload.owner(event), payload.repository_name());
    Ok(ParsedDelivery { owner, repository, action, registers_owner, plan })
}

/// Decides about each statement of a delivery. One that is to be ignored comes alone.
fn plan(facts: &[(Subject, Fact)]) -> Plan {
    let mut effects = Vec::new();
    for (subject, fact) in facts {
        match decide(subject, fact, &Context::Webhook) {
            Decision::Apply(more) => effects.extend(more),
            Decision::LeaveAlone(reason) => return Plan::Ignore(reason),
            Decision::Keep | Decision::Skip => {}
            // Questions are for sweeps: an event states all that its effect depends on.
            Decision::AskWhenReopened | Decision::AskForOwner(_) => {}
        }
    }
    if effects.is_empty() { Plan::NoEffects } else { Plan::Apply(effects) }
}

fn misshapen(event: &str, Malformed(reason): Malformed) -> ParsedDelivery {
    let plan = if facts::is_known(event) { Plan::Reject(reason) } else { unhandled(event, None) };
    ParsedDelivery { owner: None, repository: None, action: None, registers_owner: false, plan }
}

fn unhandled(event: &str, action: Option<&str>) -> Plan {
    let action = action.map_or(String::new(), |action| format!(".{action}"));
    Plan::Ignore(format!("nothing is to be done about {event}{action}"))
}
