//! `restore`: restores all phases that a clean-up hid, for a reopened issue.

use time::OffsetDateTime;

use super::{IssueContext, Report, Storage, json_array, listed, warn_of_fallback};
use crate::error::Error;
use crate::interface::RESTORED;
use crate::log::Log;

pub(super) async fn restore(
    context: &IssueContext<'_>,
    reopened_at: Option<OffsetDateTime>,
    report: &mut Report,
    log: &mut Log<'_>,
) -> Result<Storage, Error> {
    let target = context.target;
    log.line(&format!("Restoring {target}."));
    let (restored, storage) = match context.client.restore(target, reopened_at, log).await {
        Ok(back) => (back.restored, Storage::Backend),
        Err(error) if context.job.falls_back_on(&error) => {
            warn_of_fallback(&error, "nothing is restored.", log);
            (Vec::new(), Storage::Local)
        }
        Err(error) => return Err(error),
    };
    let names = || restored.iter().copied();
    report.outputs.set(&RESTORED, json_array(names()));
    report.summary.phase = listed(names());
    report.summary.outcome = match (storage, restored.as_slice()) {
        (Storage::Local, _) => "not restored: backend not reachable",
        (Storage::Backend, []) => "nothing to restore",
        (Storage::Backend, _) => "restored",
    }
    .to_owned();
    match restored.as_slice() {
        [] => log.line(&format!("Nothing of {target} was restored.")),
        _ => log.line(&format!("Restored {} of {target}.", listed(names()))),
    }
    Ok(storage)
}
