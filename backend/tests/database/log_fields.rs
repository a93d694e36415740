//! `docs/logs.md` lists every field of a log line, and every count of a job.

use std::collections::BTreeSet;
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};

use crate::files::sources;

/// The crates whose code runs in the backend.
const CRATES: [&str; 4] = ["backend", "embedded", "github", "wire"];

/// The macros that write a line or open a span.
const MACROS: [&str; 12] = [
    "event",
    "span",
    "error",
    "warn",
    "info",
    "debug",
    "trace",
    "error_span",
    "warn_span",
    "info_span",
    "debug_span",
    "trace_span",
];

/// The code's fields and counts.
#[derive(Default)]
struct Names {
    fields: BTreeSet<String>,
    counts: BTreeSet<String>,
    /// Names of `tracing` that are imported.
    imports: BTreeSet<String>,
}

#[test]
fn the_reference_of_log_lines_lists_the_fields_and_counts_in_the_code() {
    let names = in_the_code();
    assert!(names.fields.contains("request_id") && names.counts.contains("purged"), "nothing is found");
    assert_eq!(listed("## Fields"), names.fields.into_iter().collect::<Vec<_>>());
    assert_eq!(listed("## Counts of jobs"), names.counts.into_iter().collect::<Vec<_>>());
}

/// An imported macro would hide its fields from this test.
#[test]
fn macros_of_tracing_are_called_by_their_path() {
    let imports = in_the_code().imports;
    assert!(imports.contains("Instrument"), "no imports are found");
    // Several names are one group: `{ Event, Subscriber }`.
    let names = imports.iter().flat_map(|names| names.split([' ', ',', '{', '}', '\n']));
    let hidden: Vec<_> = names.filter(|name| *name == "*" || MACROS.contains(name)).collect();
    assert!(hidden.is_empty(), "{hidden:?}");
}

#[test]
fn fields_are_found_in_each_form_of_an_argument() {
    let code = r#"
        // tracing::info!(comment);
        tracing::warn!(target: "t", short, %shown, ?debug, a.b, named = f(x, y), other = %z, "text, {x}", x = 1);
        let span = tracing::info_span!("request", id = 1);
        tracing::info!("{line}");
        log::info!(foreign);
        Report::default().count("kind", 1).count("more", n);
        use tracing::Instrument;
    "#;
    let mut names = Names::default();
    names.add(&code.parse::<TokenStream>().expect("the tokens"));
    assert_eq!(
        Vec::from_iter(&names.fields),
        ["a.b", "debug", "id", "named", "other", "short", "shown", "x"]
    );
    assert_eq!(Vec::from_iter(&names.counts), ["kind", "more"]);
    assert_eq!(Vec::from_iter(&names.imports), ["Instrument"]);
}

fn in_the_code() -> Names {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut names = Names::default();
    for part in CRATES {
        let files = sources(&workspace.join(part).join("src"));
        for (path, text) in
            files.into_iter().filter(|(path, _)| path.ends_with(".rs") && !path.contains("/tests"))
        {
            // Unit tests at the end of a file are not the server's code.
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            names.add(&code.parse::<TokenStream>().unwrap_or_else(|error| panic!("{path}: {error}")));
        }
    }
    names
}

/// Returns the first column of the table under a heading.
fn listed(heading: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/logs.md");
    let document = std::fs::read_to_string(path).expect("the document");
    let (_, section) = document.split_once(&format!("\n{heading}\n")).expect("the section");
    let section = section.split("\n## ").next().unwrap_or_default();
    let names = section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    names.map(str::to_owned).collect()
}

impl Names {
    fn add(&mut self, code: &TokenStream) {
        let tokens: Vec<TokenTree> = code.clone().into_iter().collect();
        for (index, token) in tokens.iter().enumerate() {
            let TokenTree::Group(group) = token else {
                self.add_import(&tokens[..=index]);
                continue;
            };
            match &tokens[..index] {
                [.., krate, _, _, name, bang] if is(krate, "tracing") && is(bang, "!") && is_macro(name) => {
                    let arguments: Vec<TokenTree> = group.stream().into_iter().collect();
                    let arguments = arguments.split(|token| is(token, ","));
                    self.fields.extend(arguments.filter_map(field));
                }
                [.., dot, name] if is(dot, ".") && is(name, "count") => {
                    let literal =
                        group.stream().into_iter().next().filter(|first| text(first).starts_with('"'));
                    self.counts.extend(literal.map(|literal| text(&literal).trim_matches('"').to_owned()));
                }
                _ => {}
            }
            self.add(&group.stream());
        }
    }

    /// Adds the name at the end of `use tracing::NAME`.
    fn add_import(&mut self, tokens: &[TokenTree]) {
        if let [.., keyword, krate, _, _, name] = tokens
            && is(keyword, "use")
            && is(krate, "tracing")
        {
            self.imports.insert(text(name));
        }
    }
}

/// Returns the field that an argument names. A message, a target and a parent name none.
fn field(argument: &[TokenTree]) -> Option<String> {
    let argument = match argument {
        [sigil, rest @ ..] if is(sigil, "%") || is(sigil, "?") => rest,
        all => all,
    };
    let is_of_name = |token: &&TokenTree| matches!(token, TokenTree::Ident(_)) || is(token, ".");
    let name: String = argument.iter().take_while(is_of_name).map(text).collect();
    let is_option = argument.get(1).is_some_and(|token| is(token, ":"));
    (!name.is_empty() && !is_option).then_some(name)
}

fn is_macro(name: &TokenTree) -> bool {
    MACROS.contains(&text(name).as_str())
}

fn is(token: &TokenTree, expected: &str) -> bool {
    text(token) == expected
}

fn text(token: &TokenTree) -> String {
    token.to_string()
}
