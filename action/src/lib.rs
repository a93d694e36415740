//! The phase-data action: stores, retrieves and cleans up what a workflow knows about an issue.
//!
//! In reading order:
//! - [`interface`] declares every input and output; `action.yml` repeats it.
//! - `inputs` reads them, `runner` the runner's own variables, `event` the issue, `payload` the
//!   document; `auth` chooses the credential: a key, or the id tokens that the runner gives this job.
//!   `job` puts them together: after it nothing is checked again.
//! - `pointer` finds a value in a stored document.
//! - `client` talks to the backend and tries again where that may help.
//! - `kept` is what a step leaves on the runner while the backend is not reachable.
//! - `operations` has a file for each operation.
//! - `trace` names the step to the backend.
//! - `links` knows where more is said about a problem.
//! - `log`, `outputs` and `summary` are the only ways out; `text` makes foreign texts harmless.
//! - [`Error`] is everything that fails a step, each with its `hint()`.
//!
//! What is stored is untrusted input for the next workflow: it goes to the outputs and to a file,
//! never into the log.

mod auth;
mod backend_url;
mod client;
mod error;
mod event;
mod inputs;
pub mod interface;
mod job;
mod kept;
mod links;
mod log;
mod operations;
mod outputs;
mod payload;
mod pointer;
mod random;
mod runner;
mod secret;
mod summary;
mod text;
mod trace;

use std::ffi::OsString;
use std::io::Write;

pub use auth::CredentialError;
pub use backend_url::{BackendUrl, BackendUrlError};
pub use client::{BackendProblem, Mismatch, Sent};
pub use error::Error;
pub use event::EventError;
pub use inputs::{InputProblem, environment};
pub use payload::{PayloadError, PayloadProblem};
pub use pointer::PointerError;

use inputs::Inputs;
use job::Plan;
use log::Log;
use operations::{Report, do_nothing, perform};
use runner::Runner;
use summary::{CLAIMS_TITLE, Failure, Summary};

/// Runs the step: reads its inputs through `lookup`, reports to `stdout` and to the runner's files.
///
/// # Errors
/// Whatever fails the step. It has been reported then, as an annotation and in the summary.
pub async fn run(lookup: &dyn Fn(&str) -> Option<OsString>, stdout: &mut dyn Write) -> Result<(), Error> {
    let mut log = Log::new(stdout);
    let inputs = Inputs::from_lookup(lookup);
    if let Some(key) = inputs.exact(&interface::API_KEY) {
        log.mask(&key);
    }
    if let Some(token) = inputs.variable(auth::REQUEST_TOKEN) {
        log.mask(&token);
    }
    let runner = Runner::from_inputs(&inputs);
    log.set_debug(runner.debug);
    let mut report = Report::default();
    let outcome = step(inputs, &runner, &mut report, &mut log).await;
    let written = report.outputs.write(runner.output.as_deref(), &mut log);
    let outcome = outcome.and(written);
    if let Err(error) = &outcome {
        let link = links::section(error, runner.problems_page.as_deref(), report.backend.as_deref());
        tell(error, link, &mut report.summary, &mut log);
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
        Plan::Off { operation, why } => {
            do_nothing(operation, why, report, log);
            Ok(())
        }
    }
}

/// Says why the step fails, in the log and in the summary.
fn tell(error: &Error, link: Option<String>, summary: &mut Summary, log: &mut Log<'_>) {
    let more = link.as_ref().map(|link| format!("\nMore: {link}")).unwrap_or_default();
    log.error(error.title(), &format!("{error}\n{}{more}", error.hint()));
    if !error.claims().is_empty() {
        let claims = error.claims().iter().map(|(name, value)| format!("{name}: {value}"));
        log.group(CLAIMS_TITLE, claims);
    }
    summary.outcome = error.title().replace("phase-data: ", "failed: ");
    summary.failure = Some(Failure {
        cause: log.without_secrets(&error.to_string()),
        hint: error.hint().to_owned(),
        link,
        claims: error.claims().to_owned(),
    });
}
