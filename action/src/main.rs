//! The action's binary: the process's environment and standard output, handed to the library.

use std::io;
use std::process::ExitCode;

use anyhow::Context;

fn main() -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the asynchronous runtime did not start")?;
    let mut stdout = io::stdout();
    let step = phase_data_action::run(&phase_data_action::environment, &mut stdout);
    // A failed step has said everything on standard output, where the runner looks for it.
    Ok(if runtime.block_on(step).is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
