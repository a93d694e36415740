//! The operator's commands for accounts.

mod deletion;

use phase_data_tests::Backend;

/// Runs a command that must fail on a backend's database, and returns its messages.
fn refused(backend: &Backend, arguments: &[&str]) -> String {
    let output = Backend::run(&[("DATABASE_URL", backend.database_url())], arguments);
    assert!(!output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test]
async fn a_list_without_an_account_or_a_key_says_so() {
    let backend = Backend::start().await;
    let none = "no accounts yet; register one with `account create`";
    assert_eq!(backend.command(&["account", "list"]), none);
    assert_eq!(refused(&backend, &["key", "list"]), format!("error: {none}\n"));
    backend.command(&["account", "create", "--owner-id", "9919", "--login", "octo"]);
    assert_eq!(backend.command(&["key", "list"]), "no keys yet; create one with `key create`");
}

#[tokio::test]
async fn a_renamed_account_keeps_its_id_its_keys_and_its_data() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let rival = backend.tenant("rival", 666);
    backend.store(&octo.key, "octo/hello", 42, "scan", "1").await;
    assert_eq!(backend.command(&["account", "rename", "Octo", "Octo-Org"]), "renamed octo to Octo-Org");
    let listed = backend.command(&["account", "list"]);
    let line = listed.lines().find(|line| line.starts_with(&octo.account)).expect("the account");
    assert!(line.contains("  github  9919  Octo-Org  since "), "{line}");
    assert!(listed.contains("  github  666  rival  since "), "{listed}");
    assert_eq!(backend.retrieve(&octo.key, "octo/hello", 42).await.status, 200);
    backend.key(&octo.account, &[]);

    // Names are given up and taken again: for a moment two owners may seem to have one.
    let said = backend.command(&["account", "rename", &rival.account, "octo-org"]);
    assert!(said.starts_with("renamed rival to octo-org\n") && said.contains(&octo.account), "{said}");
    let ambiguous = refused(&backend, &["account", "rename", "octo-org", "octo"]);
    assert!(ambiguous.contains("several accounts have the login"), "{ambiguous}");
    let renamed = backend.command(&["account", "rename", &octo.account, "octo"]);
    assert_eq!(renamed, "renamed Octo-Org to octo");

    let unknown = refused(&backend, &["account", "rename", "nobody", "octo"]);
    assert_eq!(unknown, "error: no account \"nobody\"; see `account list`\n");
    assert!(refused(&backend, &["account", "rename", "octo", "octo/hello"]).contains("a login is"));
}
