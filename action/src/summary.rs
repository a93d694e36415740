//! Writes the step's row in the job's summary. It never shows a document.

use std::path::Path;

use crate::log::Log;
use crate::outputs::append;
use crate::text::{cell, paragraph};

/// The result of the step, for people. Unknown fields stay empty.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    pub(crate) operation: String,
    pub(crate) issue: String,
    pub(crate) phase: String,
    pub(crate) revision: String,
    pub(crate) commit: String,
    pub(crate) size: String,
    pub(crate) outcome: String,
    pub(crate) links: Vec<Link>,
    pub(crate) failure: Option<Failure>,
}

/// A link below the table.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) text: String,
    pub(crate) url: String,
}

/// The failure of the step.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) cause: String,
    pub(crate) hint: String,
    /// A link to more about the problem.
    pub(crate) link: Option<String>,
    /// The claims of a refused id token.
    pub(crate) claims: Vec<(String, String)>,
}

/// The title of a refused token's claims.
pub(crate) const CLAIMS_TITLE: &str = "Claims of the refused token (unverified, for debugging)";

/// The limit of GitHub for one step.
const MAX_BYTES: usize = 1024 * 1024;

const HEAD: &str = "| phase-data | Issue | Phase | Revision | Commit | Size | Outcome |\n\
                    | --- | --- | --- | --- | --- | --- | --- |\n";

impl Summary {
    /// Appends the table. A failure here is only a warning: the step's work is done.
    pub(crate) fn write(&self, file: Option<&Path>, log: &mut Log<'_>) {
        let Some(path) = file else { return };
        let mut markdown = self.markdown();
        if markdown.len() > MAX_BYTES {
            // Beyond its limit GitHub shows no part of the summary.
            let outcome = "too long for the summary: see the log".to_owned();
            markdown = Self { outcome, ..Self::default() }.markdown();
            log.notice(
                "phase-data: summary cut",
                "The summary would be larger than 1 MiB. The log has everything.",
            );
        }
        if let Err(error) = append(path, &markdown) {
            log.warning("phase-data: no summary", &format!("The job summary can't be written: {error}."));
        }
    }

    /// Returns the table between blank lines, which separate it from the text of other steps.
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
        let links = self.links.iter().map(|link| format!("[{}](<{}>)\n\n", paragraph(&link.text), link.url));
        format!("\n{HEAD}| {} |\n\n{}{failure}", row.join(" | "), links.collect::<String>())
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

/// Formats a size for people.
pub(crate) fn bytes(count: usize) -> String {
    format!("{count} {}", if count == 1 { "byte" } else { "bytes" })
}
