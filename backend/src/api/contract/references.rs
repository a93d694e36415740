//! Members that are a named schema refer to it by a plain `$ref`.
//!
//! poem-openapi describes such a member by an `allOf` of the reference and the description. Many generators make a model of
//! its own for this, use one that they don't make, or leave the operation out. In OpenAPI 3.0, a `$ref` can't have a description
//! beside it, so the object describes these members.

use serde_json::{Value, json};

use super::schemas::{Object, named, visit};

/// Replaces each `allOf` that only adds a description to a reference, and moves the descriptions to the objects.
pub(super) fn simplify(document: &mut Value) {
    let schemas = named(document).cloned().unwrap_or_default();
    let target = |reference: &str| {
        let name = reference.rsplit('/').next().unwrap_or_default();
        schemas.get(name).and_then(|schema| schema["description"].as_str().map(str::to_owned))
    };
    visit(document, &mut |object| describe_members(object, target));
    visit(document, &mut |object| {
        if let Some((reference, _)) = wrapped(object) {
            *object = Object::from_iter([("$ref".to_owned(), json!(reference))]);
        }
    });
}

/// Adds the descriptions of an object's members that are named schemas to the description of the object.
fn describe_members(object: &mut Object, target: impl Fn(&str) -> Option<String>) {
    let members: Vec<(String, String)> = object
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(name, member)| Some((name, wrapped(member.as_object()?)?)))
        .filter(|(_, (reference, description))| target(reference).as_ref() != Some(description))
        .map(|(name, (_, description))| (name.clone(), description))
        .collect();
    if members.is_empty() {
        return;
    }
    let lines = members.iter().map(|(name, text)| format!("- `{name}`: {}", text.replace('\n', " ")));
    let lines = lines.collect::<Vec<_>>().join("\n");
    let description = object.get("description").and_then(Value::as_str).unwrap_or_default();
    object.insert("description".to_owned(), json!(format!("{description}\n\n{lines}").trim_start()));
}

/// Returns the reference and the description of an `allOf` that has nothing else.
fn wrapped(object: &Object) -> Option<(String, String)> {
    let [reference, rest] = object.get("allOf")?.as_array()?.as_slice() else { return None };
    let described =
        |object: &Object| object.keys().all(|name| ["description", "allOf"].contains(&name.as_str()));
    if !described(object) || !described(rest.as_object()?) {
        return None;
    }
    let description = rest["description"].as_str().unwrap_or_default();
    Some((reference["$ref"].as_str()?.to_owned(), description.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_described_reference_becomes_a_plain_one_and_the_object_describes_it() {
        let wrapped = |description| json!({ "allOf": [{ "$ref": "#/components/schemas/Phase" }, { "description": description }] });
        let mut document = json!({ "components": { "schemas": {
            "Phase": { "type": "string", "description": "Phase of an issue." },
            "Report": {
                "description": "A report.",
                "properties": { "own": wrapped("The phase\nof it."), "same": wrapped("Phase of an issue."), "size": {} },
                "example": { "own": { "allOf": [{ "$ref": "text" }, {}] } },
            },
        } } });
        simplify(&mut document);
        let report = &document["components"]["schemas"]["Report"];
        let reference = json!({ "$ref": "#/components/schemas/Phase" });
        assert_eq!(report["properties"], json!({ "own": reference, "same": reference, "size": {} }));
        assert_eq!(report["description"], "A report.\n\n- `own`: The phase of it.");
        assert_eq!(report["example"]["own"]["allOf"][0]["$ref"], "text");
    }

    #[test]
    fn an_all_of_that_says_more_is_left() {
        let schema = json!({ "allOf": [{ "$ref": "#/components/schemas/Phase" }, { "default": "scan" }] });
        let mut document = schema.clone();
        simplify(&mut document);
        assert_eq!(document, schema);
    }
}
