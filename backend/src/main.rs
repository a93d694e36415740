//! The phase-data backend's program.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// The system's allocator keeps what a flood of large bodies took; this one gives it back.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    phase_data_backend::command::run()
}
