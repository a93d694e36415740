//! Sweeps of the walk, and the checks after them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use phase_data_tests::{Backend, Fault, Issue, Random};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::happenings::happen;
use super::{Row, Walk, note_abroad};
use crate::sweep_by_app::OCTO;

impl Walk {
    /// A sweep during which anything happens and fails.
    pub(super) async fn eventful_sweep(&mut self) {
        let (before, truth) = (self.rows().await, self.whereabouts());
        let changes = Arc::new(Mutex::new(Vec::new()));
        for _ in 0..self.random.below(4) {
            let (mut random, events, nth) = (self.random.fork(), self.events.clone(), self.random.below(40));
            let (changes, documents, abroad) = (changes.clone(), self.documents.clone(), self.abroad.clone());
            self.stage.github.world().before_request(nth, move |world| {
                let change = happen(world, &mut random, &events);
                note_abroad(world, &documents, &abroad);
                changes.lock().expect("the changes").push(change);
            });
        }
        for _ in 0..self.random.below(3) {
            let (fault, nth) = (fault(&mut self.random), self.random.below(40));
            self.stage.github.world().before_request(nth, move |world| world.fail("", fault));
        }
        self.stage.github.world().token_uses = self.random.one_of(&[None, None, Some(1), Some(7)]).flatten();
        let printed = self.try_sweep();
        self.stage.github.world().token_uses = None;
        self.stage.github.world().forget_plans();
        let happened = std::mem::take(&mut *changes.lock().expect("the changes"));
        self.steps.push(format!("swept beside {happened:?}: {printed}"));
        let (after, truth_after) = (self.rows().await, self.whereabouts());
        for (content, (place, issue)) in &truth {
            // The last change of an issue has a time of its own: the same time, and nothing happened to it.
            let is_open = matches!(issue, Some(Issue::Here { closed_at: None, .. }));
            let (_, later) = &truth_after[content];
            let stayed = format!("{issue:?}") == format!("{later:?}");
            let was_live = before.get(content).is_some_and(|row| row.is_live);
            if is_open && stayed && was_live && !self.is_abroad(*content) {
                let live = after.get(content).is_some_and(|row| row.is_live);
                self.check(live, &format!("{content} of the open issue {place:?} was hidden"));
            }
        }
        self.nothing_purged_is_back(&after);
    }

    /// Nothing happens and nothing fails: all is as it should be after a few sweeps, and a dry run tells what the next
    /// one does.
    pub(super) async fn quiet_sweeps(&mut self) {
        for _ in 0..3 {
            let rehearsal = self.stage.sweep(&["--dry-run"]);
            let printed = self.stage.sweep(&[]);
            self.steps.push(format!("swept quietly: {printed}"));
            self.check(
                rehearsal.replace("would be ", "") == printed,
                &format!("the dry run said: {rehearsal}"),
            );
        }
        let rows = self.rows().await;
        for (content, (place, issue)) in self.whereabouts() {
            // From a repository that can't be asked about nothing is known to have gone elsewhere.
            let kept_in = rows.get(&content).map_or(place.0, |row| row.repository_id);
            let is_in_use = {
                let world = self.stage.github.world();
                let owner = world.name_and_owner(place.0).map(|(_, owner)| owner);
                owner == Some(OCTO.into()) && world.is_in_use(place.0) && world.is_in_use(kept_in)
            };
            if self.purged.contains(&content) || self.is_abroad(content) || !is_in_use {
                continue;
            }
            let row = rows.get(&content).cloned();
            let live = row.as_ref().is_some_and(|row| {
                (row.repository_id, i64::from(row.issue_number), row.is_live) == (place.0, place.1, true)
            });
            let expected = match (&issue, &row) {
                (Some(Issue::Here { closed_at: None, .. }), _) => true,
                (Some(Issue::Here { closed_at: Some(at), .. }), Some(row)) => time(at) < row.last_stored_at,
                _ => false,
            };
            self.check(live == expected, &format!("{content} of {place:?}, {issue:?}, is {row:?}"));
        }
        self.nothing_purged_is_back(&rows);
    }

    fn is_abroad(&self, content: i64) -> bool {
        self.abroad.lock().expect("the documents").contains(&content)
    }

    fn try_sweep(&self) -> String {
        let settings = self.stage.settings();
        let settings = [&[("DATABASE_URL", self.stage.backend.database_url())][..], &settings].concat();
        let output = Backend::run(&settings, &["sweep"]);
        let printed =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(!printed.contains("panicked"), "{printed}");
        printed
    }

    fn nothing_purged_is_back(&self, rows: &BTreeMap<i64, Row>) {
        for content in &self.purged {
            let back = rows.get(content).is_some_and(|row| row.is_live);
            self.check(!back, &format!("{content} was purged, and is back"));
        }
    }
}

fn fault(random: &mut Random) -> Fault {
    let limited = || vec![("retry-after".to_owned(), "3600".to_owned())];
    match random.below(40) {
        0 => Fault::Silence,
        1..=5 => Fault::HangUp,
        6..=12 => Fault::Status(502, Vec::new()),
        13..=18 => Fault::Status(403, limited()),
        19..=24 => Fault::Status(404, Vec::new()),
        25..=30 => Fault::Status(410, Vec::new()),
        31..=34 => Fault::Status(403, Vec::new()),
        35..=37 => Fault::Status(401, Vec::new()),
        _ => Fault::Status(200, Vec::new()),
    }
}

fn time(text: &str) -> OffsetDateTime {
    OffsetDateTime::parse(text, &Rfc3339).expect("a time")
}
