//! `account delete`.

use std::collections::BTreeMap;

use phase_data_tests::{APP_SECRET, APP_WEBHOOK, Backend, Tenant, issue_event, unknown_key};
use serde_json::json;
use sqlx::{AssertSqlSafe, Executor, Row};

use super::refused;
use crate::admin::Admin;

const AT: &str = "2026-01-01T00:00:00Z";

/// A tenant with rows in every table.
async fn tenant_with_everything(backend: &Backend, login: &str, owner_id: u32) -> Tenant {
    let tenant = backend.tenant(login, owner_id);
    let name = format!("{login}/hello");
    for issue in 1..=3 {
        assert_eq!(backend.store(&tenant.key, &name, issue, "scan", "[1]").await.status, 201);
    }
    assert_eq!(backend.delete(&tenant.key, &name, 3).await.status, 200);
    let admin = Admin::of(backend, &tenant);
    let made = admin.call("POST", "/webhook_secret", json!({})).await.json();
    let hook =
        (made["webhook"]["path"].as_str().expect("a path"), made["secret"].as_str().expect("a secret"));
    assert_eq!(backend.deliver(hook, "ping", "a", &json!({})).await.status, 202);
    // Rows that jobs, tokens and renamed repositories leave behind, among them a repository that took over another one.
    let id = &tenant.account;
    let rows = format!(
        "insert into repository (forge_account_id, id, named_at, merged_into)
              select '{id}', gen_random_uuid(), now(), r.id from repository r where r.forge_account_id = '{id}';
         insert into repository (forge_account_id, id, named_at, merged_into)
              select '{id}', gen_random_uuid(), now(), r.id from repository r
               where r.forge_account_id = '{id}' and r.merged_into is not null;
         insert into spent_token (forge_account_id, jti, request_sha256, expires_at) values ('{id}', 'a', '', now());
         insert into phase_revision select '{id}', gen_random_uuid(), n, 'scan', 1 from generate_series(1, 700) n;
         insert into attempt (forge_account_id, repository_id, issue_number, phase, number, claim_id, state, actor, started_at,
                              lease_ends_at)
              select '{id}', r.id, n, 'scan', 1, gen_random_uuid(), 'running', '{{}}', now(), now()
                from repository r, generate_series(1, 700) n where r.forge_account_id = '{id}' and r.merged_into is null;
         insert into lifecycle (forge_account_id, repository_id, issue_number, closed, at)
              values ('{id}', gen_random_uuid(), 0, true, now());
         insert into sweep (forge_account_id, repository_id, attempted_at) values ('{id}', gen_random_uuid(), now());
         insert into usage_count (forge_account_id) values ('{id}') on conflict do nothing;
         insert into purge_failure (phase_data_id, forge_account_id, reason, next_try_at)
              values (gen_random_uuid(), '{id}', 'SQLSTATE XX000', now());"
    );
    backend.database().await.execute(AssertSqlSafe(rows)).await.expect("rows");
    tenant
}

/// Returns the content of all tables that belong to an account, by table.
async fn content(backend: &Backend, account: &str) -> BTreeMap<String, Vec<String>> {
    let mut database = backend.database().await;
    let tables = "select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid
                   where c.relnamespace = 'phase_data'::regnamespace and c.relkind = 'r'
                     and a.attname = 'forge_account_id'";
    let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut database).await.expect("tables");
    let mut content = BTreeMap::new();
    for (table, column) in
        tables.iter().map(|table| (table.as_str(), "forge_account_id")).chain([("forge_account", "id")])
    {
        // The time of the last use is written beside the requests.
        let rows = format!(
            "select (to_jsonb(t) - 'last_used_at')::text from phase_data.{table} t
              where t.{column} = '{account}' order by 1"
        );
        let rows = sqlx::query_scalar(AssertSqlSafe(rows)).fetch_all(&mut database).await.expect("rows");
        content.insert(table.to_owned(), rows);
    }
    content
}

async fn stage() -> (Backend, Tenant, Tenant) {
    // Jobs that change rows by themselves would blur what the deletion changes.
    let backend = Backend::start_with(&[APP_SECRET, ("PHASE_DATA_PURGE_SECONDS", "86400")]).await;
    let octo = tenant_with_everything(&backend, "octo", 9919).await;
    let rival = tenant_with_everything(&backend, "rival", 666).await;
    (backend, octo, rival)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_account_takes_everything_along_and_nothing_of_others() {
    let (backend, octo, rival) = stage().await;
    let before = content(&backend, &octo.account).await;
    let empty: Vec<_> = before.iter().filter(|(_, rows)| rows.is_empty()).collect();
    assert!(empty.is_empty(), "each table has rows to be removed: {empty:?}");
    let others = content(&backend, &rival.account).await;
    let report = format!(
        "the account octo (github 9919, {}), with:\n  3 documents, hidden ones included\n  3 issues with documents\n  \
         1 repositories\n  4 events\n  2 API keys\n  1 webhook secrets\n  1 webhook deliveries",
        octo.account
    );

    let dry = backend.command(&["account", "delete", "octo", "--dry-run"]);
    assert_eq!(dry, format!("would delete {report}"));
    let asked = refused(&backend, &["account", "delete", "octo"]);
    assert!(asked.contains("nothing was deleted") && asked.contains("add --yes"), "{asked}");
    assert!(
        refused(&backend, &["account", "delete", "octo", "--yes", "--dry-run"]).contains("cannot be used")
    );
    assert_eq!(content(&backend, &octo.account).await, before);

    // A request that the servers still know the key of.
    assert_eq!(backend.retrieve(&octo.key, "octo/hello", 1).await.status, 200);
    let deleted = backend.command(&["account", "delete", "OCTO", "--yes"]);
    assert_eq!(deleted, format!("deleted {report}"));
    let left = content(&backend, &octo.account).await;
    assert!(left.values().all(Vec::is_empty), "{left:#?}");
    assert_eq!(content(&backend, &rival.account).await, others);

    let gone = backend.retrieve(&octo.key, "octo/hello", 1).await;
    let unknown = backend.retrieve(&unknown_key(), "octo/hello", 1).await;
    let body =
        |answer: &phase_data_tests::Answer| answer.body.replace(answer.header("x-request-id"), "REQUEST");
    assert_eq!((gone.status, body(&gone)), (401, body(&unknown)), "as any unknown key");
    assert_eq!(backend.retrieve(&rival.key, "rival/hello", 1).await.status, 200);
    assert!(refused(&backend, &["account", "delete", "octo", "--yes"]).contains("no account \"octo\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_bring_no_deleted_account_back_except_a_new_installation() {
    let (backend, octo, _) = stage().await;
    backend.command(&["account", "delete", "octo", "--yes"]);
    let (state, reason) = backend.deliver_and_finish("issues", "late", &issue_event("closed", 1, AT)).await;
    assert_eq!(
        (state.as_str(), reason.as_deref()),
        ("ignored", Some("the owner 9919 is not registered here"))
    );
    let own = format!("{APP_WEBHOOK}/{}", octo.account);
    let refused = backend.deliver((&own, "the secret that it had"), "ping", "b", &json!({})).await;
    assert_eq!((refused.status, refused.code()), (401, "signature_invalid".to_owned()));
    assert!(!backend.command(&["account", "list"]).contains("octo"));

    let installed = json!({
        "action": "created",
        "installation": {
            "id": 1, "updated_at": AT, "target_type": "Organization",
            "account": { "id": 9919, "login": "octo", "type": "Organization" },
        },
    });
    backend.deliver_and_finish("installation", "again", &installed).await;
    let listed = backend.command(&["account", "list"]);
    let new = listed.lines().find(|line| line.contains("  9919  octo  ")).expect("a new account");
    assert!(!new.starts_with(&octo.account), "{listed}");
    let contents = backend.command(&["account", "delete", "octo", "--dry-run"]);
    assert!(contents.contains("  0 documents") && contents.contains("  0 events"), "{contents}");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_beside_a_deletion_succeed_or_have_an_unknown_key_and_leave_nothing() {
    let (backend, octo, rival) = stage().await;
    let writing = async {
        let mut statuses = Vec::new();
        for issue in 10.. {
            let status =
                backend.store(&octo.key, &format!("octo/r{}", issue % 7), issue, "scan", "[1]").await.status;
            statuses.push(status);
            if status == 401 {
                return statuses;
            }
        }
        statuses
    };
    let url = backend.database_url().to_owned();
    let deleting = tokio::task::spawn_blocking(move || {
        Backend::run(&[("DATABASE_URL", &url)], &["account", "delete", "octo", "--yes"])
    });
    let (statuses, deleted) = tokio::join!(writing, deleting);
    assert!(deleted.expect("it ends").status.success());
    let (last, others) = statuses.split_last().expect("requests");
    assert_eq!(*last, 401);
    assert!(!others.is_empty() && others.iter().all(|status| *status == 201), "{others:?}");
    let left = content(&backend, &octo.account).await;
    assert!(left.values().all(Vec::is_empty), "{left:#?}");
    assert_eq!(backend.retrieve(&rival.key, "rival/hello", 1).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_deletion_is_shown_and_completed_by_the_next_one() {
    let (backend, octo, rival) = stage().await;
    let others = content(&backend, &rival.account).await;
    let mark = "update forge_account set deleted_at = now() where login = 'octo'";
    backend.database().await.execute(mark).await.expect("a mark");
    let complete = format!(
        "the account {0} is being deleted: complete this first, with `account delete {0} --yes`",
        octo.account
    );
    for arguments in [
        &["account", "create", "--owner-id", "9919", "--login", "octo"][..],
        &["key", "create", "--name", "late", "--account", "octo"],
        &["key", "list", "--account", "octo"],
    ] {
        assert_eq!(refused(&backend, arguments), format!("error: {complete}\n"), "{arguments:?}");
    }
    let listed = backend.command(&["account", "list"]);
    let lines: Vec<_> = listed.lines().filter(|line| line.ends_with("  being deleted")).collect();
    assert!(matches!(lines.as_slice(), [line] if line.starts_with(&octo.account)), "{listed}");
    let (state, reason) = backend.deliver_and_finish("issues", "late", &issue_event("closed", 1, AT)).await;
    assert_eq!(
        (state.as_str(), reason.as_deref()),
        ("ignored", Some("the owner 9919 is not registered here"))
    );

    backend.command(&["account", "delete", "octo", "--yes"]);
    assert!(content(&backend, &octo.account).await.values().all(Vec::is_empty));
    assert_eq!(content(&backend, &rival.account).await, others);
    // The owner can be registered again, and starts with nothing.
    let again = backend.tenant("octo", 9919);
    assert_eq!(backend.retrieve(&again.key, "octo/hello", 1).await.status, 404);
}

#[tokio::test]
async fn the_servers_role_removes_no_account_that_the_owner_of_the_tables_has_not_marked() {
    let (backend, octo, _) = stage().await;
    let mut database = backend.database().await;
    let set_up = format!(
        "update phase_event set at = now() - interval '2 days';
         set role phase_data_app; set phase_data.account = '{}'; set phase_data.task = 'purge'",
        octo.account
    );
    database.execute(AssertSqlSafe(set_up)).await.expect("the server's role");
    for table in ["phase_event", "usage_count", "repository"] {
        let removed = database.execute(AssertSqlSafe(format!("delete from {table}"))).await.expect(table);
        assert_eq!(removed.rows_affected(), 0, "{table}");
    }
    for forbidden in [
        "delete from forge_account",
        "delete from api_key",
        "update forge_account set deleted_at = now()",
        "update forge_account set login = 'x'",
    ] {
        let error = database.execute(forbidden).await.expect_err(forbidden).to_string();
        assert!(error.contains("permission denied"), "{forbidden}: {error}");
    }
    let seen = database.fetch_one("select count(*) from repository").await.map(|row| row.get::<i64, _>(0));
    assert!(seen.expect("a count") > 0);
}

#[test]
fn the_help_of_the_deletion_says_what_it_takes_along() {
    let help = Backend::run(&[], &["account", "delete", "--help"]);
    let help = String::from_utf8(help.stdout).expect("text");
    for part in ["for good", "--dry-run", "--yes", "documents, events, API keys and webhooks"] {
        assert!(help.contains(part), "{part}: {help}");
    }
}
