//! The row that the step adds to the job's summary page. It never shows a document.

use std::path::Path;

use crate::log::Log;
use crate::outputs::append;
use crate::text::{cell, paragraph};

/// What the step did, for people. What is not known stays empty.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    pub(crate) operation: String,
    pub(crate) issue: String,
    pub(crate) phase: String,
    pub(crate) revision: String,
    pub(crate) commit: String,
    pub(crate) size: String,
    pub(crate) outcome: String,
    pub(crate) failure: Option<Failure>,
}

/// Why the step failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) cause: String,
    pub(crate) hint: String,
    /// Where more is said about it.
    pub(crate) link: Option<String>,
    /// Of a refused id token.
    pub(crate) claims: Vec<(String, String)>,
}

/// What stands above a refused token's claims.
pub(crate) const CLAIMS_TITLE: &str = "The claims of the refused token, unverified, for debugging";

/// What GitHub shows of one step.
const MAX_BYTES: usize = 1024 * 1024;

const HEAD: &str = "| phase-data | Issue | Phase | Revision | Commit | Size | Outcome |\n\
                    | --- | --- | --- | --- | --- | --- | --- |\n";

impl Summary {
    /// Appends the table. The summary informs; a step whose work is done does not fail for it.
    pub(crate) fn write(&self, file: Option<&Path>, log: &mut Log<'_>) {
        let Some(path) = file else { return };
        let mut markdown = self.markdown();
        if markdown.len() > MAX_BYTES {
            // Past its limit GitHub shows nothing of the whole summary.
            let outcome = "too long for a summary: see the log".to_owned();
            markdown = Self { outcome, ..Self::default() }.markdown();
            log.notice(
                "phase-data: summary cut",
                "The summary would have more than 1 MiB; the log has it all.",
            );
        }
        if let Err(error) = append(path, &markdown) {
            log.warning("phase-data: no summary", &format!("The job's summary can't be written: {error}."));
        }
    }

    /// The table, with blank lines around it: without them Markdown would join it to another step's text.
    fn markdown(&self) -> String {
        let cells = [
            &self.operation,
            &self.issue,
            &self.phase,
            &self.revision,
            &self.commit,
            &self.size,
            &self.outcome,
        ];
        let row = cells.map(|value| if value.is_empty() { "–".to_owned() } else { cell(value) });
        let failure = self.failure.as_ref().map(Failure::markdown).unwrap_or_default();
        format!("\n{HEAD}| {} |\n\n{failure}", row.join(" | "))
    }
}

impl Failure {
    fn markdown(&self) -> String {
        let (cause, hint) = (paragraph(&self.cause), paragraph(&self.hint));
        let mut markdown = format!("**Cause:** {cause}\n\n**What to do:** {hint}\n\n");
        if let Some(link) = &self.link {
            markdown.push_str(&format!("[More about this problem](<{link}>)\n\n"));
        }
        if !self.claims.is_empty() {
            markdown.push_str(&format!("{CLAIMS_TITLE}:\n\n| Claim | Value |\n| --- | --- |\n"));
            for (name, value) in &self.claims {
                markdown.push_str(&format!("| {} | {} |\n", cell(name), cell(value)));
            }
            markdown.push('\n');
        }
        markdown
    }
}

/// A size as people read it.
pub(crate) fn bytes(count: usize) -> String {
    format!("{count} {}", if count == 1 { "byte" } else { "bytes" })
}
