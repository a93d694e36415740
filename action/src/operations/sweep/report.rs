//! The report of a sweep: outputs, summary, log and warning.

use phase_data_wire::IssueNumber;

use super::Sweep;
use crate::error::Error;
use crate::interface::{COUNT, REOPENED, SWEPT};
use crate::log::Log;
use crate::operations::Report;
use crate::operations::list::{array, issues};

/// The result of a sweep, as far as it came.
#[derive(Default)]
pub(super) struct SweepReport {
    pub(super) cleaned_up: Vec<IssueNumber>,
    /// The issues that were reopened, and whose data is restored.
    pub(super) restored: Vec<IssueNumber>,
    /// The issues that were left alone, with the reasons.
    pub(super) left_alone: Vec<String>,
    /// The number of issues that were not looked at yet.
    pub(super) remaining: usize,
    /// The time for asking GitHub ran out.
    pub(super) is_cut_short: bool,
}

impl Sweep<'_> {
    /// Adds what was done to an error that came of the step's time.
    pub(super) fn out_of_time(&self, cause: Error, sweep: &SweepReport) -> Error {
        if !(self.client.is_out_of_time() || sweep.is_cut_short) || !cause.is_waiting() {
            return cause;
        }
        let done = format!("{}, {} not looked at yet", self.outcome(sweep), issues(sweep.remaining));
        Error::TimeIsUp { seconds: self.job.timeout.as_secs(), done, cause: cause.into() }
    }

    /// Summarizes the sweep in a few words.
    fn outcome(&self, sweep: &SweepReport) -> String {
        let would = if self.dry_run { "would be " } else { "" };
        let back = match sweep.restored.len() {
            0 => String::new(),
            back => format!(", {back} {would}restored"),
        };
        format!("{} {would}cleaned up{back}", sweep.cleaned_up.len())
    }

    /// Writes outputs, summary and log.
    pub(super) fn publish(&self, sweep: &SweepReport, report: &mut Report, log: &mut Log<'_>) {
        let count = sweep.cleaned_up.len();
        report.outputs.set(&SWEPT, array(&sweep.cleaned_up));
        report.outputs.set(&COUNT, count.to_string());
        report.outputs.set(&REOPENED, array(&sweep.restored));
        report.summary.outcome = self.outcome(sweep);
        let rest = report.summary.outcome.trim_start_matches(|first: char| first.is_ascii_digit());
        log.line(&format!("{}{rest}.", issues(count)));
        if !sweep.left_alone.is_empty() {
            let text = format!(
                "{}\nTheir data stays: an issue that can't be seen may be there all the same. If it is gone for \
                 good, clean up with its issue-number.",
                sweep.left_alone.join("\n")
            );
            log.warning("phase-data: issues left alone", &text);
        }
    }
}
