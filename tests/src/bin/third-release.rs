//! The backend as its third release, see `phase_data_tests::releases`.

use std::process::ExitCode;
use std::sync::LazyLock;

use phase_data_backend::Program;
use phase_data_tests::releases;

static PROGRAM: LazyLock<Program> = LazyLock::new(releases::third);

fn main() -> ExitCode {
    phase_data_backend::command::run(&PROGRAM)
}
