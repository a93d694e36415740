//! The schemas of the document, and the references between them.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// The prefix of a reference to a named schema.
const PREFIX: &str = "#/components/schemas/";

/// A schema, or a part of the document that contains schemas.
pub(super) type Object = Map<String, Value>;

/// Returns a reference to a named schema.
pub(super) fn reference(name: &str) -> String {
    format!("{PREFIX}{name}")
}

/// Calls the function for each object in a part of the document, inner ones first. Examples are no schemas.
pub(super) fn visit(part: &mut Value, change: &mut impl FnMut(&mut Object)) {
    match part {
        Value::Object(object) => {
            object
                .iter_mut()
                .filter(|(name, _)| *name != "example")
                .for_each(|(_, part)| visit(part, change));
            change(object);
        }
        Value::Array(parts) => parts.iter_mut().for_each(|part| visit(part, change)),
        _ => {}
    }
}

/// Returns the names of the schemas that a part of the document refers to.
pub(super) fn referenced(part: &Value) -> BTreeSet<String> {
    match part {
        Value::Object(object) => {
            let own =
                object.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix(PREFIX));
            let inner = object.iter().filter(|(name, _)| *name != "example").map(|(_, part)| part);
            own.map(str::to_owned).into_iter().chain(inner.flat_map(referenced)).collect()
        }
        Value::Array(parts) => parts.iter().flat_map(referenced).collect(),
        _ => BTreeSet::new(),
    }
}

/// Returns the names of the schemas that a part of the document refers to, and of those to which they refer.
pub(super) fn reachable(document: &Value, part: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut new: Vec<String> = referenced(part).into_iter().collect();
    while let Some(name) = new.pop() {
        if found.insert(name.clone()) {
            new.extend(referenced(&document["components"]["schemas"][&name]));
        }
    }
    found
}

/// Returns the schemas that requests contain: those of parameters and bodies.
pub(super) fn sent(document: &Value) -> BTreeSet<String> {
    of_operations(document, &["parameters", "requestBody"])
}

/// Returns the schemas that answers contain.
pub(super) fn answered(document: &Value) -> BTreeSet<String> {
    of_operations(document, &["responses"])
}

fn of_operations(document: &Value, members: &[&str]) -> BTreeSet<String> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let operations = paths.flat_map(|(_, path)| path.as_object().into_iter().flatten());
    let parts = operations.flat_map(|(_, operation)| members.iter().map(move |member| &operation[member]));
    parts.flat_map(|part| reachable(document, part)).collect()
}

/// Returns the named schemas.
pub(super) fn named(document: &mut Value) -> Option<&mut Object> {
    document.pointer_mut("/components/schemas")?.as_object_mut()
}
