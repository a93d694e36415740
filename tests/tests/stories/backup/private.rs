//! Backups of the private PostgreSQL.

use phase_data_embedded as embedded;
use phase_data_tests::Backend;
use sqlx::ConnectOptions;

use super::{manual, path_to_programs, shell};
use crate::operation::{between, data_dir};

#[tokio::test]
async fn what_the_manual_backs_up_of_a_private_postgresql_it_restores_into_another_one() {
    let commands = manual("## The private PostgreSQL");
    let [dump, restore] = commands.as_slice() else { panic!("not two blocks") };
    let folder = tempfile::tempdir().expect("a folder");
    let (_old, old_dir) = data_dir();
    let old = Backend::launch(&[("PHASE_DATA_DATA_DIR", &old_dir)]);
    let key = between(&old.welcome().await, "API key   ", "  (shown only now)").to_owned();
    assert_eq!(old.store(&key, "octo/hello", 42, "scan", r#"{"a":1}"#).await.status, 201);
    let owner = embedded::find_running(old_dir.as_ref(), embedded::DATABASE).expect("it runs");
    let path = path_to_programs(&mut owner.connect().await.expect("the owner's connection")).await;
    let run = |script: &str, data_dir: &str| {
        shell(&path, script, folder.path(), &[("PHASE_DATA_DATA_DIR", data_dir)], "");
    };
    run(&dump.text, &old_dir);
    let before = old.retrieve(&key, "octo/hello", 42).await;
    old.kill();

    let (_new, new_dir) = data_dir();
    let settings = [("PHASE_DATA_DATA_DIR", new_dir.as_str())];
    let new = Backend::launch(&settings);
    assert_eq!(new.retrieve(&key, "octo/hello", 42).await.status, 401);
    run(&restore.text, &new_dir);
    new.signal("TERM");
    assert!(new.wait());

    let new = Backend::launch(&settings);
    let after = new.retrieve(&key, "octo/hello", 42).await;
    assert_eq!((after.status, &after.body, after.header("etag")), (200, &before.body, before.header("etag")));
    assert_eq!(new.store(&key, "octo/hello", 42, "scan", "2").await.json()["revision"], 2);
}
