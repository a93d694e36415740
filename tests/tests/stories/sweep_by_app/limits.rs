//! Rate limits with numbers that make no sense.

use std::time::Duration;

use phase_data_tests::{Backend, Fault, Step};

use super::{HELLO, LATE, Stage};

fn limited(headers: &[(&str, &str)]) -> Option<Fault> {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Some(Fault::Status(429, headers.collect()))
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_rate_limit_says_the_backend_lives_pauses_and_goes_on() {
    let stage = Stage::with([1]).await;
    stage.github.world().close(HELLO, 1, LATE);
    for headers in [
        &[("retry-after", "9223372036854775807")][..],
        &[("retry-after", "99999999999999999999999")],
        &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "9223372036854775807")],
        &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "18446744073709551615")],
        &[("retry-after", "Fri, 31 Dec 9999 23:59:59 GMT")],
    ] {
        stage.github.world().fail_all(limited(headers));
        let output = Backend::run(&stage.all_settings(), &["sweep"]);
        let printed = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            !output.status.success() && printed.contains("rate limit is used up, for 3600 s"),
            "{printed}"
        );
    }
    // Nothing to wait for, and again and again.
    for headers in [
        &[("retry-after", "0")][..],
        &[("retry-after", "Thu, 01 Jan 1970 00:00:00 GMT")],
        &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "0")],
        &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "-9223372036854775808")],
    ] {
        stage.github.world().fail_all(limited(headers));
        stage.github.world().asked.clear();
        let with_app = Backend::start_on(stage.backend.database_url().to_owned(), &stage.settings());
        tokio::time::sleep(Duration::from_secs(2)).await;
        let asked = std::mem::take(&mut stage.github.world().asked);
        assert!((1..=5).contains(&asked.len()), "{headers:?}: {asked:?}");
        stage.github.world().fail_all(None);
        if headers[0] == ("retry-after", "0") {
            with_app.logged("the sweep made changes").await;
        }
        assert_eq!(with_app.send("GET", "/health/live", &[], "").await.status, 200);
    }
    assert_eq!(stage.left("octo/hello"), "[]");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_action_that_is_told_to_wait_for_nothing_pauses_all_the_same() {
    let stage = Stage::with([1]).await;
    for value in ["0", "Thu, 01 Jan 1970 00:00:00 GMT"] {
        stage.github.world().fail_all(limited(&[("retry-after", value)]));
        stage.github.world().asked.clear();
        let step = Step::new("sweep", stage.backend.url(), &stage.octo.key, 1);
        let step = step.input("repository", "octo/hello").input("timeout-seconds", "3");
        let ran = step.input("github-token", "ghs_x").env("GITHUB_API_URL", stage.github.url()).run();
        assert!(!ran.success, "{}", ran.log);
        let asked = stage.github.world().asked.len();
        assert!((2..=6).contains(&asked), "asked {asked} times in 3 s");
    }
}
