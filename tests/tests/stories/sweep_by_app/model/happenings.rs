//! Changes on GitHub, and their events.

use std::sync::Mutex;

use phase_data_tests::{Issue, Random, World};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::super::{OCTO, RIVAL};

/// An event that GitHub is to deliver.
pub(super) struct Event {
    pub(super) event: &'static str,
    pub(super) payload: Value,
    pub(super) label: String,
}

/// The repositories that were ever there have ids from 1 to this at the most.
const MOST_REPOSITORIES: i64 = 12;

/// Does one thing, and answers what it was.
pub(super) fn happen(world: &mut World, random: &mut Random, events: &Mutex<Vec<Event>>) -> String {
    let happened = something(world, random);
    let label = happened.as_ref().map_or("nothing".to_owned(), |(label, _)| label.clone());
    if let Some((label, Some((event, payload)))) = happened {
        events.lock().expect("the events").push(Event { event, payload, label });
    }
    label
}

type Happened = (String, Option<(&'static str, Value)>);

fn something(world: &mut World, random: &mut Random) -> Option<Happened> {
    let at = now();
    match random.below(28) {
        0..=14 => to_an_issue(world, random, &at),
        15..=18 => {
            let is_own =
                |id: &i64| world.name_and_owner(*id).is_some_and(|(_, owner)| owner == i64::from(OCTO));
            let to = repository(world, random).filter(is_own)?;
            let from = random.one_of(&world.issues_here()).filter(|(id, _)| is_own(id))?;
            let place = (to, next_number(world, to));
            let payload = json!({
                "action": "transferred", "issue": {"number": from.1, "updated_at": at},
                "repository": described(world, from.0, &at)?,
                "changes": {"new_issue": {"number": place.1}, "new_repository": described(world, to, &at)?},
            });
            world.transfer(from, place);
            Some((format!("{from:?} is transferred to {place:?}"), Some(("issues", payload))))
        }
        19 => {
            let id = repository(world, random)?;
            let number = next_number(world, id);
            world.reopen(id, number, &at);
            Some((format!("{:?} is opened", (id, number)), None))
        }
        _ => to_a_repository(world, random, &at),
    }
}

fn to_an_issue(world: &mut World, random: &mut Random, at: &str) -> Option<Happened> {
    let (id, number) = random.one_of(&world.issues_here())?;
    let closed = matches!(world.whereabouts((id, number)).1, Some(Issue::Here { closed_at: Some(_), .. }));
    let action = match (random.below(8), closed) {
        (0, _) => "deleted",
        (_, true) => "reopened",
        (_, false) => "closed",
    };
    let closed_at = (action == "closed").then_some(at);
    let payload = json!({
        "action": action, "issue": {"number": number, "closed_at": closed_at, "updated_at": at},
        "repository": described(world, id, at)?,
    });
    match action {
        "deleted" => world.set_issue(id, number, Issue::Deleted),
        "reopened" => world.reopen(id, number, at),
        _ => world.close(id, number, at),
    }
    Some((format!("{:?} is {action} at {at}", (id, number)), Some(("issues", payload))))
}

fn to_a_repository(world: &mut World, random: &mut Random, at: &str) -> Option<Happened> {
    let id = repository(world, random)?;
    let (name, owner) = world.name_and_owner(id)?;
    let own = name.split_once('/').map_or("", |(_, own)| own).to_owned();
    match random.below(10) {
        0..=3 => {
            // Names are few, so that they are taken again.
            let new = format!("octo/r{}", random.below(16));
            if owner != i64::from(OCTO) || is_taken(world, &new) {
                return None;
            }
            world.repository(id, &new, owner);
            let changes = json!({"repository": {"name": {"from": own}}});
            let payload = json!({
                "action": "renamed", "changes": changes, "repository": described(world, id, at)?,
            });
            Some((format!("{id} is renamed from {name} to {new}"), Some(("repository", payload))))
        }
        4 => {
            let id = (1..=MOST_REPOSITORIES).find(|id| !world.was_there(*id))?;
            let name = format!("octo/r{}", random.below(16));
            if is_taken(world, &name) {
                return None;
            }
            world.repository(id, &name, OCTO.into());
            world.open(id, 1);
            world.close(id, 2, at);
            Some((format!("{id} is made, and called {name}"), None))
        }
        5 => {
            let (login, owner) = if owner == i64::from(OCTO) { ("rival", RIVAL) } else { ("octo", OCTO) };
            let new = format!("{login}/{own}");
            if is_taken(world, &new) {
                return None;
            }
            world.repository(id, &new, owner.into());
            Some((format!("{id} is transferred: {name} is {new}"), None))
        }
        6 => {
            let on = random.below(2) == 0;
            world.switch_issues(id, on);
            Some((format!("the issues of {id} are on: {on}"), None))
        }
        7 => {
            let archived = random.below(2) == 0;
            world.archive(id, archived);
            let action = if archived { "archived" } else { "unarchived" };
            let payload = json!({"action": action, "repository": described(world, id, at)?});
            Some((format!("{id} is {action}"), Some(("repository", payload))))
        }
        8 => {
            if owner != i64::from(OCTO) {
                return None;
            }
            let given = random.below(2) == 0;
            world.give_app(id, given);
            let (action, listed) =
                if given { ("added", "repositories_added") } else { ("removed", "repositories_removed") };
            let account = json!({"id": OCTO, "login": "octo", "type": "Organization"});
            let mut payload = json!({
                "action": action, "repositories_added": [], "repositories_removed": [],
                "installation": {"id": 5, "account": account, "target_type": "Organization", "updated_at": at},
            });
            payload[listed] = json!([{"id": id, "full_name": name}]);
            Some((format!("the App is {action}: {id}"), Some(("installation_repositories", payload))))
        }
        _ if random.below(6) == 0 => {
            world.hide(id);
            Some((format!("{id} is deleted"), None))
        }
        _ => None,
    }
}

fn repository(world: &World, random: &mut Random) -> Option<i64> {
    let there: Vec<i64> = (1..=MOST_REPOSITORIES).filter(|id| world.name_and_owner(*id).is_some()).collect();
    random.one_of(&there)
}

fn is_taken(world: &World, name: &str) -> bool {
    (1..=MOST_REPOSITORIES).any(|id| world.name_and_owner(id).is_some_and(|(taken, _)| taken == name))
}

/// A number that no issue of the repository ever had.
fn next_number(world: &World, id: i64) -> i64 {
    world.last_number(id) + 1
}

fn described(world: &World, id: i64, at: &str) -> Option<Value> {
    let (name, owner) = world.name_and_owner(id)?;
    let login = name.split('/').next().unwrap_or_default();
    let owner = json!({"id": owner, "login": login, "type": "Organization"});
    Some(json!({"id": id, "full_name": name, "updated_at": at, "owner": owner}))
}

/// Times with fractions: GitHub's are in whole seconds, and no walk can wait for one at every step.
fn now() -> String {
    let now = OffsetDateTime::now_utc();
    let micros = now.nanosecond() / 1000 * 1000;
    now.replace_nanosecond(micros).expect("a fraction").format(&Rfc3339).expect("a time")
}
