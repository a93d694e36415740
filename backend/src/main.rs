//! The phase-data backend's program.

use std::process::ExitCode;

fn main() -> ExitCode {
    phase_data_backend::command::run()
}
