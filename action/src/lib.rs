//! The phase-data action: stores, retrieves and cleans up the data of a workflow about an issue.
//!
//! In reading order:
//! - [`interface`] declares every input and output; `action.yml` repeats it.
//! - [`Environment`] has the step's variables; outside of a container `command_line` adds the inputs from flags.
//! - `inputs` reads the inputs, `runner` the runner's own variables, `event` the issue (a `target`), `payload` the
//!   document, `ca_roots` the trusted certificates; `auth` chooses the credential: a key, which `api_key` checks, or id tokens of
//!   this job. `job` combines them: later code checks no input again.
//! - `pointer` finds a value in a stored document; `condition` is what a store requires.
//! - `http` makes the HTTP client, `proxy` chooses its proxy; `client` calls the backend, and retries.
//! - `github` has the address and the token for GitHub's API.
//! - `files` reads and writes the files that inputs name, below the workspace.
//! - `local_store` saves documents on the runner while the backend is not reachable.
//! - `workflow` has the workflow that a step starts.
//! - `operations` has a file for each operation.
//! - `trace` identifies the step to the backend.
//! - `links` has the addresses of documentation.
//! - [`Usage`] tells a step from a command line, for the hints of errors.
//! - `log`, `outputs` and `summary` write all results; `text` makes foreign texts safe to print.
//! - [`Error`] is every error that fails a step, each with its `hint()`. It depends on none of the modules whose errors it has.
//!
//! Stored data is untrusted input for the next workflow: it is written to outputs and to a file, never to the log.

mod api_key;
mod auth;
mod backend_url;
mod ca_roots;
mod client;
mod command_line;
mod condition;
mod environment;
mod error;
mod event;
mod files;
mod github_access;
mod http;
mod inputs;
pub mod interface;
mod job;
mod links;
mod local_store;
mod log;
mod operations;
mod outputs;
mod payload;
mod pointer;
mod proxy;
mod random;
mod result_text;
mod runner;
mod secret;
mod summary;
mod target;
mod text;
mod trace;
mod usage;
mod workflow;

use std::io::Write;

pub use backend_url::{BackendUrl, BackendUrlError};
pub use command_line::{CommandLineError, Invocation, read as read_command_line};
pub use environment::Environment;
pub use error::{
    BackendProblem, CredentialError, CredentialKind, DispatchError, Error, EventError, FileError, Flaw,
    ForeignFormat, InputProblem, Mismatch, NoOffer, PayloadError, PayloadProblem, PointerError, Position,
    Versions,
};
pub use usage::Usage;

use inputs::Inputs;
use job::Plan;
use log::Log;
use operations::{Report, dispatch, do_nothing, perform};
use runner::Runner;
use summary::{CLAIMS_TITLE, Failure, Summary};

/// Runs the step. On a runner it writes to `stdout`, where lines can be commands, and to the runner's files; elsewhere it
/// writes its result to `stdout` and everything else to `stderr`.
///
/// # Errors
/// Any error that fails the step. It is already reported, as an annotation and in the summary.
pub async fn run(
    environment: &Environment,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> Result<(), Error> {
    let on_runner = environment.is_runner();
    let mut log = if on_runner { Log::commands(stdout) } else { Log::plain(stderr, stdout) };
    log.set_usage(environment.usage());
    let inputs = Inputs::new(environment);
    if let Some(key) = inputs.exact(&interface::API_KEY) {
        log.mask(&key);
    }
    for token in
        [inputs.variable(auth::REQUEST_TOKEN), inputs.given(&interface::GITHUB_TOKEN)].into_iter().flatten()
    {
        log.mask(&token);
    }
    let runner = Runner::from_inputs(&inputs);
    log.set_debug(runner.debug);
    let ignored = inputs.ignored();
    if !ignored.is_empty() {
        log.debug(|| {
            format!("Ignored variables, which are no inputs of this action: {}", ignored.join(", "))
        });
    }
    let mut report = Report::default();
    let outcome = step(inputs, &runner, &mut report, &mut log).await;
    let written = match &runner.output {
        Some(file) => report.outputs.write(file, &mut log),
        // A script could take the output of a failed command for its result.
        None if outcome.is_err() => Ok(()),
        None => report.outputs.print(&mut log),
    };
    let outcome = outcome.and(written);
    if let Err(error) = &outcome {
        let link = links::section(error, runner.problems_page.as_deref(), report.backend.as_deref());
        report_failure(error, link, &mut report.summary, &mut log);
    }
    report.summary.write(runner.step_summary.as_deref(), &mut log);
    outcome
}

async fn step(
    inputs: Inputs<'_>,
    runner: &Runner,
    report: &mut Report,
    log: &mut Log<'_>,
) -> Result<(), Error> {
    match Plan::from_inputs(inputs, runner)? {
        Plan::Do(job) => perform(&job, runner, report, log).await,
        Plan::Dispatch(job) => dispatch(&job, runner, report, log).await,
        Plan::Off { operation, reason, workflow } => {
            do_nothing(operation, reason, report, log);
            if let Some(workflow) = workflow {
                log.line(&format!("The workflow {workflow} was not started."));
            }
            Ok(())
        }
    }
}

/// Reports the failure in the log and in the summary.
fn report_failure(error: &Error, link: Option<String>, summary: &mut Summary, log: &mut Log<'_>) {
    let more = link.as_ref().map(|link| format!("\nMore: {link}")).unwrap_or_default();
    let hint = log.hint(error);
    log.error(error.title(), &format!("{error}\n{hint}{more}"));
    if !error.claims().is_empty() {
        let claims = error.claims().iter().map(|(name, value)| format!("{name}: {value}"));
        log.group(CLAIMS_TITLE, claims);
    }
    summary.outcome = error.title().replace("phase-data: ", "failed: ");
    summary.failure = Some(Failure {
        cause: log.without_secrets(&error.to_string()),
        hint,
        link,
        claims: error.claims().to_owned(),
    });
}
