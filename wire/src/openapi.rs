//! What the contract shows of objects: an example of each. The schemas of names stand beside them, see [`crate::schema`].

mod admin;
mod examples;
mod extensible;
mod webhooks;
