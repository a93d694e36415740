//! Delivers messages in every order, breadth first.

use std::collections::{HashSet, VecDeque};

use super::spec::Spec;
use super::{Answer, Message, Rules, Run, Server};

/// Each message of a run is delivered at most so often.
const DELIVERIES: u8 = 2;

/// A broken rule, and the deliveries that broke it.
#[derive(Debug)]
pub(in super::super) struct Violation {
    pub(in super::super) rule: &'static str,
    pub(in super::super) path: Vec<(Message, Answer)>,
}

/// The result of an exploration without a violation.
#[derive(Debug)]
pub(in super::super) struct Explored {
    pub(in super::super) states: usize,
    /// Deliveries with the answers of the model. Together they contain every explored transition.
    pub(in super::super) paths: Vec<Vec<(Message, Answer)>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct World {
    server: Server,
    spec: Spec,
    /// How often each message was delivered, by its place in [`messages`].
    delivered: Vec<u8>,
}

fn messages() -> Vec<(Message, u8)> {
    let kinds = [Message::Claim, Message::Renew, Message::Release, Message::Store];
    let of_runs = Run::ALL[..3].iter().flat_map(|run| kinds.map(|kind| (kind(*run), DELIVERIES)));
    let others = [Message::PlainStore, Message::Purge, Message::Close, Message::Claim(Run::Admin)];
    of_runs.chain(others.map(|message| (message, 1))).chain([(Message::Tick, 3)]).collect()
}

/// Delivers messages in every order, breadth first, up to so many.
pub(in super::super) fn explore(rules: Rules, depth: usize) -> Result<Explored, Violation> {
    let messages = messages();
    let start = World { server: Server::default(), spec: Spec::START, delivered: vec![0; messages.len()] };
    let mut seen = HashSet::from([start.clone()]);
    let mut queue = VecDeque::from([(start, Vec::new())]);
    let mut paths = Vec::new();
    while let Some((world, path)) = queue.pop_front() {
        let mut has_new = false;
        for (index, (message, limit)) in messages.iter().enumerate() {
            if world.delivered[index] == *limit || path.len() == depth {
                continue;
            }
            let mut next = world.clone();
            next.delivered[index] += 1;
            let answer = next.server.deliver(*message, rules);
            let path = [&path[..], &[(*message, answer)]].concat();
            next.spec
                .check(*message, answer, next.server.now)
                .map_err(|rule| Violation { rule, path: path.clone() })?;
            if seen.insert(next.clone()) {
                has_new = true;
                queue.push_back((next, path));
            } else {
                paths.push(path);
            }
        }
        if !has_new {
            paths.push(path);
        }
    }
    Ok(Explored { states: seen.len(), paths })
}

/// The first rule that breaks without one of [`Rules`].
fn broken(rules: Rules) -> &'static str {
    let violation = explore(rules, 5).expect_err("the mistake is found");
    assert!((2..=5).contains(&violation.path.len()), "{violation:?}");
    violation.rule
}

#[test]
fn no_order_of_deliveries_breaks_the_rule_of_claims() {
    let explored = explore(Rules::ALL, 6).unwrap_or_else(|violation| panic!("{violation:?}"));
    assert!(explored.states > 100_000, "{}", explored.states);
}

#[test]
fn the_exploration_finds_a_store_that_nobody_fences() {
    assert_eq!(broken(Rules { fence: false, ..Rules::ALL }), "a run that lost its claim stores nothing");
}

#[test]
fn the_exploration_finds_a_lease_by_the_clock_of_the_client() {
    assert_eq!(broken(Rules { server_clock: false, ..Rules::ALL }), "at most one run holds a phase");
}

#[test]
fn the_exploration_finds_an_id_that_the_server_makes() {
    assert_eq!(broken(Rules { callers_id: false, ..Rules::ALL }), "a repeat is answered as the first time");
}

#[test]
fn the_exploration_finds_a_release_that_can_not_be_repeated() {
    assert_eq!(broken(Rules { idempotent_release: false, ..Rules::ALL }), "a release can be repeated");
}

#[test]
fn the_exploration_finds_a_close_that_ends_claims() {
    assert_eq!(broken(Rules { close_keeps: false, ..Rules::ALL }), "a repeat is answered as the first time");
}
