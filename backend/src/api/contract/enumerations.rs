//! Names for the constants that generators make of enumerations.

use serde_json::{Value, json};

use super::schemas::named;

/// Enumerations with a value that another enumeration has, too. Generators for Go declare a constant for each value, and two of
/// one name don't compile. Therefore the constants of these begin with the name of the enumeration.
const QUALIFIED: [&str; 4] = ["Pending", "OutcomeChange", "ReleaseState", "DeliveryState"];

/// Names the constants of these enumerations.
pub(super) fn qualify(document: &mut Value) {
    let Some(schemas) = named(document) else { return };
    for name in QUALIFIED {
        let Some(schema) = schemas.get_mut(name).and_then(Value::as_object_mut) else { continue };
        let values = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
        let names: Vec<String> =
            values.filter_map(Value::as_str).map(|value| format!("{name}{}", in_camel_case(value))).collect();
        schema.insert("x-enum-varnames".to_owned(), json!(names));
    }
}

fn in_camel_case(value: &str) -> String {
    let words = value.split(|character: char| !character.is_ascii_alphanumeric());
    let capitalized = words.map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_ascii_uppercase() + rest
    });
    capitalized.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_constants_of_a_qualified_enumeration_begin_with_its_name() {
        let words = json!({ "enum": ["false_positive", "null"] });
        let mut document = json!({ "components": { "schemas": { "Pending": words, "Other": words } } });
        qualify(&mut document);
        let schemas = &document["components"]["schemas"];
        assert_eq!(schemas["Pending"]["x-enum-varnames"], json!(["PendingFalsePositive", "PendingNull"]));
        assert_eq!(schemas["Other"], words);
    }
}
