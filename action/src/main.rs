//! The action's binary: the process's arguments, environment and streams, handed to the library.

#[path = "../../build/version.rs"]
mod version;

use std::io;
use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;
use phase_data_action::{Environment, Invocation, read_command_line};

/// The exit code that shells use for a wrong command line; also for wrong inputs.
const EXIT_USAGE: u8 = 2;

fn main() -> anyhow::Result<ExitCode> {
    let (mut stdout, mut stderr) = (io::stdout(), io::stderr());
    let environment = Environment::of_process().with_version(version::version());
    let environment = match read_command_line(std::env::args_os().skip(1), environment) {
        Ok(Invocation::Step(environment)) => environment,
        Ok(Invocation::Text(text)) => {
            stdout.write_all(text.as_bytes())?;
            return Ok(ExitCode::SUCCESS);
        }
        Err(error) => {
            writeln!(stderr, "error: {error}")?;
            return Ok(ExitCode::from(EXIT_USAGE));
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the asynchronous runtime did not start")?;
    let step = phase_data_action::run(&environment, &mut stdout, &mut stderr);
    // A failed step has already reported its error.
    Ok(match runtime.block_on(step) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is_wrong_input() => ExitCode::from(EXIT_USAGE),
        Err(_) => ExitCode::FAILURE,
    })
}
