//! Every input and every output, in one table each.
//!
//! `action.yml` repeats them for the runner; a test compares the two, both ways.

/// One input of the action.
#[derive(Debug, PartialEq, Eq)]
pub struct InputSpec {
    /// The name in a workflow's `with:`.
    pub name: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// Whether every operation needs it.
    pub required: bool,
    /// What an absent or empty input means.
    pub default: Option<&'static str>,
}

/// One output of the action.
#[derive(Debug, PartialEq, Eq)]
pub struct OutputSpec {
    /// The name in `steps.<id>.outputs`.
    pub name: &'static str,
    /// What it holds.
    pub description: &'static str,
}

/// Declares the inputs, and the list that names them all, so that none can be left out of it.
macro_rules! inputs {
    ($($constant:ident = $name:literal, $required:literal, $default:expr, $description:literal;)*) => {
        $(
            #[doc = concat!("The input `", $name, "`.")]
            pub const $constant: InputSpec = InputSpec {
                name: $name, description: $description, required: $required, default: $default,
            };
        )*

        /// Every input, in the order of `action.yml`.
        pub const INPUTS: &[InputSpec] = &[$($constant,)*];
    };
}

/// Declares the outputs, and the list that names them all.
macro_rules! outputs {
    ($($constant:ident = $name:literal, $description:literal;)*) => {
        $(
            #[doc = concat!("The output `", $name, "`.")]
            pub const $constant: OutputSpec = OutputSpec { name: $name, description: $description };
        )*

        /// Every output, in the order of `action.yml`.
        pub const OUTPUTS: &[OutputSpec] = &[$($constant,)*];
    };
}

inputs! {
    OPERATION = "operation", true, None,
        "What to do: `store`, `retrieve`, `list`, `cleanup`, `restore`, `sweep` (clean up all closed issues, bring back reopened ones) or `doctor` (check it all).";
    BACKEND_URL = "backend-url", true, None,
        "Where the backend answers, without /api/v1: https://phase-data.example.com.";
    AUTH = "auth", false, Some("auto"),
        "The credential: `api-key`, `oidc` (the job's id token, no secret), or `auto`: the key if given, else oidc.";
    API_KEY = "api-key", false, None,
        "The backend's API key (pd_…), from a secret. Not needed where the job has `id-token: write`.";
    OIDC_AUDIENCE = "oidc-audience", false, None,
        "For oidc: the audience of the id token. Normally left out: the backend names its own address.";
    PHASE = "phase", false, None,
        "The phase: `scan`, `validate` or `mitigate`; for retrieve also several (scan,validate) or none for all; for list a filter.";
    DATA = "data", false, None,
        "For store: the JSON document itself. Give this or data-file, never both.";
    DATA_FILE = "data-file", false, None,
        "For store: a file with the JSON document (UTF-8, up to 64 MiB), relative to the workspace.";
    REPOSITORY = "repository", false, None,
        "The repository as owner/name. Without it, the one that the workflow runs in.";
    ISSUE_NUMBER = "issue-number", false, None,
        "The issue's bare number, like 42. Without it, the number in the event (issues, issue_comment).";
    COMMIT_SHA = "commit-sha", false, None,
        "The commit that the document is made for, as its full object name. Without it, GITHUB_SHA.";
    IF_MATCH = "if-match", false, None,
        "For store: what to replace, by its entity tag (\"3-1a2b3c4d\", the output etag) or its revision (3). Fails if something else is stored.";
    CREATE_ONLY = "create-only", false, Some("false"),
        "For store: `true` stores only if nothing is there yet, and fails the step otherwise.";
    MERGE = "merge", false, Some("false"),
        "For store: `true` merges the document into what is stored (JSON merge patch, RFC 7396: null removes a member).";
    EXPIRES_IN = "expires-in", false, None,
        "For store: how long the document lives, like 12h, 30d or 8w. Without it, as the account is set: else for ever.";
    COMMENT = "comment", false, Some("false"),
        "For store: `true` keeps one comment on the issue that shows which phases are done. The job needs `issues: write`.";
    OUTPUT_FILE = "output-file", false, None,
        "For retrieve: where to write the document, relative to the workspace. Without it, a file in RUNNER_TEMP.";
    IF_NOT_FOUND = "if-not-found", false, Some("fail"),
        "For retrieve, when nothing is stored: `fail` the step, `warn` and go on, or `ignore` it.";
    WAIT_SECONDS = "wait-seconds", false, Some("0"),
        "For retrieve: how long to wait for what is not there yet, 0 to 3600 seconds; the backend wakes the step.";
    REQUIRE_FRESH = "require-fresh", false, Some("false"),
        "For retrieve: `true` fails the step when a phase was stored for another commit than commit-sha.";
    QUERY = "query", false, None,
        "For retrieve: a JSON pointer like /findings/0/id; data and its file then hold just that value, as JSON.";
    CLOSED = "closed", false, Some("false"),
        "For list: `true` lists instead the issues that were cleaned up and can still be restored.";
    PENDING = "pending", false, None,
        "For list: only issues that wait for `validate` (scanned, not validated) or `mitigate` (validated, not mitigated).";
    STALE = "stale", false, Some("false"),
        "For list: `true` lists only issues with a phase that was stored for another commit than commit-sha.";
    DRY_RUN = "dry-run", false, Some("false"),
        "For sweep: `true` tells what would be cleaned up or brought back, and changes nothing.";
    GITHUB_TOKEN = "github-token", false, Some("${{ github.token }}"),
        "For sweep and comment: the token that GitHub is asked with. The job's own is enough (`issues: read`, for a comment `write`).";
    PERSISTENCE = "persistence", false, Some("required"),
        "If the backend can't be reached: `required` fails; `best-effort` warns and uses RUNNER_TEMP; `off` never asks.";
    CA_FILE = "ca-file", false, None,
        "A file with further certification authorities to trust (PEM), relative to the workspace, beside the public ones.";
    ALLOW_OUTSIDE_WORKSPACE = "allow-outside-workspace", false, Some("false"),
        "`true` permits data-file, output-file and ca-file outside the workspace and RUNNER_TEMP, also through links.";
    TIMEOUT_SECONDS = "timeout-seconds", false, Some("30"),
        "How long the step may take with all its requests and retries, beside wait-seconds: 1 to 3600 seconds. A large sweep needs more.";
}

outputs! {
    FOUND = "found",
        "For retrieve: `true` if all that was asked for is stored, else `false`.";
    DATA_OUT = "data",
        "For retrieve: the document, or for several phases an object {\"scan\": …, …}. Left out above 256 KiB.";
    DATA_FILE_OUT = "data-file",
        "For retrieve: the file with the document; relative to the workspace if it lies there.";
    REVISION = "revision",
        "The phase's revision (1, 2, 3 …), for store and for retrieve of one phase; else empty.";
    ETAG = "etag",
        "The document's entity tag, like \"3-1a2b3c4d\", for store and for retrieve of one phase; else empty.";
    PHASES = "phases",
        "For retrieve: the names of the phases in data, as a JSON array; [] if nothing is stored.";
    ISSUE_NUMBERS = "issue-numbers",
        "For list: the issues' numbers as a JSON array; [] if there are none.";
    MATRIX = "matrix",
        "For list: {\"issue-number\": [ … ]} for strategy.matrix, at most 256; the job needs `if:` count is not 0.";
    COUNT = "count",
        "For list: how many issues there are. For sweep: how many were cleaned up.";
    SWEPT = "swept",
        "For sweep: the numbers of the issues that were cleaned up, as a JSON array; for a dry run those that would be.";
    REOPENED = "reopened",
        "For sweep: the numbers of the issues whose data was brought back, as a JSON array; for a dry run those that would be.";
    DELETED = "deleted",
        "For cleanup: the names of the phases that were removed, as a JSON array; [] if there were none.";
    RESTORED = "restored",
        "For restore: the names of the phases that came back, as a JSON array; [] if there were none.";
    STORAGE = "storage",
        "Where the data is: `backend`, `local` (only on this job's runner, see persistence) or `off`.";
}
