//! Rules without I/O: they know neither HTTP nor SQL.

mod json_check;
mod key_rules;
pub(crate) mod lifecycle;
mod precondition;
mod revisions;
mod webhook;

pub(crate) use json_check::{Flaw, FlawKind, JsonLimits, check};
pub(crate) use key_rules::{KeyRules, KeyRulesError};
pub(crate) use precondition::{EntityTagError, EntityTags, Precondition};
pub(crate) use revisions::{entity_tag, freshness};
pub(crate) use webhook::{Heard, Subject, Verdict, Work, hear};
