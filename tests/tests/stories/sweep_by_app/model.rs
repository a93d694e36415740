//! A random walk: a GitHub on which anything happens, also between any two requests of a sweep, beside the real backend.
//! After each sweep nothing wanted is hidden, and nothing that was purged comes back.
//!
//! `just sweeps` takes 10,000 steps. `PHASE_DATA_TEST_SEED` takes the same ones again.

mod happenings;
mod sweeps;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use phase_data_tests::{APP_SECRET, Backend, FakeGithub, Issue, LocalIssuer, Random, World, random_walk};
use serde_json::json;
use sqlx::PgConnection;
use tempfile::NamedTempFile;
use time::OffsetDateTime;

use super::{OCTO, Stage};
use happenings::{Event, happen};

/// A place of an issue: its repository's id and its number.
type IssueKey = (i64, i64);

/// A document as the database has it.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
struct Row {
    content: i64,
    repository_id: i64,
    issue_number: i32,
    is_live: bool,
    closed_by: Option<String>,
    last_stored_at: OffsetDateTime,
}

struct Walk {
    stage: Stage,
    issuer: LocalIssuer,
    database: PgConnection,
    random: Random,
    /// The place of the last store of each issue.
    documents: BTreeMap<i64, IssueKey>,
    /// Issues that were hidden when their grace period ended.
    purged: BTreeSet<i64>,
    /// Issues that belonged to another owner while their data was elsewhere: a sweep may have removed it permanently.
    abroad: Arc<Mutex<BTreeSet<i64>>>,
    /// Events that GitHub has not delivered yet.
    events: Arc<Mutex<Vec<Event>>>,
    deliveries: u32,
    steps: Vec<String>,
}

impl Walk {
    async fn start(seed: u32) -> Self {
        let issuer = LocalIssuer::start();
        let backend =
            Backend::start_with(&[APP_SECRET, ("PHASE_DATA_OIDC_ISSUERS", &issuer.setting())]).await;
        let octo = backend.tenant("octo", OCTO);
        let (github, key) = (FakeGithub::start().await, NamedTempFile::new().expect("a file"));
        {
            let mut world = github.world();
            std::fs::write(key.path(), world.register_app()).expect("written");
            world.install(OCTO.into());
            world.largest_page = 5;
            for id in 1..=4 {
                world.repository(id, &format!("octo/r{id}"), OCTO.into());
                for number in 1..=5 {
                    world.open(id, number);
                }
            }
        }
        let (database, events) = (backend.database().await, Arc::default());
        let (documents, purged, abroad) = (BTreeMap::new(), BTreeSet::new(), Arc::default());
        let (stage, random) = (Stage { backend, octo, github, key }, Random::new(seed));
        Self {
            stage,
            issuer,
            database,
            random,
            documents,
            purged,
            abroad,
            events,
            deliveries: 0,
            steps: Vec::new(),
        }
    }

    async fn step(&mut self) {
        match self.random.below(20) {
            0..=5 => self.store().await,
            6..=12 => {
                let (mut random, events) = (self.random.fork(), self.events.clone());
                let label = happen(&mut self.stage.github.world(), &mut random, &events);
                note_abroad(&self.stage.github.world(), &self.documents, &self.abroad);
                self.steps.push(label);
            }
            13..=15 => self.deliver().await,
            16 => self.end_grace().await,
            17 => self.quiet_sweeps().await,
            _ => self.eventful_sweep().await,
        }
    }

    /// A workflow stores a document for an issue, where that is now.
    async fn store(&mut self) {
        let places = self.stage.github.world().issues_here();
        let Some(place) = self.random.one_of(&places) else { return };
        let named = self.stage.github.world().name_and_owner(place.0);
        let Some((name, owner)) = named.filter(|(_, owner)| *owner == i64::from(OCTO)) else { return };
        let content = i64::try_from(self.steps.len()).expect("a number");
        self.issuer.claim(json!({
            "repository": name, "repository_id": place.0.to_string(), "repository_owner": "octo",
            "repository_owner_id": owner.to_string(),
        }));
        let token = self.issuer.token(self.stage.backend.url());
        let number = u32::try_from(place.1).expect("a number");
        let stored = self.stage.backend.store(&token, &name, number, "scan", &content.to_string()).await;
        assert!(matches!(stored.status, 200 | 201), "{}", stored.body);
        let world = self.stage.github.world();
        self.documents.retain(|_, before| world.whereabouts(*before).0 != place);
        drop(world);
        self.documents.insert(content, place);
        self.steps.push(format!("{content} is stored at {place:?}"));
    }

    /// GitHub delivers an event, or loses it. They come in any order.
    async fn deliver(&mut self) {
        let waiting = self.events.lock().expect("the events").len();
        if waiting == 0 {
            return;
        }
        let index = self.random.below(waiting);
        let Event { event, payload, label } = self.events.lock().expect("the events").swap_remove(index);
        if self.random.below(3) == 0 {
            self.steps.push(format!("lost: {label}"));
            return;
        }
        self.deliveries += 1;
        let id = format!("delivery-{}", self.deliveries);
        let (state, reason) = self.stage.backend.deliver_and_finish(event, &id, &payload).await;
        self.steps.push(format!("delivered: {label}: {state}"));
        assert!(state == "done" || state == "ignored", "{state}: {reason:?}");
    }

    /// The grace period of what is hidden now is over, and mostly it is removed.
    async fn end_grace(&mut self) {
        let end = "update phase_data set purge_at = now() - interval '1 second'
                    where deleted_at is not null and issue_number % 3 = $1 returning data::text::bigint";
        let third = i32::try_from(self.random.below(3)).expect("a number");
        let over: Vec<i64> = sqlx::query_scalar(end)
            .bind(third)
            .fetch_all(&mut self.database)
            .await
            .expect("the grace period ends");
        self.steps.push(format!("the grace period is over of {over:?}"));
        self.purged.extend(over);
        if self.random.below(2) == 0 {
            self.stage.backend.command(&["purge"]);
        }
    }

    async fn rows(&mut self) -> BTreeMap<i64, Row> {
        let rows = "select d.data::text::bigint as content, coalesce(r.external_id, 0) as repository_id,
                           d.issue_number, is_live(d.deleted_at, d.expires_at) as is_live, d.closed_by::text, d.last_stored_at
                      from phase_data d left join repository r
                        on r.forge_account_id = d.forge_account_id and r.id = d.repository_id";
        let rows: Vec<Row> = sqlx::query_as(rows).fetch_all(&mut self.database).await.expect("the documents");
        rows.into_iter().map(|row| (row.content, row)).collect()
    }

    fn whereabouts(&self) -> BTreeMap<i64, (IssueKey, Option<Issue>)> {
        let world = self.stage.github.world();
        self.documents.iter().map(|(content, place)| (*content, world.whereabouts(*place))).collect()
    }

    fn check(&self, holds: bool, what: &str) {
        let steps = &self.steps[self.steps.len().saturating_sub(60)..];
        assert!(holds, "{what}, after {} steps, the last of which are {steps:#?}", self.steps.len());
    }
}

/// Notes which issues are another owner's now, and came there by a transfer.
fn note_abroad(world: &World, documents: &BTreeMap<i64, IssueKey>, abroad: &Mutex<BTreeSet<i64>>) {
    for (content, stored_at) in documents {
        let (place, _) = world.whereabouts(*stored_at);
        let is_own = world.name_and_owner(place.0).is_none_or(|(_, owner)| owner == i64::from(OCTO));
        if place != *stored_at && !is_own {
            abroad.lock().expect("the documents").insert(*content);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_on_github_nothing_wanted_is_hidden_and_nothing_purged_comes_back() {
    let (steps, seed) = random_walk(200);
    println!("seed {seed}, {steps} steps");
    let mut walk = Walk::start(seed).await;
    for _ in 0..steps {
        walk.step().await;
    }
    walk.quiet_sweeps().await;
    let (documents, purged) = (walk.documents.len(), walk.purged.len());
    println!("{documents} documents, {} deliveries, {purged} purged", walk.deliveries);
    assert!(documents > 0 && walk.deliveries > 0, "that proves nothing");
}
