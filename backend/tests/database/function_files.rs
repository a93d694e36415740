//! The files of the database's functions and types keep the rules that let two releases serve one database.
//!
//! `.ci/checks/26-database` checks the rest in a database: that no function breaks when a column is added. A variable of the
//! type `table%rowtype` and `select * into` it don't break; a row type of a table as the result does.

use crate::files::{File, files, words};

#[test]
fn each_file_of_a_function_makes_the_function_that_it_is_named_after_and_says_what_that_does() {
    for folder in ["functions", "types"] {
        let kind = folder.trim_end_matches('s');
        for File { name, text } in files(folder) {
            let words = words(&text);
            let made: Vec<&str> =
                words.windows(3).filter(|words| words[0] == "create").map(|words| words[1]).collect();
            assert_eq!(made, [kind], "{folder}/{name}: one statement, `create {kind}`");
            assert_eq!(words[2], name, "{folder}/{name}: the file has another name than what it makes");
            let comment = text.lines().next().and_then(|line| line.strip_prefix("-- "));
            assert!(comment.is_some_and(|comment| comment.len() > 10), "{folder}/{name}: what is it for?");
        }
    }
}

#[test]
fn no_function_has_rights_or_a_search_path_of_its_own_or_drops_what_nobody_named() {
    for File { name, text } in files("functions") {
        let words = words(&text);
        for refused in [&["security", "definer"][..], &["set", "search_path"], &["cascade"]] {
            let found = words.windows(refused.len()).any(|words| words == refused);
            assert!(!found, "{name}: `{}`", refused.join(" "));
        }
    }
}

#[test]
fn no_function_returns_the_row_type_of_a_table() {
    let tables: Vec<String> = files("tables").iter().flat_map(|file| made(&file.text, "table")).collect();
    assert!(tables.contains(&"phase_data".to_owned()), "{tables:?}");
    for File { name, text } in files("functions") {
        let words = words(&text);
        let returns = words.iter().position(|word| *word == "returns");
        let types = returns.map_or(&[][..], |at| &words[at + 1..]);
        let result = types.iter().find(|word| **word != "setof");
        let is_table = result.is_some_and(|result| tables.iter().any(|table| table == result));
        assert!(
            !is_table,
            "{name}: returns rows of {}, and breaks when that gets a column",
            result.expect("a type")
        );
    }
}

/// The names of what a text creates of this kind.
fn made(text: &str, kind: &str) -> Vec<String> {
    let words = words(text);
    let made = words.windows(3).filter(|words| words[0] == "create" && words[1] == kind);
    made.map(|words| words[2].to_owned()).collect()
}
