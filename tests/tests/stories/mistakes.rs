//! The messages that an author of a workflow reads, for each mistake.

use phase_data_tests::{
    Backend, FakeGithub, LocalIssuer, Step, StepResult, Tenant, TlsFront, Workflow, unknown_key,
};
use serde_json::json;

struct Table<'a> {
    backend: &'a Backend,
    octo: &'a Tenant,
    text: String,
}

impl Table<'_> {
    /// A step that is right.
    fn store(&self) -> Step {
        Step::new("store", self.backend.url(), &self.octo.key, 42).input("phase", "scan").input("data", "{}")
    }

    fn retrieve(&self) -> Step {
        Step::new("retrieve", self.backend.url(), &self.octo.key, 42).input("phase", "scan")
    }

    /// Runs a step that is wrong, and takes down its annotations as the runner shows them.
    fn wrong(&mut self, mistake: &str, step: Step) {
        let result = step.run();
        assert!(!result.success, "{mistake}: {}", result.log);
        assert!(
            !result.log.contains(&self.octo.key[15..]) || result.log.contains("::add-mask::"),
            "{}",
            result.log
        );
        self.text.push_str(&format!("## {mistake}\n{}\n", annotations(&result, self.backend.url())));
    }
}

/// The annotations with what differs from run to run replaced.
fn annotations(result: &StepResult, url: &str) -> String {
    let mut text = String::new();
    for line in result.log.lines() {
        for kind in ["error", "warning", "notice"] {
            if let Some((title, message)) =
                line.strip_prefix(&format!("::{kind} title=")).and_then(|rest| rest.split_once("::"))
            {
                let (title, message) = (unescaped(title), unescaped(message));
                text.push_str(&format!("{kind}: {title}\n{message}\n"));
            }
        }
    }
    assert!(!text.is_empty(), "no annotation: {}", result.log);
    redacted(&text.replace(url, "http://backend"))
}

fn unescaped(text: &str) -> String {
    let codes = [("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")];
    codes.iter().fold(text.to_owned(), |text, (code, character)| text.replace(code, character))
}

/// Replaces what stands between two texts, if both are there.
fn without(text: &str, before: &str, after: &str) -> String {
    let Some((head, rest)) = text.split_once(before) else { return text.to_owned() };
    let Some((_, tail)) = rest.split_once(after) else { return text.to_owned() };
    format!("{head}{before}…{after}{tail}")
}

/// A revision and eight hexadecimal digits in quotes, but for those of examples.
fn is_tag(word: &str) -> bool {
    let inner = word.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let parts = inner.and_then(|inner| inner.split_once('-'));
    parts.is_some_and(|(revision, digits)| {
        digits != "1a2b3c4d"
            && revision.parse::<i64>().is_ok()
            && digits.len() == 8
            && u32::from_str_radix(digits, 16).is_ok()
    })
}

/// Without request ids, entity tags, ports, times, and what a machine's resolver says.
fn redacted(text: &str) -> String {
    let text = without(text, "is not valid before ", ") (401");
    let text = without(&text, "could not be reached (", ")");
    let text = without(&text, "lookup address information: ", "\n");
    let words = text.split_inclusive([' ', '\n']).map(|word| {
        let bare = word.trim_end_matches([' ', '\n', '.', ',', ')', ':']);
        let rest = &word[bare.len()..];
        match bare {
            _ if bare.starts_with("local-") && bare.len() == 14 => format!("REQUEST-ID{rest}"),
            _ if is_tag(bare) => format!("\"TAG\"{rest}"),
            _ if bare.starts_with("https://localhost:") => format!("https://backend{rest}"),
            _ if bare.starts_with("http://127.0.0.1:") => format!("http://somewhere{rest}"),
            _ => word.to_owned(),
        }
    });
    words.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_mistake_has_its_cause_and_what_to_do() {
    let issuer = LocalIssuer::start();
    let backend = Backend::start_with(&[
        ("PHASE_DATA_OIDC_ISSUERS", issuer.setting().as_str()),
        ("PHASE_DATA_MAX_BODY_BYTES", "1048576"),
    ])
    .await;
    let octo = backend.tenant("octo", 9919);
    let reader = backend.key(&octo.account, &["--scope", "read"]);
    let elsewhere = backend.key(&octo.account, &["--scope", "write", "--repository", "octo/other"]);
    let url = backend.url();
    let mut table = Table { backend: &backend, octo: &octo, text: String::new() };

    let step = table.store().input("operation", "save");
    table.wrong("an operation that there is not", step);
    let step = table.store().input("isue-number", "42").input("if_match", "3");
    table.wrong("inputs that there are not", step);
    let step = table.store().input("backend-url", "").input("phase", "").input("data", "");
    table.wrong("several inputs are missing", step);
    let step = table.store().input("backend-url", "phase-data.example.com");
    table.wrong("an address without https://", step);
    let step = table.store().input("phase", "validation");
    table.wrong("another word for a phase", step);
    let step = table.store().input("phase", "scan,validate");
    table.wrong("two phases for a store", step);
    let step = table.store().input("issue-number", "issue-42");
    table.wrong("a decorated issue number", step);
    let step = table.store().input("repository", "hello");
    table.wrong("a repository without its owner", step);
    let step = table.store().input("commit-sha", "main");
    table.wrong("a branch for a commit", step);
    let step = table.store().input("data-file", "report.json");
    table.wrong("both data and data-file", step);
    let step = table.store().input("data", "{\n  'a': 1\n}");
    table.wrong("JSON with the wrong quotes", step);
    let step = table.store().input("data", "{\"a\": 1").input("merge", "yes");
    table.wrong("a switch that is neither true nor false", step);
    let step = table.store().input("data", "").input("data-file", "report.json");
    table.wrong("a file that is not there", step);
    let step = table.store().input("data", "").input("data-file", ".");
    table.wrong("a folder for a file", step);
    for (mistake, content) in [
        ("an empty file", Vec::new()),
        ("a file in UTF-16", "{\"a\": 1}".encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("a file that is cut off", b"{\"findings\": [1, 2".to_vec()),
        ("JSON Lines without data-format", b"{}\n{}\n".to_vec()),
        ("YAML", b"version: 1\nfindings:\n  - rule: xss\n".to_vec()),
        ("a file compressed with gzip", b"\x1F\x8B\x08\0\0\0\0\0\0\x03\xAB\xAE\x05\0".to_vec()),
        ("a file of 2 MB", format!("\"{}\"", "x".repeat(2_000_000)).into_bytes()),
        ("a file with a number that grows", br#"{"a": 1e2000}"#.to_vec()),
        ("a file with one key twice", br#"{"a": 1, "b": {"c": 1, "c": 2}}"#.to_vec()),
    ] {
        let step =
            table.store().input("data", "").input("data-file", "report.json").file("report.json", content);
        table.wrong(mistake, step);
    }
    let step = table.store().input("expires-in", "30");
    table.wrong("a life without its unit", step);
    let step = table.store().input("create-only", "true").input("if-match", "1");
    table.wrong("two conditions at once", step);
    let step = table.store().file("event.json", r#"{"ref": "refs/heads/main"}"#);
    table.wrong("no issue in the event", step);
    let step = table.store().file("event.json", r#"{"action": "opened", "pull_request": {"number": 7}}"#);
    table.wrong("a pull request", step);
    let step = table.store().input("api-key", "");
    table.wrong("no key and no id-token permission", step);
    let step = table.store().input("api-key", "hunter2");
    table.wrong("a secret that is no key", step);
    let step = table.store().input("api-key", &octo.key[..octo.key.len() - 1]);
    table.wrong("a key that was cut while pasting", step);
    let step = table.store().input("api-key", concat!("ghp_", "0123456789abcdefghijklmnopqrstuvwxyz"));
    table.wrong("a token of GitHub for a key", step);
    let step = table.store().input("api-key", &unknown_key());
    table.wrong("a key of another backend", step);
    let step = table.store().input("api-key", &reader);
    table.wrong("a key that may only read", step);
    let step = table.store().input("api-key", &elsewhere);
    table.wrong("a key for another repository", step);
    let step = table.retrieve();
    table.wrong("nothing is stored", step);
    backend.store(&octo.key, "octo/hello", 42, "scan", "1").await;
    backend.store(&octo.key, "octo/hello", 42, "scan", "2").await;
    let step = table.store().input("if-match", "1");
    table.wrong("somebody was faster", step);
    let step = table.store().input("if-match", "\"2\"");
    table.wrong("a revision in quotes", step);
    let step = table.store().input("if-match", "\"2-1a2b3c4d\"");
    table.wrong("another document with the same revision", step);
    let step = table.store().input("create-only", "true");
    table.wrong("created twice", step);
    let step = table.retrieve().input("require-fresh", "true");
    table.wrong("stale data", step);
    let step = table.retrieve().input("query", "/findings/0");
    table.wrong("a query that leads nowhere", step);
    let step = table.retrieve().input("output-file", "../report.json");
    table.wrong("a file outside of the workspace", step);
    let step = table.retrieve().input("data", "{}");
    table.wrong("a document for a retrieve", step);
    let step = table.retrieve().input("backend-url", "http://127.0.0.1:1").input("timeout-seconds", "1");
    table.wrong("nobody listens there", step);
    let step =
        table.retrieve().input("backend-url", "https://no-such-host.invalid").input("timeout-seconds", "1");
    table.wrong("a host that there is not", step);
    let step = table.retrieve().input("backend-url", "http://phase-data.internal:8080");
    table.wrong("plain http to another host", step);
    let proxied = |proxy: &str| {
        let step = table.retrieve().input("backend-url", "https://no-such-host.invalid");
        step.input("timeout-seconds", "1").env("https_proxy", proxy)
    };
    let (absent, unusable) = (proxied("http://user:hunter2@127.0.0.1:1"), proxied("socks5://127.0.0.1:1080"));
    table.wrong("a proxy that is not there", absent);
    table.wrong("a proxy of another kind", unusable);
    let step = table.retrieve().env("RUNNER_TEMP", "/no/such/directory").input("persistence", "best-effort");
    table.wrong("a directory that the runner does not mount", step);
    let step = table.retrieve().input("backend-url", &format!("{url}/prefix"));
    table.wrong("a path that is wrong", step);
    let front = TlsFront::start(url);
    let step = table.retrieve().input("backend-url", &front.url());
    table.wrong("a certificate of an unknown authority", step);
    let step = table.retrieve().input("ca-file", "ca.pem").file("ca.pem", "not a certificate");
    table.wrong("a file without certificates", step);
    let github = FakeGithub::start().await;
    let dispatch = |step: Step| {
        let step = step.env("GITHUB_API_URL", github.url()).input("github-token", "ghs_test");
        step.input("dispatch", "mitigate.yml").input("dispatch-ref", "main")
    };
    github.world().repository(1, "octo/hello", 9919);
    let step = dispatch(table.store());
    table.wrong("a workflow that does not exist is started", step);
    github.world().workflows.push(Workflow { inputs: Vec::new(), ..Workflow::for_issues(1, "mitigate.yml") });
    let step = dispatch(table.store());
    table.wrong("a workflow without the input issue-number is started", step);
    github.world().may_dispatch = false;
    let step = dispatch(table.store());
    table.wrong("a workflow is started without actions: write", step);
    let step = table.store().input("dispatch", ".github/workflows/mitigate.yml");
    table.wrong("a path for a workflow", step);
    let step = dispatch(table.retrieve());
    table.wrong("a retrieve that starts a workflow", step);
    let step = table.retrieve().file("event.json", r#"{"inputs":{"issue_number":"42"}}"#);
    table.wrong("a dispatched run with another name for the number", step);
    let by_token = |step: Step| issuer.permit(step.input("api-key", ""));
    let now =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
    issuer.claim(json!({ "nbf": now + 3600, "iat": now + 3600, "exp": now + 7200 }));
    let step = by_token(table.retrieve());
    table.wrong("a clock that is an hour ahead", step);
    issuer.claim(json!({ "repository_owner_id": "1", "repository_owner": "nobody" }));
    let step = by_token(table.retrieve());
    table.wrong("an owner that the operator does not know", step);
    issuer.claim(json!({}));
    let step = by_token(table.retrieve()).input("repository", "octo/other");
    table.wrong("another repository with this one's token", step);

    let mistakes = table.text.matches("## ").count();
    assert!(mistakes >= 30, "{mistakes}");
    insta::assert_snapshot!("mistakes", table.text);
}
