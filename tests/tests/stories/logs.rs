//! The log of the real program, in both forms: whose request it was, about which repository, and one line each, whatever
//! callers send.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use phase_data_tests::{Backend, Cluster, backend_program, search_path};
use serde_json::Value;

#[tokio::test]
async fn a_line_has_the_account_the_key_the_address_and_the_repository_of_its_request() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let key_id = &octo.key[3..15];
    let stored = backend.store(&octo.key, "octo/hello", 42, "scan", r#"{"payload":"unlogged"}"#).await;
    let line = backend.logged(stored.header("x-request-id")).await;
    let mut entry: Value = serde_json::from_str(&line).expect("a JSON object");
    let took = entry["fields"]["duration_ms"].take().as_f64().expect("a number");
    assert_eq!(took, (took * 100.0).round() / 100.0, "two decimals: {line}");
    entry["timestamp"].take();
    let expected = serde_json::json!({
        "timestamp": null, "level": "INFO",
        "fields": { "message": "answered", "operation_id": "store_phase_data", "status": 201, "duration_ms": null },
        "span": {
            "name": "request", "request_id": stored.header("x-request-id"), "remote_address": "127.0.0.1",
            "method": "POST", "path": "/api/v1/phase_data", "account": octo.account, "key_id": key_id,
            "repository": "octo/hello",
        },
    });
    assert_eq!(entry, expected);

    // A key of somebody else is refused, and its line says whose it is and what it was for.
    let acme = backend.tenant("acme", 9920);
    let limited = backend.key(&acme.account, &["--repository", "acme/site"]);
    let refused = backend.retrieve(&limited, "octo/hello", 42).await;
    let line = backend.logged(refused.header("x-request-id")).await;
    for field in
        [acme.account.as_str(), &limited[3..15], r#""repository":"octo/hello""#, "repository_out_of_reach"]
    {
        assert!(line.contains(field), "{field}: {line}");
    }
    let log = backend.log();
    for secret in [&octo.key, &acme.key, &limited, "unlogged"] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}

#[tokio::test]
async fn the_address_of_the_client_is_that_of_the_peer_unless_the_peer_is_a_trusted_proxy() {
    let forwarded = [("x-forwarded-for", "198.51.100.7, 203.0.113.9"), ("x-request-id", "forwarded-1")];
    for (setting, expected) in [("10.0.0.0/8", "127.0.0.1"), ("10.0.0.0/8,127.0.0.1", "203.0.113.9")] {
        let backend = Backend::start_with(&[("PHASE_DATA_TRUSTED_PROXIES", setting)]).await;
        backend.send("GET", "/api/v1/auth/oidc", &forwarded, "").await;
        let line = backend.logged("forwarded-1").await;
        assert!(line.contains(&format!(r#""remote_address":"{expected}""#)), "{setting}: {line}");
    }
    let url = Cluster::shared().create_database().await;
    let settings = [("DATABASE_URL", url.as_str()), ("PHASE_DATA_TRUSTED_PROXIES", "0.0.0.0/0")];
    let refused = Backend::run(&settings, &["serve"]);
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        !refused.status.success() && text.contains("PHASE_DATA_TRUSTED_PROXIES takes a comma-separated list"),
        "{text}"
    );
}

#[tokio::test]
async fn probes_that_succeed_are_logged_for_debugging_only() {
    for (filter, lines) in [("info", 0), ("info,phase_data_backend=debug", 2)] {
        let backend = Backend::start_with(&[("PHASE_DATA_LOG", filter)]).await;
        for path in ["/health/live", "/health/ready", "/docs"] {
            assert_eq!(backend.send("GET", path, &[], "").await.status, 200);
        }
        backend.logged(r#""path":"/docs""#).await;
        let log = backend.log();
        assert_eq!(log.matches(r#""path":"/health/"#).count(), lines, "{log}");
        assert_eq!(log.matches(r#""level":"DEBUG","fields":{"message":"answered""#).count(), lines, "{log}");
    }
}

#[tokio::test]
async fn the_first_start_logs_a_line_for_the_migration_and_none_about_what_is_off() {
    let backend = Backend::start().await;
    let log = backend.log();
    let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).expect("a JSON object"));
    let messages: Vec<String> =
        lines.map(|line| line["fields"]["message"].as_str().expect("a message").to_owned()).collect();
    let [migration, functions, "listening"] = messages.iter().map(String::as_str).collect::<Vec<_>>()[..]
    else {
        panic!("other lines: {log}");
    };
    assert_eq!(migration, "applied the migration 100 (baseline)");
    assert!(functions.starts_with("installed the functions of release 1 into "), "{functions}");
}

#[tokio::test]
async fn text_in_a_pipe_has_no_colours_and_hostile_values_stay_on_one_bounded_line() {
    let backend = Backend::start_with(&[("PHASE_DATA_LOG_FORMAT", "text")]).await;
    let octo = backend.tenant("octo", 9919);
    let key_id = &octo.key[3..15];
    let stored = backend.store(&octo.key, "octo/hello", 42, "scan", "1").await;
    let found = backend.logged(stored.header("x-request-id")).await;
    let path = format!(
        "  INFO request{{request_id={} remote_address=127.0.0.1 method=POST path=/api/v1/phase_data account={} \
         key_id={key_id} repository=octo/hello}}: answered operation_id=store_phase_data status=201 duration_ms=",
        stored.header("x-request-id"),
        octo.account
    );
    assert!(found.contains(&path), "{found}\n{path}");

    let lines = backend.log().lines().count();
    let (long, forged) = ("a".repeat(20_000), "/a%0AERROR%20forged%1b[31m\u{e9}\u{202e}");
    let headers = [("x-request-id", "hostile-1"), ("x-forwarded-for", "forged"), ("user-agent", "forged")];
    backend.send("GET", forged, &headers, "").await;
    backend.send("GET", &format!("/{long}"), &[("x-request-id", "hostile-2")], "").await;
    backend.send(&long[..5000], "/docs", &[("x-request-id", "hostile-3")], "").await;
    for id in ["hostile-1", "hostile-2", "hostile-3"] {
        let found = backend.logged(id).await;
        assert!(found.len() < 3000 && found.contains("remote_address=127.0.0.1"), "{found}");
    }
    let log = backend.log();
    assert_eq!(log.lines().count(), lines + 3, "{log}");
    assert!(!log.contains(|it: char| it.is_control() && it != '\n'), "{log}");
}

/// Runs the server on a terminal until it listens, and returns what the terminal got.
fn on_a_terminal(url: &str, settings: &[(&str, &str)]) -> String {
    let program = backend_program().to_str().expect("a path").to_owned();
    let mut command = Command::new("script");
    command.args([
        "--quiet",
        "--flush",
        "--return",
        "--command",
        &format!("exec {program} serve"),
        "/dev/null",
    ]);
    command.env_clear().env("DATABASE_URL", url).env("PHASE_DATA_LISTEN", "127.0.0.1:0");
    command.envs(search_path().map(|path| ("PATH", path))).envs(settings.iter().copied());
    let mut process = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("script starts");
    let mut text = String::new();
    for line in BufReader::new(process.stdout.take().expect("the output")).lines().map_while(Result::ok) {
        text.push_str(&format!("{line}\n"));
        if line.contains("listening") {
            break;
        }
    }
    // The end of its terminal ends the server.
    process.kill().expect("it can be ended");
    process.wait().expect("it ends");
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_gets_text_with_colours_and_none_with_no_color() {
    let url = Cluster::shared().create_database().await;
    let text = on_a_terminal(&url, &[]);
    assert!(
        text.contains("\u{1b}[32m INFO\u{1b}[0m ") && text.contains("listening address=127.0.0.1:"),
        "{text}"
    );
    let text = on_a_terminal(&url, &[("NO_COLOR", "1")]);
    assert!(!text.contains('\u{1b}') && text.contains(" INFO listening address=127.0.0.1:"), "{text}");
    tokio::time::sleep(Duration::from_millis(100)).await;
}
