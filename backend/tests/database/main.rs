//! The texts of the database's program, and of the server's code beside it.

mod calls_by_name;
mod files;
mod function_files;
mod layers;
