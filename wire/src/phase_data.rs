//! The calls on phase data, one file each.

mod clean_up;
mod events;
mod retrieve;
mod store;

// All of them: what a call takes and answers is public.
pub use clean_up::*;
pub use events::*;
pub use retrieve::*;
pub use store::*;
