//! The documents: what they show is run, what they list is compared, what they link to is there.

mod commands;
mod links;
pub(crate) mod markdown;
mod tables;
mod updates;
mod workflows;
