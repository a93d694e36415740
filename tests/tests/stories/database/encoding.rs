//! Encodings that can't hold every document.

use phase_data_tests::{Backend, Cluster, connect};
use sqlx::{AssertSqlSafe, Executor};

use crate::operation::between;

#[tokio::test(flavor = "multi_thread")]
async fn a_database_with_another_encoding_is_refused_with_the_command_that_makes_a_right_one() {
    for encoding in ["SQL_ASCII", "LATIN1"] {
        let shared = Cluster::shared().create_database().await;
        let (before, name) = shared.rsplit_once('/').expect("a database");
        let (url, name) = (format!("{before}/{name}_odd"), format!("{name}_odd"));
        let create = format!("create database {name} encoding '{encoding}' locale 'C' template template0");
        connect(&shared).await.execute(AssertSqlSafe(create)).await.expect("a database");
        let mut printed = String::new();
        for arguments in [&["serve", "--listen", "127.0.0.1:0"][..], &["migrate"], &["migrate", "--force"]] {
            let refused = Backend::run(&[("DATABASE_URL", &url)], arguments);
            printed = String::from_utf8_lossy(&refused.stderr).into_owned();
            assert!(!refused.status.success(), "{arguments:?}");
            assert!(printed.contains(&format!("has the encoding {encoding}")), "{printed}");
        }
        let made = "select count(*) from pg_namespace where nspname like 'phase%'";
        let made: i64 = sqlx::query_scalar(made).fetch_one(&mut connect(&url).await).await.expect("a count");
        assert_eq!(made, 0, "nothing was changed");

        let command = between(&printed, "`", "`").replace("phase_data_owner", "phase_data");
        let command =
            command.replacen("create database phase_data ", &format!("create database {name}_new "), 1);
        connect(&shared).await.execute(AssertSqlSafe(command)).await.expect("the command works");
        let migrated = Backend::run(&[("DATABASE_URL", &format!("{url}_new"))], &["migrate"]);
        assert!(migrated.status.success(), "{migrated:?}");
    }
}
