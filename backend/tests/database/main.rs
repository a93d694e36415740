//! The texts of the database's program, and of the server's code and documents beside it.

mod calls_by_name;
mod files;
mod function_files;
mod layers;
mod log_fields;
