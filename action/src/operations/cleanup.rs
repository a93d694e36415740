//! `cleanup`: every phase of the issue. Nothing there is fine: cleaning up twice is no mistake.

use super::{Report, about, json_array, listed};
use crate::client::Client;
use crate::error::Error;
use crate::interface::DELETED;
use crate::job::Job;
use crate::log::Log;

pub(super) async fn cleanup(
    job: &Job,
    client: &Client<'_>,
    report: &mut Report,
    log: &mut Log<'_>,
) -> Result<(), Error> {
    let target = &job.target;
    log.line(&format!("Cleaning up {target}."));
    let gone = client.cleanup(log).await?;
    about(target, &gone.repository, gone.issue_number)?;
    let deleted = || gone.deleted.iter().copied();
    report.outputs.set(&DELETED, json_array(deleted()));
    report.summary.phase = listed(deleted());
    report.summary.outcome = if gone.deleted.is_empty() { "nothing was there" } else { "deleted" }.to_owned();
    match gone.deleted.as_slice() {
        [] => log.line(&format!("Nothing was stored for {target}.")),
        _ => log.line(&format!("Removed {} of {target}.", listed(deleted()))),
    }
    Ok(())
}
