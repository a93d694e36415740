//! Rules without I/O: they know neither HTTP nor SQL.

mod json_check;
mod key_rules;
mod merge_patch;
mod precondition;
mod revisions;
mod scope;
mod stored_form;
mod webhook;

pub(crate) use json_check::{Flaw, FlawKind, JsonLimits, MOST_DIGITS, check};
pub(crate) use key_rules::{KeyRules, KeyRulesError};
pub(crate) use merge_patch::merge_patch;
pub(crate) use precondition::{ContradictionError, EntityTagError, EntityTags, Precondition, TaggedPhase};
pub(crate) use revisions::{freshness, issue_tag, quoted};
pub(crate) use scope::Scope;
pub(crate) use stored_form::StoredForm;
pub(crate) use webhook::{ParsedDelivery, Plan, parse};
