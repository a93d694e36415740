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
