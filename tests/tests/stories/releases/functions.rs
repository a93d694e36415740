//! The functions in the database are those in the files.

use std::collections::BTreeMap;
use std::path::Path;

use phase_data_tests::Backend;

use super::owner;

/// The files of a folder by their names without the ending.
fn files(folder: &str) -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../backend/sql").join(folder);
    let entries = std::fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("a file").path());
    let file = |path: std::path::PathBuf| {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        (name, std::fs::read_to_string(path).expect("its text"))
    };
    entries.map(file).collect()
}

/// Returns the text between the dollar signs.
fn body(text: &str) -> &str {
    text.split("$$").nth(1).unwrap_or_default()
}

#[tokio::test]
async fn every_file_creates_exactly_the_function_or_type_of_its_name_and_nothing_else_is_there() {
    let backend = Backend::start().await;
    let mut database = owner(backend.database_url()).await;
    let installed: Vec<(String, String)> = sqlx::query_as(
        "select p.proname::text, p.prosrc from pg_proc p join phase_data.function_schema f on f.name = p.pronamespace::regnamespace::text
          order by p.proname",
    )
    .fetch_all(&mut database)
    .await
    .expect("the functions");
    let (functions, types) = (files("functions"), files("types"));
    let names: Vec<&String> = installed.iter().map(|(name, _)| name).collect();
    assert_eq!(names, functions.keys().collect::<Vec<_>>(), "one function a file");
    for (name, text) in &installed {
        assert_eq!(text, body(&functions[name]), "{name}");
    }
    let installed: Vec<String> = sqlx::query_scalar(
        "select t.typname::text from pg_type t join phase_data.function_schema f on f.name = t.typnamespace::regnamespace::text
          where t.typtype = 'c' order by t.typname",
    )
    .fetch_all(&mut database)
    .await
    .expect("the types");
    assert_eq!(installed.iter().collect::<Vec<_>>(), types.keys().collect::<Vec<_>>(), "one type a file");
    let contents: i64 =
        sqlx::query_scalar("select cardinality(contents)::bigint from phase_data.function_schema")
            .fetch_one(&mut database)
            .await
            .expect("the registry");
    assert_eq!(usize::try_from(contents), Ok(functions.len() + types.len()), "and nothing else");
}
