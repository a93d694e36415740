//! A step that is switched off: it sends no request, and succeeds.

use super::{Report, list};
use crate::interface::{COUNT, DELETED, FOUND, PHASES, REOPENED, RESTORED, STORAGE, SWEPT};
use crate::job::OffReason;
use crate::log::Log;

/// Reports that the step did nothing, in outputs, summary and log.
pub(crate) fn do_nothing(operation: &str, reason: OffReason, report: &mut Report, log: &mut Log<'_>) {
    report.summary.operation = operation.to_owned();
    report.summary.outcome = "off: nothing was done".to_owned();
    match operation {
        "retrieve" => {
            report.outputs.set(&FOUND, "false");
            report.outputs.set(&PHASES, "[]");
        }
        "cleanup" => report.outputs.set(&DELETED, "[]"),
        "restore" => report.outputs.set(&RESTORED, "[]"),
        "sweep" => {
            report.outputs.set(&SWEPT, "[]");
            report.outputs.set(&REOPENED, "[]");
            report.outputs.set(&COUNT, "0");
        }
        "list" => list::set_outputs(&[], report, log),
        _ => {}
    }
    report.outputs.set(&STORAGE, "off");
    match reason {
        OffReason::Requested => log.line("persistence is off: nothing was done."),
        OffReason::NoBackend => log.notice(
            "phase-data: off",
            "backend-url is empty and persistence is best-effort, so nothing was done. To use phase-data, set \
             backend-url to the backend's address.",
        ),
    }
}
