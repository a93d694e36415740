//! The calls on phase data, one file each.

mod attempts;
mod claims;
mod clean_up;
mod events;
mod retrieve;
mod state;
mod store;

// Glob exports, because all requests and answers are public.
pub use attempts::*;
pub use claims::*;
pub use clean_up::*;
pub use events::*;
pub use retrieve::*;
pub use state::*;
pub use store::*;
