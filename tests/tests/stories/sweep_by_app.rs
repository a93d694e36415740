//! The backend itself asks GitHub, as an App, which issues are closed.

mod back;
mod identity;
mod limits;
mod model;
mod queue;

use phase_data_tests::{APP_SECRET, Backend, FakeGithub, Fault, Issue, Step, Tenant, World};
use tempfile::NamedTempFile;

const HELLO: i64 = 1;
const OTHER: i64 = 2;
const FOREIGN: i64 = 3;
const OCTO: u32 = 9919;
const RIVAL: u32 = 666;
const LATE: &str = "2099-01-01T00:00:00Z";

struct Stage {
    backend: Backend,
    octo: Tenant,
    github: FakeGithub,
    key: NamedTempFile,
}

impl Stage {
    /// `octo/hello` with data for these issues, which are open; `octo` has installed the App.
    async fn with(issues: impl IntoIterator<Item = u32>) -> Self {
        let backend = Backend::start_with(&[APP_SECRET]).await;
        let octo = backend.tenant("octo", OCTO);
        let github = FakeGithub::start().await;
        let key = NamedTempFile::new().expect("a file");
        {
            let mut world = github.world();
            std::fs::write(key.path(), world.register_app()).expect("written");
            world.repository(HELLO, "octo/hello", OCTO.into());
            world.repository(OTHER, "octo/other", OCTO.into());
            world.repository(FOREIGN, "rival/other", RIVAL.into());
            world.install(OCTO.into());
            world.login = Some("nobody".to_owned());
        }
        for issue in issues {
            backend.store(&octo.key, "octo/hello", issue, "scan", r#"{"kept": 1.50}"#).await;
            github.world().open(HELLO, issue.into());
        }
        Self { backend, octo, github, key }
    }

    fn settings(&self) -> [(&str, &str); 3] {
        [
            ("PHASE_DATA_GITHUB_APP_ID", World::APP_ID),
            ("PHASE_DATA_GITHUB_APP_KEY_FILE", self.key.path().to_str().expect("a path")),
            ("PHASE_DATA_GITHUB_API_URL", self.github.url()),
        ]
    }

    fn all_settings(&self) -> Vec<(&str, &str)> {
        [&[("DATABASE_URL", self.backend.database_url())][..], &self.settings()].concat()
    }

    fn sweep(&self, options: &[&str]) -> String {
        let output = Backend::run(&self.all_settings(), &[&["sweep"], options].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }

    fn left(&self, repository: &str) -> String {
        let step = Step::new("list", self.backend.url(), &self.octo.key, 1).input("repository", repository);
        step.run().output("issue-numbers").to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_does_what_missed_events_would_have_done() {
    let stage = Stage::with([1, 2, 3, 4, 5, 6, 7, 8]).await;
    {
        let mut world = stage.github.world();
        world.largest_page = 2;
        world.close(HELLO, 2, LATE);
        world.close(HELLO, 3, "2020-01-01T00:00:00Z");
        world.set_issue(HELLO, 4, Issue::Deleted);
        world.set_issue(HELLO, 5, Issue::MovedTo(OTHER, 70));
        world.set_issue(HELLO, 6, Issue::MovedTo(OTHER, 80));
        world.set_issue(HELLO, 7, Issue::MovedTo(FOREIGN, 90));
        world.set_issue(HELLO, 8, Issue::MovedTo(99, 1));
        world.open(OTHER, 70);
        world.close(OTHER, 80, LATE);
        world.open(FOREIGN, 90);
    }
    let expected = |verb: &str| {
        let along = verb.replace("cleaned up", "moved");
        format!(
            "octo/hello#2  closed: {verb}\nocto/hello#4  deleted: {verb}\n\
             octo/hello#5  moved to octo/other#70: {along}\nocto/hello#6  moved to octo/other#80: {along}\n\
             octo/hello#7  moved to rival/other#90: {verb}\n\
             octo/hello  left alone: #8: GitHub shows no such issue to this token\n"
        )
    };
    assert_eq!(stage.sweep(&["--dry-run"]), expected("would be cleaned up"));
    assert_eq!(stage.left("octo/hello"), "[1,2,3,4,5,6,7,8]");
    assert_eq!(stage.sweep(&[]), expected("cleaned up"));
    assert_eq!(stage.left("octo/hello"), "[1,3,8]", "3 was closed before its data was stored");
    assert_eq!(stage.left("octo/other"), "[70]", "80 is closed there");
    let moved = stage.backend.retrieve(&stage.octo.key, "octo/other", 70).await;
    assert!(moved.body.contains("1.50"), "{}", moved.body);
    let events = "/api/v1/phase_data/octo/hello/2/events";
    let bearer = format!("Bearer {}", stage.octo.key);
    let events = stage.backend.send("GET", events, &[("authorization", &bearer)], "").await.json();
    let newest = &events["events"][0];
    assert_eq!((&newest["kind"], &newest["actor"]["kind"]), (&"deleted".into(), &"system".into()));
    let left = "octo/hello  left alone: #8: GitHub shows no such issue to this token\n";
    assert_eq!(stage.sweep(&[]), left, "a second sweep finds nothing more");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_cleaned_up_where_github_does_not_tell() {
    let stage = Stage::with([1]).await;
    stage.github.world().close(HELLO, 1, LATE);
    let reset = (time::OffsetDateTime::now_utc() + time::Duration::hours(1)).unix_timestamp().to_string();
    let limited = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", &reset)];
    let limited = limited.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    for (part, fault, expected) in [
        ("/repos/octo/hello", Fault::Status(404, Vec::new()), "it is gone, or the token may not see it"),
        ("/repos/octo/hello", Fault::Status(403, limited), "rate limit is used up"),
        ("/issues/1", Fault::Status(403, Vec::new()), "does not allow it"),
        ("/access_tokens", Fault::Status(404, Vec::new()), "refuses the request (404)"),
    ] {
        stage.github.world().fail(part, fault);
        let printed = stage.sweep(&[]);
        assert!(printed.contains(expected) && !printed.contains("cleaned up"), "{expected}: {printed}");
        assert_eq!(stage.left("octo/hello"), "[1]", "{expected}");
    }
    // The repository is somebody else's now, and its issue 1 is not ours.
    stage.github.world().repository(HELLO, "octo/hello", RIVAL.into());
    assert_eq!(stage.sweep(&[]), "octo/hello  left alone: octo/hello belongs to another owner now\n");
    // Temporary faults are retried, also those that last longer than a request may.
    {
        let mut world = stage.github.world();
        world.repository(HELLO, "octo/hello", OCTO.into());
        world.fail("/repositories/1", Fault::Status(502, Vec::new()));
        world.fail("/repositories/1", Fault::HangUp);
        world.fail("/issues/1", Fault::Silence);
    }
    assert_eq!(stage.sweep(&[]), "octo/hello#1  closed: cleaned up\n");
    assert_eq!(stage.left("octo/hello"), "[]");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_that_a_rate_limit_ends_goes_on_where_it_ended() {
    let stage = Stage::with([1]).await;
    stage.backend.store(&stage.octo.key, "octo/other", 1, "scan", "1").await;
    stage.github.world().open(OTHER, 1);
    let limited = || Fault::Status(403, vec![("retry-after".to_owned(), "3600".to_owned())]);
    stage.github.world().fail("/repos/octo/other", limited());
    assert!(stage.sweep(&[]).starts_with("octo/other  left alone: GitHub's rate limit is used up"));
    stage.github.world().asked.clear();
    assert_eq!(stage.sweep(&[]), "nothing was missed\n");
    let asked = std::mem::take(&mut stage.github.world().asked);
    let place = |part: &str| asked.iter().position(|asked| asked.ends_with(part)).expect(part);
    assert!(place("/repos/octo/other") < place("/repositories/1"), "{asked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_those_who_installed_the_app_are_asked_about() {
    let stage = Stage::with([1]).await;
    let rival = stage.backend.tenant("rival", RIVAL);
    stage.backend.store(&rival.key, "rival/other", 90, "scan", "1").await;
    stage.github.world().close(FOREIGN, 90, LATE);
    assert_eq!(stage.sweep(&[]), "nothing was missed\n");
    assert!(!stage.github.world().asked.iter().any(|asked| asked.contains("rival")));
    assert_eq!(stage.backend.retrieve(&rival.key, "rival/other", 90).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_with_an_app_sweeps_by_itself() {
    let stage = Stage::with([1]).await;
    stage.github.world().close(HELLO, 1, LATE);
    let database = stage.backend.database_url().to_owned();
    let with_app = Backend::start_on(database, &stage.settings());
    with_app.logged("the sweep made changes").await;
    assert_eq!(stage.left("octo/hello"), "[]");
    assert!(!with_app.log().contains("PRIVATE KEY"));
}

/// A key of the other kind, in a file that looks alike.
const PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCxEP8MCSliCnZOLe9n+yjI8Se2
szGNwd0uxe/NStKgMSST/5Y4KAJub1noQJFjKTvBw+RLl/tgfX7/qQdvwC7vatRL
Yqiax5y5jYq/uD0QCUUkMwT6y/O4MtEC/p8WxOGLNsMPqgTaP119wuQV8xB0y28n
Zm3SNKoO9fk0tnD2rwIDAQAB
-----END PUBLIC KEY-----
";

#[tokio::test]
async fn an_app_without_its_key_is_a_wrong_setting() {
    let public = NamedTempFile::new().expect("a file");
    std::fs::write(public.path(), PUBLIC_KEY).expect("written");
    let public = public.path().to_str().expect("a path");
    for (settings, expected) in [
        (
            &[("PHASE_DATA_GITHUB_APP_ID", "1"), ("PHASE_DATA_GITHUB_APP_KEY_FILE", public)][..],
            "it is not an RSA private key in PEM; generate one under the App's",
        ),
        (
            &[("PHASE_DATA_GITHUB_APP_ID", "1")],
            "PHASE_DATA_GITHUB_APP_ID needs PHASE_DATA_GITHUB_APP_KEY_FILE",
        ),
        (
            &[("PHASE_DATA_GITHUB_APP_ID", "1"), ("PHASE_DATA_GITHUB_APP_KEY_FILE", "/no/such/file")],
            "PHASE_DATA_GITHUB_APP_KEY_FILE: /no/such/file: No such file",
        ),
        (
            &[("PHASE_DATA_GITHUB_APP_ID", "1"), ("PHASE_DATA_GITHUB_APP_KEY_FILE", "/etc/hostname")],
            "PHASE_DATA_GITHUB_APP_KEY_FILE: /etc/hostname: it is not an RSA private key",
        ),
    ] {
        let output = Backend::run(settings, &["sweep"]);
        let printed = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && printed.contains(expected), "{expected}: {printed}");
    }
}
