//! Requests mean what they say.

mod caches;
mod size;
