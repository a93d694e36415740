//! Many writers at once, and a database that goes away.

use std::time::{Duration, Instant};

use phase_data_tests::Backend;
use tokio::task::JoinSet;

const WRITERS: i64 = 50;

#[tokio::test(flavor = "multi_thread")]
async fn fifty_writers_of_one_phase_get_each_revision_exactly_once() {
    let backend = std::sync::Arc::new(Backend::start().await);
    let octo = backend.tenant("octo", 9919);
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let (backend, key) = (backend.clone(), octo.key.clone());
        writers.spawn(async move {
            backend.store(&key, "octo/hello", 42, "scan", &format!(r#"{{"writer":{writer}}}"#)).await
        });
    }
    let answers = writers.join_all().await;
    let mut revisions: Vec<i64> = answers
        .iter()
        .map(|answer| {
            assert!(matches!(answer.status, 200 | 201), "{} {}", answer.status, answer.body);
            answer.json()["revision"].as_i64().expect("a revision")
        })
        .collect();
    revisions.sort_unstable();
    assert_eq!(revisions, (1..=WRITERS).collect::<Vec<_>>());
    let stored = backend.retrieve(&octo.key, "octo/hello", 42).await.json();
    assert_eq!(stored["phases"][0]["revision"].as_i64(), Some(WRITERS));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_race_to_replace_one_revision_has_exactly_one_winner() {
    let backend = std::sync::Arc::new(Backend::start().await);
    let octo = backend.tenant("octo", 9919);
    // The first race is to create, the others to replace the revision of the one before. Two of the
    // contents are alike on purpose: the same document must not make two winners either.
    let mut tag = String::new();
    for revision in 0..6 {
        let (query, condition) = match revision {
            0 => (String::new(), ("if-none-match", "*".to_owned())),
            odd if odd % 2 == 1 => (String::new(), ("if-match", tag)),
            even => (format!("?if_revision={even}"), ("if-match", "*".to_owned())),
        };
        let mut writers = JoinSet::new();
        for writer in 0..10 {
            let (backend, key) = (backend.clone(), octo.key.clone());
            let (query, condition) = (query.clone(), condition.clone());
            let data = format!(r#"{{"race":{revision},"writer":{}}}"#, writer / 2);
            writers.spawn(async move {
                let condition = [(condition.0, condition.1.as_str())];
                backend.store_where(&key, &query, "octo/hello", 42, "scan", &data, &condition).await
            });
        }
        let answers = writers.join_all().await;
        let won = answers.iter().filter(|answer| matches!(answer.status, 200 | 201)).count();
        let lost = answers.iter().filter(|answer| answer.status == 412).collect::<Vec<_>>();
        assert_eq!((won, lost.len()), (1, 9), "race {revision}");
        tag = backend.retrieve(&octo.key, "octo/hello", 42).await.json()["phases"][0]["etag"]
            .as_str()
            .expect("a tag")
            .to_owned();
        for answer in lost {
            assert_eq!(answer.json()["current_revision"].as_i64(), Some(revision + 1), "{}", answer.body);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_and_cleaners_of_one_issue_never_meet_an_internal_error() {
    let backend = std::sync::Arc::new(Backend::start().await);
    let octo = backend.tenant("octo", 9919);
    let mut tasks = JoinSet::new();
    for task in 0..60 {
        let (backend, key) = (backend.clone(), octo.key.clone());
        tasks.spawn(async move {
            match task % 4 {
                0 => backend.delete(&key, "octo/hello", 42).await,
                1 => {
                    let bearer = format!("Bearer {key}");
                    let path = "/api/v1/phase_data/octo/hello/42?purge=true";
                    backend.send("DELETE", path, &[("authorization", &bearer)], "").await
                }
                phase => {
                    let phase = ["scan", "validate"][phase % 2];
                    backend.store(&key, "octo/hello", 42, phase, &task.to_string()).await
                }
            }
        });
    }
    for answer in tasks.join_all().await {
        assert!(matches!(answer.status, 200 | 201), "{} {}", answer.status, answer.body);
    }
}

#[tokio::test]
async fn several_backends_start_at_once_on_an_empty_database() {
    let url = phase_data_tests::Cluster::shared().create_database().await;
    let starts: Vec<_> = (0..4)
        .map(|_| {
            let url = url.clone();
            std::thread::spawn(move || Backend::start_on(url, &[]))
        })
        .collect();
    for start in starts {
        let backend = start.join().expect("every backend starts");
        assert_eq!(backend.send("GET", "/health/ready", &[], "").await.status, 200);
    }
}

#[tokio::test]
async fn a_database_that_goes_away_is_503_and_all_is_well_when_it_is_back() {
    let database = OwnDatabase::start().await;
    let backend = Backend::start_on(database.url(), &[]);
    let octo = backend.tenant("octo", 9919);
    assert_eq!(backend.store(&octo.key, "octo/hello", 42, "scan", "1").await.status, 201);

    let folder = database.stop().await;
    let down = backend.retrieve(&octo.key, "octo/hello", 42).await;
    assert_eq!((down.status, down.code()), (503, "database_unavailable".to_owned()), "{}", down.body);
    assert_eq!(down.header("retry-after"), "2");
    let not_ready = backend.send("GET", "/health/ready", &[], "").await;
    assert_eq!((not_ready.status, not_ready.code()), (503, "database_unavailable".to_owned()));
    assert_eq!(backend.send("GET", "/health/live", &[], "").await.status, 200);

    let _database = OwnDatabase::start_in(folder).await;
    let back = Instant::now();
    loop {
        let answer = backend.retrieve(&octo.key, "octo/hello", 42).await;
        if answer.status == 200 {
            break;
        }
        assert_eq!(answer.status, 503, "{}", answer.body);
        assert!(back.elapsed() < Duration::from_secs(20), "the backend did not recover");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(backend.store(&octo.key, "octo/hello", 42, "scan", "2").await.json()["revision"], 2);
}

/// A PostgreSQL that this test may stop.
struct OwnDatabase {
    folder: tempfile::TempDir,
    postgres: phase_data_embedded::EmbeddedPostgres,
}

impl OwnDatabase {
    async fn start() -> Self {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        // PostgreSQL may run as another user, who must get through to the cluster below.
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).expect("an open folder");
        Self::start_in(folder).await
    }

    async fn start_in(folder: tempfile::TempDir) -> Self {
        use phase_data_embedded::{self as embedded, Settings};
        let settings = Settings {
            search_path: phase_data_tests::search_path(),
            ..Settings::new(folder.path().join("data"))
        };
        let postgres = embedded::start(settings).await.unwrap_or_else(|error| panic!("{error}"));
        Self { folder, postgres }
    }

    fn url(&self) -> String {
        self.postgres.connection_url("phase_data")
    }

    async fn stop(self) -> tempfile::TempDir {
        self.postgres.stop().await.unwrap_or_else(|error| panic!("{error}"));
        self.folder
    }
}
