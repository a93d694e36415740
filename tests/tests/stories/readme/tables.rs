//! The tables in the documents that repeat what the code says.

use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;

use phase_data_tests::{Backend, update_documents};
use phase_data_wire::ProblemCode;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};

use super::markdown::{prose, read, with_table, write};

/// A map in the order of its document.
#[derive(Default)]
pub(super) struct Ordered<T>(pub(super) Vec<(String, T)>);

#[derive(Deserialize)]
pub(super) struct ActionYml {
    pub(super) inputs: Ordered<Input>,
    pub(super) outputs: Ordered<Output>,
}

#[derive(Deserialize)]
pub(super) struct Input {
    description: String,
    required: bool,
    default: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Output {
    description: String,
}

#[derive(Deserialize)]
struct Contract {
    paths: Ordered<Ordered<Operation>>,
}

#[derive(Deserialize)]
struct Operation {
    summary: String,
}

pub(super) fn action_yml() -> ActionYml {
    serde_saphyr::from_str(&read("action.yml")).expect("action.yml is YAML")
}

/// `just docs` sets `UPDATE_DOCS`: then this test writes the tables instead of comparing them.
#[test]
fn the_tables_in_the_documents_are_what_the_code_says() {
    let tables = [
        ("docs/action.md", "inputs", inputs()),
        ("docs/action.md", "outputs", outputs()),
        ("docs/settings.md", "settings", settings()),
        ("docs/api.md", "operations", operations()),
    ];
    for (document, name, table) in tables {
        let current = read(document);
        let updated = with_table(&current, name, &table);
        if update_documents() {
            write(document, &updated);
        }
        let is_current = current == updated || update_documents();
        assert!(
            is_current,
            "{document}: run `just docs`, the table of {name} is outdated. It should be:\n{table}"
        );
    }
}

#[test]
fn every_problem_code_is_explained_with_its_status_and_no_other_is() {
    let text = read("docs/problems.md");
    let sections: Vec<(&str, &str)> =
        text.split("\n### `").skip(1).filter_map(|section| section.split_once("`\n")).collect();
    for (code, explanation) in &sections {
        let code: ProblemCode = code.parse().expect("a heading is a code");
        let status = format!("Status {}. ", code.status());
        assert!(explanation.starts_with(&status), "{code} does not begin with {status:?}");
    }
    let explained: BTreeSet<&str> = sections.iter().map(|(code, _)| *code).collect();
    let known = ProblemCode::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(explained, known);
    assert_eq!(sections.len(), ProblemCode::ALL.len(), "a code is explained twice");
}

#[test]
fn every_setting_that_a_document_names_is_one() {
    let (known, compose) = (settings(), read("compose.yaml"));
    for document in super::links::documents() {
        let text = prose(&read(&document));
        let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        for word in words.filter(|word| word.starts_with("PHASE_DATA_")) {
            // The two of a user's own shell and repository, and those of compose.yaml.
            let users_own = ["PHASE_DATA_URL", "PHASE_DATA_API_KEY"].contains(&word)
                || compose.contains(&format!("${{{word}:"));
            let is_setting = known.contains(&format!("`{word}`"));
            assert!(users_own || is_setting, "{}: {word} is no setting", document.display());
        }
    }
}

fn inputs() -> String {
    let rows = action_yml().inputs.0.into_iter().map(|(name, input)| {
        let default = match (input.required, input.default) {
            (true, _) => "*required*".to_owned(),
            (false, Some(default)) => format!("`{default}`"),
            (false, None) => String::new(),
        };
        [format!("`{name}`"), default, input.description]
    });
    table(["Input", "Default", "Description"], rows)
}

fn outputs() -> String {
    let rows = action_yml().outputs.0.into_iter();
    table(["Output", "Description"], rows.map(|(name, output)| [format!("`{name}`"), output.description]))
}

/// From `--help`: an option's line, what it means, and its variable.
fn settings() -> String {
    let help = Backend::run(&[], &["--help"]).stdout;
    let help = String::from_utf8(help).expect("text");
    let (_, options) = help.split_once("\nOptions:\n").expect("options");
    let rows = options.split("\n      --").filter_map(|option| {
        let (name, rest) = option.trim_start_matches([' ', '-']).split_once(' ')?;
        let (meaning, rest) = rest.split_once('\n')?.1.split_once("[env: ")?;
        let (variable, _) = rest.split_once([']', '='])?;
        let meaning = meaning.split_whitespace().collect::<Vec<_>>().join(" ");
        Some([format!("`{variable}`"), format!("`--{name}`"), meaning])
    });
    table(["Variable", "Option", "Description"], rows)
}

/// One row for each operation.
fn operations() -> String {
    let contract: Contract = serde_saphyr::from_str(&read("openapi.yaml")).expect("openapi.yaml is YAML");
    let rows = contract.paths.0.into_iter().flat_map(|(path, operations)| {
        let operations = operations.0.into_iter();
        let rows = operations.map(move |(method, operation)| {
            [
                format!("`{} {path}`", method.to_uppercase()),
                operation.summary.trim_end_matches('.').to_owned(),
            ]
        });
        rows.collect::<Vec<_>>()
    });
    table(["Call", "Description"], rows)
}

fn table<const N: usize>(head: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let line =
        |cells: [String; N]| format!("| {} |\n", cells.map(|cell| cell.replace('|', "\\|")).join(" | "));
    let rule = format!("|{}\n", "---|".repeat(N));
    let rows: String = rows.map(line).collect();
    format!("{}{rule}{rows}", line(head.map(str::to_owned)))
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ordered<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Entries<T> {
            type Value = Ordered<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ordered<T>, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Ordered(entries))
            }
        }

        deserializer.deserialize_map(Entries(PhantomData))
    }
}
