//! Every order of what can happen to an issue, on the real backend beside a model that knows the truth.
//!
//! The orders are a tree, walked breadth first: each issue of a level is one order so far. For the next level
//! PostgreSQL copies it once for every step that can follow, each copy takes its step through the real API, and
//! all of them are compared with their models. Steps are ten seconds apart, in whole seconds as the forge's
//! times are.

use std::time::Duration;

use phase_data_tests::{Backend, Tenant, client};
use reqwest::Method;
use sqlx::{Executor, FromRow, PgConnection};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::task::JoinSet;

use super::model::{Call, Model, Step};

/// One order so far: an issue of this number.
#[derive(Debug, Clone)]
struct Order {
    issue: i32,
    steps: Vec<Step>,
    model: Model,
}

struct Stage {
    backend: Backend,
    octo: Tenant,
    database: PgConnection,
    /// When the steps began. All of them are over by now, so that no time lies ahead.
    began: OffsetDateTime,
}

/// The maximum number of concurrent calls.
const AT_ONCE: usize = 8;

/// The stored and the visible state of an issue.
#[derive(Debug, PartialEq, FromRow)]
struct Seen {
    data: Option<String>,
    revision: Option<i64>,
    kept: i64,
    events: String,
}

const COPY: [&str; 4] = [
    "insert into phase_data (forge_account_id, repository_id, repository, issue_number, phase, data, data_bytes, data_sha256,
                             commit_sha, revision, created_at, updated_at, deleted_at, expires_at,
                             last_stored_at, purge_at, closed_by)
     select d.forge_account_id, d.repository_id, d.repository, c.copy, d.phase, d.data, d.data_bytes, d.data_sha256,
            d.commit_sha, d.revision, d.created_at, d.updated_at, d.deleted_at, d.expires_at,
            d.last_stored_at, d.purge_at, d.closed_by
       from unnest($1::int[], $2::int[]) as c (issue, copy) join phase_data d on d.issue_number = c.issue",
    "insert into lifecycle (forge_account_id, repository_id, issue_number, closed, at)
     select l.forge_account_id, l.repository_id, c.copy, l.closed, l.at
       from unnest($1::int[], $2::int[]) as c (issue, copy) join lifecycle l on l.issue_number = c.issue",
    "insert into phase_event (forge_account_id, repository_id, issue_number, phase, kind, revision, data_bytes,
                              data_sha256, actor, request_id, at)
     select e.forge_account_id, e.repository_id, c.copy, e.phase, e.kind, e.revision, e.data_bytes, e.data_sha256,
            e.actor, e.request_id, e.at
       from unnest($1::int[], $2::int[]) as c (issue, copy) join phase_event e on e.issue_number = c.issue
      order by e.id",
    "insert into phase_revision (forge_account_id, repository_id, issue_number, phase, revision)
     select r.forge_account_id, r.repository_id, c.copy, r.phase, r.revision
       from unnest($1::int[], $2::int[]) as c (issue, copy) join phase_revision r on r.issue_number = c.issue",
];

const SEEN: &str = "select r.data::text, r.revision,
            (select count(*) from phase_data d
              where d.forge_account_id = t.account and d.repository = 'octo/hello' and d.issue_number = i.issue) as kept,
            (select coalesce(string_agg(e.kind::text, ' ' order by e.id), '') from phase_event e
              where e.forge_account_id = t.account and e.repository_id = t.repository and e.issue_number = i.issue) as events
       from (select $1::text::uuid as account, (select id from repository) as repository) as t
      cross join unnest($2::int[]) with ordinality as i (issue, place)
       left join lateral retrieve_phase_data((t.account, 'octo/hello', null, null)::repository_ref, i.issue, null) r
         on r.data_sha256 = sha256(convert_to(r.data::text, 'UTF8'))
      order by i.place";

impl Stage {
    async fn new() -> Self {
        let backend = Backend::start_with(&[("PHASE_DATA_PURGE_SECONDS", "86400")]).await;
        let octo = backend.tenant("octo", 9919);
        let database = backend.database().await;
        let began = OffsetDateTime::now_utc() - Duration::from_secs(3600);
        Self { backend, octo, database, began: began.replace_nanosecond(0).expect("a second") }
    }

    fn time_of(&self, step: usize) -> OffsetDateTime {
        self.began + Duration::from_secs(10) * u32::try_from(step).expect("few steps")
    }

    /// Every order of this level, longer by one step.
    async fn next_level(&mut self, orders: &[Order], level: usize, issues: &mut i32) -> Vec<Order> {
        let (mut longer, mut calls, mut copies) = (Vec::new(), Vec::new(), (Vec::new(), Vec::new()));
        for order in orders {
            for step in Step::ALL {
                let mut next = order.clone();
                let Some(call) = next.model.take(step, level) else { continue };
                *issues += 1;
                copies.0.push(order.issue);
                copies.1.push(*issues);
                next.issue = *issues;
                next.steps.push(step);
                calls.push((*issues, call));
                longer.push(next);
            }
        }
        for copy in COPY {
            let copied = sqlx::query(copy).bind(&copies.0).bind(&copies.1).execute(&mut self.database).await;
            copied.expect("the issues are copied");
        }
        self.database
            .execute("analyze phase_data, lifecycle, phase_event, phase_revision")
            .await
            .expect("statistics");
        self.make(&calls).await;
        self.set_clock(level).await;
        self.purge(&calls).await;
        longer
    }

    /// Makes the calls, some at a time: each is about an issue of its own.
    async fn make(&self, calls: &[(i32, Call)]) {
        let client = client();
        let mut requests = calls.iter().filter_map(|call| self.request(&client, call)).peekable();
        let mut makers = JoinSet::new();
        while requests.peek().is_some() {
            let share: Vec<_> = requests.by_ref().take(calls.len().div_ceil(AT_ONCE)).collect();
            makers.spawn(async move {
                for request in share {
                    let answer = request.send().await.expect("the backend answers");
                    let status = answer.status();
                    assert!(status.is_success(), "{status}: {}", answer.text().await.expect("text"));
                }
            });
        }
        while let Some(made) = makers.join_next().await {
            made.expect("its calls succeed");
        }
    }

    fn request(
        &self,
        client: &reqwest::Client,
        (issue, call): &(i32, Call),
    ) -> Option<reqwest::RequestBuilder> {
        let (method, path, body) = match *call {
            Call::Store(data) => {
                let body = format!(
                    r#"{{"repository":"octo/hello","issue_number":{issue},"phase":"scan","data":{data}}}"#
                );
                (Method::POST, String::new(), body)
            }
            Call::Apply(change) => {
                let at = self.time_of(change.at).format(&Rfc3339).expect("a time");
                let (method, rest) = if change.closed {
                    (Method::DELETE, "?closed_at")
                } else {
                    (Method::POST, "/restore?reopened_at")
                };
                (method, format!("/octo/hello/{issue}{rest}={at}"), String::new())
            }
            Call::Purge | Call::Nothing => return None,
        };
        let url = format!("{}/api/v1/phase_data{path}", self.backend.url());
        let request = client.request(method, url).bearer_auth(&self.octo.key).body(body);
        Some(request.header("content-type", "application/json"))
    }

    /// Sets the time of the last store to this step.
    async fn set_clock(&mut self, level: usize) {
        let set = "update phase_data set last_stored_at = $1 where last_stored_at > $2";
        let after_all = self.began + Duration::from_secs(1800);
        let set =
            sqlx::query(set).bind(self.time_of(level)).bind(after_all).execute(&mut self.database).await;
        set.expect("a time is set");
    }

    /// Ends the grace period of the issues whose step this is, and lets the real purge run.
    async fn purge(&mut self, calls: &[(i32, Call)]) {
        let purged = calls.iter().filter(|(_, call)| *call == Call::Purge).map(|(issue, _)| *issue);
        let end =
            "update phase_data set purge_at = now() where purge_at is not null and issue_number = any($1)";
        let ended = sqlx::query(end).bind(purged.collect::<Vec<_>>()).execute(&mut self.database).await;
        let due = ended.expect("grace periods end").rows_affected();
        let printed = self.backend.command(&["purge"]);
        let due = if due == 0 { "nothing is due".to_owned() } else { format!("removed {due} past") };
        assert!(printed.contains(&due), "{printed:?} has no {due:?}");
    }

    async fn compare(&mut self, orders: &[Order]) {
        let issues: Vec<i32> = orders.iter().map(|order| order.issue).collect();
        let seen = sqlx::query_as::<_, Seen>(SEEN)
            .bind(&self.octo.account)
            .bind(issues)
            .fetch_all(&mut self.database)
            .await;
        for (order, seen) in orders.iter().zip(seen.expect("what is kept and seen")) {
            let must = order.model.seen();
            let must = Seen {
                data: must.map(|document| document.data.to_owned()),
                revision: must.map(|document| document.revision),
                kept: order.model.kept().into_iter().count() as i64,
                events: order.model.events(),
            };
            assert_eq!(seen, must, "after {:?}: {:?}", order.steps, order.model);
        }
    }
}

/// The number of orders of up to five steps in which each step has an effect.
const ORDERS: usize = 58_027;

#[tokio::test(flavor = "multi_thread")]
async fn in_every_order_of_five_steps_nothing_wanted_is_lost_and_nothing_unwanted_stays() {
    let mut stage = Stage::new().await;
    let (mut issues, mut compared) = (1, 0);
    let mut orders = vec![Order { issue: 1, steps: Vec::new(), model: Model::default() }];
    for level in 1..=5 {
        orders = stage.next_level(&orders, level, &mut issues).await;
        stage.compare(&orders).await;
        compared += orders.len();
    }
    assert_eq!(compared, ORDERS);
}
