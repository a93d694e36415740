//! `doctor`: checks every part of the path to the data, and says what to do about a failure.

use std::time::SystemTime;

use phase_data_wire::phase_data::StorePhaseData;
use phase_data_wire::{Document, IssueNumber, Phase, Repository};

use super::Report;
use crate::client::Client;
use crate::condition::Condition;
use crate::error::Error;
use crate::http;
use crate::job::{Filter, Job, ResultState, StoreOptions};
use crate::log::Log;
use crate::random;
use crate::target::Target;

/// The issue that the doctor stores and purges: the largest possible number, which no repository reaches.
const RESERVED: i64 = i32::MAX as i64;
/// With a larger difference id tokens are refused.
const MAX_CLOCK_DIFFERENCE_SECONDS: u64 = 60;

/// The checks so far.
struct Checks<'a, 'b> {
    log: &'a mut Log<'b>,
    failed: Vec<String>,
    fix: Option<String>,
    /// The backend's version, once it is known.
    version: String,
}

impl Checks<'_, '_> {
    fn passed(&mut self, name: &str, meaning: &str) {
        self.log.line(&format!("ok      {name}: {meaning}"));
    }

    fn failed(&mut self, name: &str, cause: &str, fix: &str) {
        self.log.line(&format!("FAILED  {name}: {cause}"));
        self.log.line(&format!("        {fix}"));
        self.failed.push(format!("{name}: {cause}"));
        self.fix.get_or_insert_with(|| fix.to_owned());
    }

    /// Records the outcome of a call, and returns its answer.
    fn outcome<T>(&mut self, name: &str, meaning: &str, outcome: Result<T, Error>) -> Option<T> {
        match outcome {
            Ok(value) => {
                self.passed(name, meaning);
                Some(value)
            }
            Err(error) => {
                let error = match error.is_about_contract() {
                    true => error.of_backend(&self.version),
                    false => error,
                };
                let hint = self.log.hint(&error);
                self.failed(name, &error.to_string(), &hint);
                None
            }
        }
    }
}

pub(super) async fn doctor(
    job: &Job,
    client: &Client<'_>,
    repository: &Repository,
    report: &mut Report,
    log: &mut Log<'_>,
) -> Result<(), Error> {
    log.line(&format!("Checking the path to {}.", job.backend.as_str()));
    let mut checks = Checks { log, failed: Vec::new(), fix: None, version: String::new() };
    let alive = client.health("live", checks.log).await;
    let meaning = match http::is_tls(job.backend.url()) {
        true => "a phase-data backend answers at this address (name, connection, TLS)",
        false => "a phase-data backend answers at this address (name, connection; plain http, not encrypted)",
    };
    if let Some(alive) = checks.outcome("reach", meaning, alive) {
        checks.version = alive.version;
        clock(alive.date, &mut checks);
        let ready = client.health("ready", checks.log).await;
        checks.outcome("database", "the backend can use its database", ready);
        let everything = Filter::default();
        let listed = client.list(repository, &everything, None, client.deadline(), checks.log).await;
        let meaning = format!("it is valid, its account exists, and it may read {repository}");
        if checks.outcome("credential", &meaning, listed).is_some() {
            round_trip(client, repository, &mut checks).await?;
        }
    }
    let Checks { failed, fix, .. } = checks;
    report.summary.outcome = match failed.len() {
        0 => "all checks passed".to_owned(),
        count => format!("{count} checks failed"),
    };
    match fix {
        None => Ok(()),
        Some(fix) => Err(Error::Doctor { failed, fix }),
    }
}

fn clock(date: Option<SystemTime>, checks: &mut Checks<'_, '_>) {
    let Some(date) = date else {
        return checks.passed("clock", "not checked: the answer has no Date header");
    };
    let now = SystemTime::now();
    let apart = now.duration_since(date).or_else(|_| date.duration_since(now)).unwrap_or_default().as_secs();
    if apart <= MAX_CLOCK_DIFFERENCE_SECONDS {
        return checks.passed("clock", "this machine and the backend agree");
    }
    let cause = format!("this machine and the backend differ by {apart} s");
    checks.failed(
        "clock",
        &cause,
        "Id tokens are refused because of this. Synchronise the wrong clock with a time server.",
    );
}

/// Stores, retrieves and purges data of the reserved issue.
async fn round_trip(
    client: &Client<'_>,
    repository: &Repository,
    checks: &mut Checks<'_, '_>,
) -> Result<(), Error> {
    let issue_number = IssueNumber::try_from(RESERVED).map_err(|error| Error::client(&error))?;
    let target = Target { repository: repository.clone(), issue_number };
    let text = format!("\"doctor {:032x}\"", random::bits()?);
    let document = StorePhaseData {
        repository: repository.clone(),
        issue_number,
        phase: Phase::Scan,
        commit_sha: None,
        expires_in_seconds: None,
        status: None,
        outcome: None,
        reason: None,
        claim_id: None,
        keep_claim: None,
        data: Document::parse(text.clone()).map_err(|error| Error::client(&error))?,
    };
    let options = StoreOptions {
        phase: Phase::Scan,
        condition: Condition::None,
        merge: false,
        expires_in: None,
        state: ResultState::default(),
        comment: false,
        dispatch: None,
    };
    let stored = client.store(&document, &options, checks.log).await;
    if checks.outcome("store", "the credential may write", stored).is_none() {
        return Ok(());
    }
    let back = client.retrieve(&target, Some(Phase::Scan), checks.log).await;
    let same =
        back.map(|back| back.is_some_and(|back| back.phases.iter().any(|one| one.data.as_str() == text)));
    match same {
        Ok(false) => checks.failed(
            "retrieve",
            "the retrieved document is not the stored one",
            "A cache between this machine and the backend may confuse answers, or another doctor is running.",
        ),
        other => drop(checks.outcome("retrieve", "the retrieved document is the stored one", other)),
    }
    let purged = client.purge(&target, checks.log).await;
    checks.outcome("cleanup", "the test data is removed", purged);
    Ok(())
}
