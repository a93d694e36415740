//! Requests mean what they say.

mod size;
