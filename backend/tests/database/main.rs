//! The texts of the database's program.

mod calls_by_name;
mod files;
mod function_files;
