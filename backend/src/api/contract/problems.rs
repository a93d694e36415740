//! A schema of its own for the problems of each status.
//!
//! Some generated clients find the type of an error by trying one after the other. If all were the same, a 404 would be read as
//! the first, for example as a 400. `status` tells them apart; `code` can't, since later releases may add codes.

use std::collections::BTreeSet;

use phase_data_wire::{PROBLEM_MEDIA_TYPE, Problem, ProblemCode};
use serde_json::{Value, json};

use super::operations;
use super::schemas::{named, reference};

/// The schema of all problems.
const PROBLEM: &str = "Problem";

/// Refers each error response to the schema of its status, and adds these schemas.
pub(super) fn by_status(document: &mut Value) {
    let mut statuses = BTreeSet::new();
    for operation in operations(document) {
        for (status, response) in operation["responses"].as_object_mut().into_iter().flatten() {
            let (Ok(number), Some(content)) = (status.parse::<u16>(), response.get_mut("content")) else {
                continue;
            };
            if let Some(problem) = content.get_mut(PROBLEM_MEDIA_TYPE) {
                problem["schema"] = json!({ "$ref": reference(&format!("{PROBLEM}{status}")) });
                statuses.insert(number);
            }
        }
    }
    let Some(schemas) = named(document) else { return };
    for status in statuses {
        let own = json!({ "type": "integer", "enum": [status], "description": "The HTTP status." });
        let schema = json!({
            "title": format!("{PROBLEM}{status}"),
            "description": format!("A problem with the status {status}."),
            "allOf": [{ "$ref": reference(PROBLEM) }, { "type": "object", "properties": { "status": own } }],
            "example": example(status),
        });
        schemas.insert(format!("{PROBLEM}{status}"), schema);
    }
}

/// Returns a problem with this status.
fn example(status: u16) -> Option<Problem> {
    let code = ProblemCode::ALL.iter().copied().find(|code| code.status() == status)?;
    Some(Problem::new(code, format!("{}.", code.title()), "0198f2c4-7d6a-7c3e-9a54-3b1f0e6d2c11"))
}
