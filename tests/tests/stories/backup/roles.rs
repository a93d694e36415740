//! Roles for an owner who may not create any.

use phase_data_tests::Backend;

use super::{PlainCluster, manual};

#[tokio::test]
async fn an_owner_who_may_not_create_roles_migrates_with_the_roles_of_the_manual() {
    let cluster = PlainCluster::start().await;
    let blocks = manual("### Without the right to create roles");
    let [roles] = blocks.as_slice() else { panic!("not one block") };
    cluster.sql(roles);
    let owner = cluster.url("phase_data_owner", "phase_data");
    let settings = [("PHASE_DATA_OWNER_DATABASE_URL", owner.as_str())];
    let backend = Backend::start_on(cluster.url("phase_data_server", "phase_data"), &settings);
    assert_eq!(backend.send("GET", "/health/ready", &[], "").await.status, 200);
}

#[tokio::test]
async fn a_second_deployment_on_a_cluster_migrates_and_is_told_what_to_grant() {
    let cluster = PlainCluster::migrated().await;
    let superuser = |sql: &str| cluster.run_sql("postgres", sql);
    superuser(
        "create role \"Stage\" login createrole; create role stage_server login; create database stage owner \"Stage\"",
    );
    let owner = cluster.url("Stage", "stage");
    let migrated = Backend::run(&[("DATABASE_URL", &owner)], &["migrate"]);
    assert!(migrated.status.success(), "{migrated:?}");
    // With a server of its own, and with one that is the owner. Since PostgreSQL 16, only the creator of a role may grant it.
    for (user, name) in [("stage_server", "stage_server"), ("Stage", "\"Stage\"")] {
        let url = cluster.url(user, "stage");
        let settings = [("DATABASE_URL", url.as_str()), ("PHASE_DATA_OWNER_DATABASE_URL", owner.as_str())];
        superuser(&format!("revoke phase_data_app from {name}"));
        let purged = Backend::run(&settings, &["purge", "--dry-run"]);
        let message = String::from_utf8_lossy(&purged.stderr).into_owned();
        let grant = format!("grant phase_data_app to {name}");
        assert!(!purged.status.success() && message.contains(&format!("run `{grant}`")), "{message}");
        superuser(&grant);
        let settings = [&settings[..], &[("PHASE_DATA_OIDC_ISSUERS", "off")]].concat();
        let backend = Backend::launch(&settings);
        assert_eq!(backend.send("GET", "/health/ready", &[], "").await.status, 200);
    }
}

#[tokio::test]
async fn an_owner_who_may_not_create_the_role_is_told_the_command_and_each_step_has_a_line() {
    let cluster = PlainCluster::start().await;
    cluster.run_sql("postgres", "create role plain login; create database plain owner plain");
    let owner = cluster.url("plain", "plain");
    let migrate = || Backend::run(&[("DATABASE_URL", &owner)], &["migrate"]);
    let message = String::from_utf8_lossy(&migrate().stderr).into_owned();
    let command = "create role phase_data_app nologin";
    assert!(message.contains(&format!("run `{command}`")) && message.contains("the user plain"), "{message}");
    cluster.run_sql("postgres", command);
    let migrated = migrate();
    let printed = String::from_utf8_lossy(&migrated.stdout).into_owned();
    assert!(migrated.status.success(), "{migrated:?}");
    let steps: Vec<&str> = printed.lines().map(|line| line.split(' ').next().unwrap_or_default()).collect();
    assert_eq!(steps, ["applied", "installed"], "{printed}");
}
