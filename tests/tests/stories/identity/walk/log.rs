//! The log of a walk, and the parts of it that are shown after a failure.

use std::collections::BTreeMap;

use super::super::model::{Model, PHASES, Row, SECOND};

pub(super) struct Log {
    seed: u32,
    /// Step, account, and what was done.
    entries: Vec<(usize, usize, String)>,
    skipped: BTreeMap<&'static str, usize>,
}

/// So many steps are shown.
const SHOWN: usize = 40;

impl Log {
    pub(super) fn new(seed: u32) -> Self {
        Self { seed, entries: Vec::new(), skipped: BTreeMap::new() }
    }

    pub(super) fn add(&mut self, step: usize, account: usize, label: &str) {
        self.entries.push((step, account, label.to_owned()));
    }

    /// Forgets what came after this many entries.
    pub(super) fn truncate(&mut self, entries: usize) {
        self.entries.truncate(entries);
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn skip(&mut self, why: &'static str) {
        *self.skipped.entry(why).or_default() += 1;
    }

    pub(super) fn skipped(&self) -> &BTreeMap<&'static str, usize> {
        &self.skipped
    }

    /// Ends the walk. It shows the steps about the ids and names that the sentence names, and the rows of these.
    pub(super) fn fail(&self, step: usize, account: usize, model: &Model, what: &str) -> ! {
        let mut about = mentioned(what);
        let mut rows = String::new();
        for row in &model.rows {
            let id = row.id.map(|id| format!("#{id}"));
            let both: Vec<String> = id.into_iter().chain(row.name.map(str::to_owned)).collect();
            if both.iter().any(|word| about.contains(word)) {
                about.extend(both);
                rows.push_str(&shown(row));
            }
        }
        let own = self.entries.iter().filter(|entry| entry.1 == account);
        let matters: Vec<String> = own
            .filter(|(_, _, label)| mentioned(label).iter().any(|word| about.contains(word)))
            .map(|(step, _, label)| format!("{step}: {label}"))
            .collect();
        let matters = matters[matters.len().saturating_sub(SHOWN)..].join("\n  ");
        let seed = self.seed;
        panic!("seed {seed}, step {step}: {what}\nafter\n  {matters}\nthe model has{rows}");
    }
}

fn shown(row: &Row) -> String {
    let named_at = (row.named_at.earliest / SECOND, row.named_at.latest / SECOND);
    let mut text = format!("\n  #{:?} {:?} named at {named_at:?}", row.id, row.name);
    for (number, issue) in &row.issues {
        text.push_str(&format!("\n    {number}:"));
        for (phase, slot) in PHASES.iter().zip(&issue.slots) {
            let Some(document) = &slot.document else { continue };
            let hidden = if document.hidden { " hidden" } else { "" };
            text.push_str(&format!(" {phase} r{} {}{hidden},", slot.revision, document.content));
        }
        text.push_str(&format!(" {:?}", issue.change));
    }
    text
}

/// The ids (`#1`) and names (`octo/a`) in a text.
fn mentioned(text: &str) -> Vec<String> {
    let words = text.split(|letter: char| letter.is_whitespace() || ",;:?".contains(letter));
    let known = words.filter(|word| word.starts_with('#') || word.starts_with("octo/"));
    known.map(|word| word.split('/').take(2).collect::<Vec<_>>().join("/")).collect()
}
