//! The server passes arguments of the database's functions by name: two of one type can't change places unseen.

use std::collections::BTreeSet;
use std::path::Path;

use crate::files::{files, sources};

/// The maximum number of values that a call binds. A call with more passes a composite value.
const MOST_BINDS: usize = 8;

#[test]
fn the_server_calls_each_function_of_the_database_by_the_names_of_its_arguments() {
    let functions: BTreeSet<String> = files("functions").into_iter().map(|file| file.name).collect();
    let mut faults = Vec::new();
    for (path, text) in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store")) {
        for (function, arguments) in calls(&text, &functions) {
            if let Some(fault) = fault(&arguments) {
                faults.push(format!("{path}: {function}({}): {fault}", arguments.join(", ")));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_call_by_position_or_with_too_many_values_is_found_wherever_it_is() {
    let functions = BTreeSet::from(["store".to_owned(), "in_time".to_owned()]);
    let faults = |text: &str| {
        calls(text, &functions).iter().filter(|(_, arguments)| fault(arguments).is_some()).count()
    };
    assert_eq!(faults("select store($1, p_b => $2)"), 1);
    assert_eq!(faults("select a from store(\n  p_a => $1,\n  p_b => in_time($3, $2))"), 1);
    assert_eq!(
        faults("select store(p_a => $1, p_b => (f($2, ',')), p_c => in_time(p_at => $3, p_value => $4))"),
        0
    );
    assert_eq!(faults("select a from store(l.id)"), 1);
    assert_eq!(faults("select store()"), 0);
    let named: Vec<String> = (0..=MOST_BINDS).map(|number| format!("p_{number} => ${number}")).collect();
    assert_eq!(faults(&format!("select store({})", named.join(", "))), 1);
    assert_eq!(faults(&format!("select store({})", named[1..].join(", "))), 0);
    // Rust's own calls are none.
    assert_eq!(faults("fn store(db: &Db) { self.store(1); store(db, x) }"), 0);
}

/// Returns the fault of these arguments.
fn fault(arguments: &[String]) -> Option<&'static str> {
    let is_named = |argument: &String| {
        let name = argument.split_once("=>").map(|(name, _)| name.trim());
        name.is_some_and(|name| {
            name.starts_with("p_") && name.chars().all(|part| part.is_alphanumeric() || part == '_')
        })
    };
    let binds = arguments.iter().filter(|argument| argument.contains('$')).count();
    match () {
        () if !arguments.iter().all(is_named) => Some("an argument has no name"),
        () if binds > MOST_BINDS => Some("it binds too many values"),
        () => None,
    }
}

/// The calls of these functions in the SQL of a source, with their arguments.
fn calls(text: &str, functions: &BTreeSet<String>) -> Vec<(String, Vec<String>)> {
    let mut calls = Vec::new();
    for (open, _) in text.match_indices('(') {
        let before = &text[..open];
        let is_of_word = |character: char| character.is_alphanumeric() || character == '_';
        let start = before.rfind(|character| !is_of_word(character)).map_or(0, |at| at + 1);
        let (before, name) = before.split_at(start);
        let word = before.split_whitespace().next_back().unwrap_or_default();
        if !functions.contains(name) || word == "fn" {
            continue;
        }
        let arguments = arguments(&text[open + 1..]);
        let is_sql = ["select", "from", "join"].iter().any(|keyword| word.ends_with(keyword));
        if is_sql || arguments.iter().any(|argument| argument.contains('$')) {
            calls.push((name.to_owned(), arguments));
        }
    }
    calls
}

/// The arguments up to the closing parenthesis, cut at their own commas.
fn arguments(text: &str) -> Vec<String> {
    let (mut arguments, mut depth, mut in_quotes) = (vec![String::new()], 0, false);
    for character in text.chars() {
        match character {
            '\'' => in_quotes = !in_quotes,
            '(' | '[' if !in_quotes => depth += 1,
            ')' if !in_quotes && depth == 0 => break,
            ')' | ']' if !in_quotes => depth -= 1,
            ',' if !in_quotes && depth == 0 => {
                arguments.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = arguments.last_mut() {
            last.push(character);
        }
    }
    let words = arguments.iter().map(|argument| argument.split_whitespace().collect::<Vec<_>>().join(" "));
    words.filter(|argument| !argument.is_empty()).collect()
}
