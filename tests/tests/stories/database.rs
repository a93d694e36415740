//! Databases that are not as expected: other defaults, another encoding, read-only, another schema.

mod commands;
mod defaults;
mod encoding;
mod pooler;
mod read_only;
mod readiness;
mod refused;
