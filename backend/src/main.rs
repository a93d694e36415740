//! The phase-data backend's program.

#[path = "../../build/version.rs"]
mod version;

use std::process::ExitCode;
use std::sync::LazyLock;

use mimalloc::MiMalloc;
use phase_data_backend::Program;

/// The system's allocator keeps what a flood of large bodies took; this one gives it back.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// The tables and functions of this release.
static PROGRAM: LazyLock<Program> = LazyLock::new(|| Program::shipped().with_version(version::version()));

fn main() -> ExitCode {
    phase_data_backend::command::run(&PROGRAM)
}
