//! Examples of the objects in the contract. The schemas of names are declared beside them, see [`crate::schema`].

mod admin;
mod claims;
mod examples;
mod extensible;
mod webhooks;
