//! Defaults that an administrator set for the database.

use std::time::{Duration, Instant};

use phase_data_tests::{Backend, Cluster, connect};
use sqlx::{AssertSqlSafe, Executor};

/// Each default that could change the meaning of a statement, or what an acknowledged change is worth; and the value that
/// sessions of the server have nevertheless.
const DEFAULTS: [(&str, &str, &str); 21] = [
    ("default_transaction_isolation", "serializable", "read committed"),
    ("default_transaction_deferrable", "on", "on"),
    ("statement_timeout", "400ms", "8s"),
    ("lock_timeout", "20ms", "5s"),
    ("idle_in_transaction_session_timeout", "400ms", "15s"),
    ("idle_session_timeout", "1s", "0"),
    ("transaction_timeout", "400ms", "0"),
    ("DateStyle", "German", "ISO, MDY"),
    ("IntervalStyle", "sql_standard", "postgres"),
    ("TimeZone", "Asia/Kathmandu", "UTC"),
    ("bytea_output", "escape", "hex"),
    ("standard_conforming_strings", "off", "on"),
    ("transform_null_equals", "on", "off"),
    ("array_nulls", "off", "on"),
    ("quote_all_identifiers", "on", "off"),
    ("row_security", "off", "on"),
    ("synchronous_commit", "off", "on"),
    ("extra_float_digits", "-15", "1"),
    ("client_min_messages", "log", "warning"),
    ("client_encoding", "LATIN1", "UTF8"),
    ("search_path", "odd, public", ""),
];
/// Records the settings of the session that stores.
const WATCH: &str = "
    create table public.seen (name text, setting text);
    create function public.watch() returns trigger language plpgsql security definer as $$
    begin
        insert into public.seen select name, current_setting(name) from pg_catalog.pg_settings;
        return null;
    end
    $$;
    create trigger watch after insert on phase_data.phase_data for each row execute function public.watch()";

/// A database with these defaults.
async fn odd_database() -> String {
    let url = Cluster::shared().create_database().await;
    let mut database = connect(&url).await;
    for (name, value, _) in DEFAULTS {
        let list = if name == "search_path" { value.to_owned() } else { format!("'{value}'") };
        let set = format!(
            "do $do$ begin if exists (select from pg_settings where lower(name) = lower('{name}')) then
             execute format($f$alter database %I set {name} = {list}$f$, current_database()); end if; end $do$"
        );
        database.execute(AssertSqlSafe(set)).await.expect("a default");
    }
    // The server sends these to its clients, too.
    let logged = "do $$ begin execute format('alter database %I set log_statement = ''all''', current_database()); end $$";
    database.execute(logged).await.expect("a default");
    let schema = "create schema odd; create table odd.phase_data (id integer); create table odd.repository (id integer)";
    database.execute(schema).await.expect("tables of the same names");
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_whose_every_default_is_odd_serves_as_any_other_one() {
    let logs_all = ("PHASE_DATA_LOG", "info,sqlx=debug");
    let odd = Backend::start_on(odd_database().await, &[logs_all]);
    let plain = Backend::start().await;
    let document = r#"{"text":"Škoda °C 測試 \\ ' \" ","float":0.1234567890123456789,"null":[null],"secret":"d0cument"}"#;
    let mut answers = Vec::new();
    for backend in [&odd, &plain] {
        let octo = backend.tenant("octo", 9919);
        let stored = backend.store(&octo.key, "octo/hello", 42, "scan", document).await;
        assert_eq!(stored.status, 201, "{}", stored.body);
        let expires = r#"{"repository":"octo/hello","issue_number":43,"phase":"scan","data":1,"expires_in_seconds":3600}"#;
        let bearer = format!("Bearer {}", octo.key);
        let headers = [("authorization", &*bearer), ("content-type", "application/json")];
        let expiring = backend.send("POST", "/api/v1/phase_data", &headers, expires).await;
        assert_eq!(expiring.status, 201, "{}", expiring.body);
        let (stored, found) = (stored.json(), backend.retrieve(&octo.key, "octo/hello", 42).await.json());
        answers.push((
            stored["data_bytes"].clone(),
            stored["data_sha256"].clone(),
            found["phases"][0]["data"].clone(),
            backend.retrieve(&octo.key, "octo/hello", 43).await.json()["phases"].as_array().map(Vec::len),
            stored["created_at"].as_str().expect("a time").ends_with('Z'),
        ));
    }
    assert_eq!(answers[0], answers[1]);
    assert!(!odd.log().contains("d0cument"), "documents are in no log");
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_have_the_settings_that_they_need_whatever_the_defaults_are() {
    let url = odd_database().await;
    let migrated = Backend::run(&[("DATABASE_URL", &url)], &["migrate"]);
    assert!(migrated.status.success(), "{migrated:?}");
    connect(&url).await.execute(WATCH).await.expect("a trigger");
    let backend = Backend::start_on(url.clone(), &[]);
    let octo = backend.tenant("octo", 9919);
    let stored = backend.store(&octo.key, "octo/hello", 1, "scan", "1").await;
    assert_eq!(stored.status, 201, "{}", stored.body);
    let mut database = connect(&url).await;
    for (name, _, expected) in DEFAULTS {
        let seen = "select setting from public.seen where lower(name) = lower($1)";
        let seen: Option<String> =
            sqlx::query_scalar(seen).bind(name).fetch_optional(&mut database).await.expect("a setting");
        match seen {
            Some(seen) if name == "search_path" => assert!(seen.starts_with("phase_data_fn_"), "{seen}"),
            Some(seen) => assert_eq!(seen, expected, "{name}"),
            None => assert!(["transaction_timeout", "idle_session_timeout"].contains(&name), "{name}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn time_outs_of_the_database_end_neither_idle_sessions_nor_long_statements() {
    let url = odd_database().await;
    let backend = Backend::start_on(url.clone(), &[]);
    let octo = backend.tenant("octo", 9919);
    assert_eq!(backend.store(&octo.key, "octo/hello", 1, "scan", "1").await.status, 201);
    // Longer than the time-outs of idle sessions, and shorter than the pause after which a session is asked before it is used.
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(backend.store(&octo.key, "octo/hello", 1, "scan", "2").await.status, 200);
    let mut database = connect(&url).await;
    let lock = "set statement_timeout = 0; set idle_in_transaction_session_timeout = 0;
                select set_config(name, '0', false) from pg_settings where name in ('transaction_timeout');
                begin; select from phase_data.phase_data for update";
    database.execute(lock).await.expect("a lock");
    let storing = backend.store(&octo.key, "octo/hello", 1, "scan", "3");
    let release = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        database.execute("rollback").await.expect("the lock is gone");
    };
    let (stored, ()) = tokio::join!(storing, release);
    assert_eq!(stored.status, 200, "{}", stored.body);

    let path = "/api/v1/phase_data/octo/hello/2?wait_seconds=20";
    let bearer = format!("Bearer {}", octo.key);
    let headers = [("authorization", &*bearer)];
    let began = Instant::now();
    let later = async {
        tokio::time::sleep(Duration::from_millis(2500)).await;
        backend.store(&octo.key, "octo/hello", 2, "scan", "1").await.status
    };
    let (found, stored) = tokio::join!(backend.send("GET", path, &headers, ""), later);
    assert_eq!((found.status, stored), (200, 201), "{}", found.body);
    assert!(began.elapsed() < Duration::from_secs(5), "it is woken at once: {:?}", began.elapsed());
}
