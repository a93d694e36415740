//! `cleanup`: removes all phases of the issue. It is idempotent: an issue without data is no error.

use phase_data_wire::Phase;
use time::OffsetDateTime;

use super::{IssueContext, Report, Storage, json_array, listed, warn_of_fallback};
use crate::error::Error;
use crate::interface::DELETED;
use crate::log::Log;

pub(super) async fn cleanup(
    context: &IssueContext<'_>,
    closed_at: Option<OffsetDateTime>,
    report: &mut Report,
    log: &mut Log<'_>,
) -> Result<Storage, Error> {
    let target = context.target;
    log.line(&format!("Cleaning up {target}."));
    let (deleted, storage) = match context.client.cleanup(target, closed_at, log).await {
        Ok(gone) => {
            if context.job.best_effort {
                context.local.remove(&Phase::ALL)?;
            }
            (gone.deleted, Storage::Backend)
        }
        Err(error) if context.job.falls_back_on(&error) => {
            let removed = context.local.remove(&Phase::ALL)?;
            let instead = "the documents that this job saved on the runner are removed; the data on the backend remains.";
            warn_of_fallback(&error, instead, log);
            (removed, Storage::Local)
        }
        Err(error) => return Err(error),
    };
    let names = || deleted.iter().copied();
    report.outputs.set(&DELETED, json_array(names()));
    report.summary.phase = listed(names());
    report.summary.outcome = match (storage, deleted.as_slice()) {
        (Storage::Local, _) => "not cleaned up: backend not reachable",
        (Storage::Backend, []) => "no data",
        (Storage::Backend, _) => "deleted",
    }
    .to_owned();
    match deleted.as_slice() {
        [] => log.line(&format!("Nothing was {} for {target}.", word(storage))),
        _ => log.line(&format!("Removed {} of {target}.", listed(names()))),
    }
    Ok(storage)
}

fn word(storage: Storage) -> &'static str {
    match storage {
        Storage::Backend => "stored",
        Storage::Local => "saved on the runner",
    }
}
