//! Rules that the published document follows, so that generators make clients of it that compile and work. Each rule was broken
//! by a document from which some generator made no client, or one that did not compile or work.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::schemas::{Object, answered, visit};
use super::*;

/// Returns the violations of all rules.
fn violations(document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (name, schema) in document["components"]["schemas"].as_object().into_iter().flatten() {
        check_schema(name, schema, &mut found);
    }
    check_enumerations(document, &mut found);
    for name in answered(document) {
        if answers::is_closed(&document["components"]["schemas"][&name]) {
            found.push(format!("{name}: answers have no enum and no `additionalProperties: false`"));
        }
    }
    let mut document = document.clone();
    for operation in operations(&mut document) {
        check_operation(operation, &mut found);
    }
    found
}

/// Checks one named schema.
fn check_schema(name: &str, schema: &Value, found: &mut Vec<String>) {
    visit(&mut schema.clone(), &mut |object| {
        for member in ["anyOf", "oneOf", "not"].iter().filter(|member| object.contains_key(**member)) {
            found.push(format!("{name}: no {member}"));
        }
        if let Some(parts) = object.get("allOf")
            && !(parts.as_array().is_some_and(|parts| parts.len() == 2) && parts[1]["properties"].is_object())
        {
            found.push(format!(
                "{name}: an allOf adds members to an object; a described reference is a plain $ref"
            ));
        }
        if object.contains_key("$ref") && object.len() > 1 {
            found.push(format!("{name}: a $ref has nothing beside it"));
        }
    });
    for (member, inner) in schema["properties"].as_object().into_iter().flatten() {
        for part in [inner, &inner["items"], &inner["additionalProperties"]] {
            if part["properties"].is_object() || part["enum"][0].is_string() {
                found.push(format!("{name}.{member}: objects and enumerations are named schemas"));
            }
        }
    }
}

/// Checks that the constants of all enumerations have different names.
fn check_enumerations(document: &Value, found: &mut Vec<String>) {
    let mut owners: BTreeMap<String, &str> = BTreeMap::new();
    for (name, schema) in document["components"]["schemas"].as_object().into_iter().flatten() {
        let names = schema["x-enum-varnames"].as_array().or(schema["enum"].as_array()).into_iter().flatten();
        for constant in names.filter_map(Value::as_str) {
            let one_spelling =
                constant.replace(|character: char| !character.is_alphanumeric(), "").to_uppercase();
            if let Some(other) = owners.insert(one_spelling, name) {
                found.push(format!(
                    "{name}: {other} has a constant {constant}, too: add one of them to QUALIFIED"
                ));
            }
        }
    }
}

/// Checks the parameters, the body and the responses of an operation.
fn check_operation(operation: &Value, found: &mut Vec<String>) {
    let id = &operation["operationId"];
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let schema = &parameter["schema"];
        if !(schema["$ref"].is_string() || schema["type"].is_string()) || schema["enum"].is_array() {
            found.push(format!(
                "{id}: the parameter {} is a $ref, or has a type and no enum",
                parameter["name"]
            ));
        }
    }
    let body = operation["requestBody"]["content"].as_object();
    if body.is_some_and(|content| content.len() != 1 || !is_named(&content["application/json"]["schema"])) {
        found.push(format!("{id}: a body has one media type, application/json, and a named schema"));
    }
    for (status, response) in operation["responses"].as_object().into_iter().flatten() {
        let content = response["content"].as_object();
        let wanted = match status.as_bytes() {
            [b'2', _, _] => content
                .is_none_or(|content| content.len() == 1 && is_named(&content["application/json"]["schema"])),
            [b'3', _, _] => content.is_none(),
            [b'4' | b'5', _, _] => {
                let schema = &response["content"][phase_data_wire::PROBLEM_MEDIA_TYPE]["schema"];
                schema["$ref"] == json!(schemas::reference(&format!("Problem{status}")))
            }
            _ => false,
        };
        if !wanted {
            found.push(format!("{id}: {status} has a named schema, and an error that of its status"));
        }
    }
}

/// Tells whether a schema is a reference, or a list of references.
fn is_named(schema: &Value) -> bool {
    let is_reference =
        |schema: &Value| schema.as_object().is_some_and(|object: &Object| object.contains_key("$ref"));
    is_reference(schema) || is_reference(&schema["items"])
}

#[test]
fn the_document_follows_the_rules_of_all_generators() {
    let contract = Contract::generate(&Links::new(None), "0.0.0");
    assert_eq!(violations(&contract.document), Vec::<String>::new());
}

#[test]
fn each_rule_finds_its_violation() {
    let document = Contract::generate(&Links::new(None), "0.0.0").document;
    let phase = json!({ "$ref": "#/components/schemas/Phase" });
    let object = json!({ "type": "object", "properties": { "a": {} } });
    let store = "/paths/~1api~1v1~1phase_data/post";
    let store = |rest: &str| format!("{store}/{rest}");
    let schema = |rest: &str| format!("/components/schemas/{rest}");
    for (place, broken, rule) in [
        (
            schema("StorePhaseData/properties/phase"),
            json!({ "allOf": [phase, { "description": "a" }] }),
            "plain $ref",
        ),
        (schema("StorePhaseData/properties/phase"), json!({ "allOf": [phase] }), "plain $ref"),
        (schema("StorePhaseData/properties/phase"), json!({ "oneOf": [phase] }), "no oneOf"),
        (
            schema("StorePhaseData/properties/phase"),
            json!({ "$ref": "a", "description": "a" }),
            "nothing beside",
        ),
        (schema("StorePhaseData/properties/phase"), object.clone(), "named schemas"),
        (
            schema("StorePhaseData/properties/phase"),
            json!({ "type": "string", "enum": ["a"] }),
            "named schemas",
        ),
        (
            schema("StorePhaseData/properties/phase"),
            json!({ "type": "array", "items": object.clone() }),
            "named schemas",
        ),
        (schema("IssueSort/enum/0"), json!("scan"), "QUALIFIED"),
        (schema("IssueSort/enum/0"), json!("SCAN"), "QUALIFIED"),
        (schema("StoreEffect/enum"), json!(["created"]), "answers have no enum"),
        (schema("StoredPhaseData/additionalProperties"), json!(false), "answers have no enum"),
        (schema("StoredPhaseData/properties/phase"), phase.clone(), "answers have no enum"),
        (store("requestBody/content/application~1json/schema"), object.clone(), "named schema"),
        (store("requestBody/content/application~1xml"), json!({ "schema": phase }), "one media type"),
        (store("responses/201/content/application~1json/schema"), object, "named schema"),
        (
            store("responses/404/content/application~1problem+json/schema"),
            json!({ "$ref": schemas::reference("Problem") }),
            "of its status",
        ),
        (store("parameters/2/schema"), json!({ "type": "string", "enum": ["a"] }), "no enum"),
    ] {
        let mut changed = document.clone();
        let (parent, member) = place.rsplit_once('/').expect("a place");
        match changed.pointer_mut(parent).unwrap_or_else(|| panic!("{place}: nothing is there")) {
            Value::Array(values) => values[member.parse::<usize>().expect("an index")] = broken,
            parent => parent[member.replace("~1", "/")] = broken,
        }
        let found = violations(&changed);
        assert!(found.iter().any(|violation| violation.contains(rule)), "{place}: {found:?}");
    }
}
