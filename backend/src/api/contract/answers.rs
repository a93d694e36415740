//! Answers stay open: later releases may add members to their objects and values to their enumerations.
//!
//! Generated clients refuse a whole answer because of one value that its `enum` lacks. Therefore the schemas of answers have no
//! `enum` of texts and allow further members. A schema that requests contain, too, is published twice: as it is, and under a
//! name of its own for answers.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::operations;
use super::schemas::{Object, answered, named, reference, referenced, sent, visit};

/// The suffix of a schema's name for answers, if requests contain the schema, too.
const OUTPUT: &str = "Output";

/// Added to the description of an enumeration.
const GROWTH: &str = "Later releases may add others: accept unknown values.";

/// Opens the schemas of all answers.
pub(super) fn open(document: &mut Value) {
    let names = answered(document);
    let split = split(document, &names);
    let Some(schemas) = named(document) else { return };
    for name in &names {
        let Some(schema) = schemas.get(name) else { continue };
        let mut schema = schema.clone();
        visit(&mut schema, &mut open_schema);
        redirect(&mut schema, &split);
        let mut published = name.clone();
        if split.contains(name) {
            published.push_str(OUTPUT);
            if let Some(title) = schema.get_mut("title") {
                *title = json!(published);
            }
        }
        schemas.insert(published, schema);
    }
    schemas.sort_keys();
    for operation in operations(document) {
        redirect(&mut operation["responses"], &split);
    }
}

/// Returns the schemas of answers that differ from those of the same name in requests: those that are closed, and those that
/// refer to them.
fn split(document: &Value, answered: &BTreeSet<String>) -> BTreeSet<String> {
    let sent = sent(document);
    let both = || answered.iter().filter(|name| sent.contains(*name));
    let schema = |name: &str| &document["components"]["schemas"][name];
    let mut split: BTreeSet<String> = both().filter(|name| is_closed(schema(name))).cloned().collect();
    loop {
        let referring = both().filter(|name| !referenced(schema(name)).is_disjoint(&split)).cloned();
        let more: BTreeSet<String> = split.iter().cloned().chain(referring).collect();
        if more.len() == split.len() {
            return split;
        }
        split = more;
    }
}

/// Tells whether a schema excludes what later releases may add.
pub(super) fn is_closed(schema: &Value) -> bool {
    let mut closed = false;
    visit(&mut schema.clone(), &mut |object| {
        closed |= is_enumeration(object) || object.get("additionalProperties") == Some(&json!(false));
    });
    closed
}

/// Tells whether a schema is an enumeration of texts. One of numbers is an HTTP status, which can't grow.
fn is_enumeration(schema: &Object) -> bool {
    schema.get("enum").is_some_and(Value::is_array) && schema.get("type") == Some(&json!("string"))
}

fn open_schema(schema: &mut Object) {
    if schema.get("additionalProperties") == Some(&json!(false)) {
        schema.shift_remove("additionalProperties");
    }
    if is_enumeration(schema)
        && let Some(values) = schema.shift_remove("enum")
    {
        let description = schema.get("description").and_then(Value::as_str).unwrap_or_default();
        schema.insert("description".to_owned(), json!(format!("{description} {GROWTH}").trim_start()));
        if !schema.contains_key("example") {
            schema.insert("example".to_owned(), values[0].clone());
        }
        // For people and tools: the values of this release.
        schema.insert("x-extensible-enum".to_owned(), values);
    }
}

fn redirect(part: &mut Value, split: &BTreeSet<String>) {
    let targets: Vec<(String, String)> =
        split.iter().map(|name| (reference(name), reference(&format!("{name}{OUTPUT}")))).collect();
    visit(part, &mut |object| {
        for (from, to) in &targets {
            if object.get("$ref") == Some(&json!(from)) {
                object.insert("$ref".to_owned(), json!(to));
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(name: &str) -> Value {
        json!({ "content": { "application/json": { "schema": { "$ref": reference(name) } } } })
    }

    #[test]
    fn answers_are_open_and_requests_stay_closed() {
        let words = json!({ "type": "string", "enum": ["read", "write"], "description": "A scope." });
        let policy = json!({
            "title": "Policy",
            "additionalProperties": false,
            "properties": { "scope": { "$ref": reference("Scope") }, "size": { "$ref": reference("Size") } },
        });
        let outer = json!({ "properties": { "policy": { "$ref": reference("Policy") } } });
        let size = json!({ "type": "integer", "enum": [404] });
        let mut document = json!({
            "paths": { "/": { "put": { "requestBody": body("Outer"), "responses": { "200": body("Outer"), "202": body("State") } } } },
            "components": { "schemas": {
                "Scope": words, "Policy": policy, "Outer": outer, "Size": size,
                "State": { "type": "string", "enum": ["done"], "example": "done" },
            } },
        });
        let before = document["components"]["schemas"].clone();
        open(&mut document);
        let schemas = &document["components"]["schemas"];
        for name in ["Scope", "Policy", "Outer", "Size"] {
            assert_eq!(schemas[name], before[name], "{name}");
        }
        let names: Vec<_> = schemas.as_object().expect("schemas").keys().collect();
        assert_eq!(
            names,
            ["Outer", "OuterOutput", "Policy", "PolicyOutput", "Scope", "ScopeOutput", "Size", "State"]
        );
        assert_eq!(
            schemas["ScopeOutput"],
            json!({
                "type": "string",
                "description": format!("A scope. {GROWTH}"),
                "example": "read",
                "x-extensible-enum": ["read", "write"],
            })
        );
        assert_eq!(
            schemas["PolicyOutput"],
            json!({
                "title": "PolicyOutput",
                "properties": { "scope": { "$ref": reference("ScopeOutput") }, "size": { "$ref": reference("Size") } },
            })
        );
        assert_eq!(schemas["State"]["enum"], Value::Null);
        let operation = &document["paths"]["/"]["put"];
        assert_eq!(operation["requestBody"], body("Outer"));
        assert_eq!(operation["responses"], json!({ "200": body("OuterOutput"), "202": body("State") }));
    }
}
