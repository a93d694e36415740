//! Finds the commit that is built.

#[path = "../build/commit.rs"]
mod commit;

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    commit::find(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
}
