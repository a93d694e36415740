//! Restores by another owner, and without privileges.

use phase_data_tests::Backend;

use super::state::{self, State};
use super::{PlainCluster, manual, shell};

#[tokio::test]
async fn another_owner_restores_a_dump_without_owners_and_privileges_and_a_migration_repairs_them() {
    let (old, new) = (PlainCluster::migrated().await, PlainCluster::start().await);
    let folder = tempfile::tempdir().expect("a folder");
    let before = old.backend();
    let tenants = state::fill(&before).await;
    let state = State::of(&before, &tenants).await;
    let dump = format!(
        "pg_dump --dbname='{}' --format=custom --file=phase_data.dump",
        old.url("phase_data", "phase_data")
    );
    shell(&old.path, &dump, folder.path(), &[], "");
    before.kill();

    let blocks = manual("### Restore as another owner");
    let [roles, restore] = blocks.as_slice() else { panic!("not two blocks") };
    new.sql(roles);
    let restore = restore.text.replace(":…@new.example.com", &format!("@{}", new.host()));
    assert!(!restore.contains("example.com"), "{restore}");
    shell(&old.path, &restore, folder.path(), &[], "");

    // A server without the owner's rights does not serve half of it.
    let (owner, server) = (new.url("new_owner", "phase_data"), new.url("new_server", "phase_data"));
    let refused = Backend::run(&[("DATABASE_URL", &server)], &["serve", "--listen", "127.0.0.1:0"]);
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && message.contains("run `phase-data-backend migrate`"), "{message}");
    let migrated = Backend::run(&[("DATABASE_URL", &owner)], &["migrate"]);
    let printed = String::from_utf8_lossy(&migrated.stdout).into_owned();
    assert!(
        migrated.status.success() && printed.starts_with("granted the role phase_data_app"),
        "{migrated:?}"
    );
    assert_eq!(printed.lines().count(), 1, "{printed}");

    // The test's own statements are the superuser's.
    let app = phase_data_tests::APP_SECRET;
    let settings =
        [app, ("PHASE_DATA_OWNER_DATABASE_URL", owner.as_str()), ("DATABASE_URL", server.as_str())];
    let after = Backend::start_on(new.url("phase_data", "phase_data"), &settings);
    state.assert_holds(&after, &tenants).await;
    state::assert_goes_on(&after, &tenants).await;
    let accounts = Backend::run(&[("DATABASE_URL", &owner)], &["account", "list"]);
    assert_eq!(String::from_utf8_lossy(&accounts.stdout).lines().count(), 2, "{accounts:?}");
}
