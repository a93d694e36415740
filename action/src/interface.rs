//! The tables of inputs and outputs.
//!
//! `action.yml` repeats them for the runner; a test compares the two in both directions.

/// One input of the action.
#[derive(Debug, PartialEq, Eq)]
pub struct InputSpec {
    /// The name in a workflow's `with:`.
    pub name: &'static str,
    /// The text for `action.yml`, `--help` and docs/action.md.
    pub description: &'static str,
    /// `true` if every operation needs it.
    pub required: bool,
    /// The value of an absent or empty input.
    pub default: Option<&'static str>,
}

/// One output of the action.
#[derive(Debug, PartialEq, Eq)]
pub struct OutputSpec {
    /// The name in `steps.<id>.outputs`.
    pub name: &'static str,
    /// The text for `action.yml` and docs/action.md.
    pub description: &'static str,
}

/// Declares the inputs and the list of all of them, so that the list is complete.
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

/// Declares the outputs and the list of all of them.
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
        "What to do: `store`, `retrieve`, `list`, `cleanup`, `restore`, `sweep` (clean up closed issues, restore reopened ones), `dispatch` (start a workflow) or `doctor` (check the set-up).";
    BACKEND_URL = "backend-url", false, None,
        "The backend's address without /api/v1, like https://phase-data.example.com. Required, except for dispatch.";
    AUTH = "auth", false, Some("auto"),
        "Credential: `api-key`, `oidc` (the job's id token, no secret), or `auto` (the key if set, otherwise oidc).";
    API_KEY = "api-key", false, None,
        "API key of the backend (pd_…), from a secret. Not needed if the job has `id-token: write`.";
    OIDC_AUDIENCE = "oidc-audience", false, None,
        "For oidc: audience of the id token. Default: the audience that the backend names, which must be its own address.";
    PHASE = "phase", false, None,
        "Phase: `scan`, `validate` or `mitigate`. For retrieve: one, several (scan,validate), or empty for all. For list: a filter.";
    DATA = "data", false, None,
        "For store: the document. Set either data or data-file.";
    DATA_FILE = "data-file", false, None,
        "For store: file with the document (UTF-8, at most 64 MiB), relative to the workspace. On a command line, - is standard input.";
    DATA_FORMAT = "data-format", false, Some("json"),
        "For store: format of the document: `json`, `json-lines` (several JSON values, stored as an array) or `text` (stored as a string).";
    REPOSITORY = "repository", false, None,
        "Repository as owner/name. Default: the workflow's own repository.";
    ISSUE_NUMBER = "issue-number", false, None,
        "Issue number, like 42. Default: the issue of the event (issues, issue_comment), or the input issue-number of a workflow_dispatch run.";
    COMMIT_SHA = "commit-sha", false, None,
        "Full object name of the commit that the document belongs to. Default: GITHUB_SHA.";
    IF_MATCH = "if-match", false, None,
        "For store: replace only this document, given by entity tag (\"3-1a2b3c4d\", the output etag) or revision (3). Fails if another one is stored.";
    CREATE_ONLY = "create-only", false, Some("false"),
        "For store: `true` fails the step if a document is already stored.";
    MERGE = "merge", false, Some("false"),
        "For store: `true` merges the document into the stored one (JSON merge patch, RFC 7396: null removes a member).";
    EXPIRES_IN = "expires-in", false, None,
        "For store: lifetime of the document, like 12h, 30d or 8w. Default: the account's setting, otherwise unlimited.";
    STATUS = "status", false, None,
        "For store: how the phase ended, `completed` or `failed`. Default: completed, with merge the stored one. For list: a filter.";
    OUTCOME = "outcome", false, None,
        "For store of validate: its decision, `confirmed`, `false_positive` or `inconclusive`. For list: a filter.";
    REASON = "reason", false, None,
        "For store: why the phase ended so, at most 1,000 characters, for people. Not for secrets: events keep it.";
    COMMENT = "comment", false, Some("false"),
        "For store: `true` maintains one comment on the issue that shows which phases are done, and how they ended. Needs `issues: write`.";
    DISPATCH = "dispatch", false, None,
        "For store and dispatch: workflow to start for the issue, after the document is stored: file name like mitigate.yml, or id. Needs `actions: write`.";
    DISPATCH_REF = "dispatch-ref", false, None,
        "For store and dispatch: branch or tag on which the workflow runs. Default: the repository's default branch.";
    OUTPUT_FILE = "output-file", false, None,
        "For retrieve: file to write the document to, relative to the workspace. Default: a file in RUNNER_TEMP.";
    IF_NOT_FOUND = "if-not-found", false, Some("fail"),
        "For retrieve: what to do if nothing is stored: `fail` the step, `warn` and continue, or `ignore`.";
    WAIT_SECONDS = "wait-seconds", false, Some("0"),
        "For retrieve: seconds to wait for data that is not stored yet, 0 to 3600. The step continues as soon as it is stored.";
    REQUIRE_FRESH = "require-fresh", false, Some("false"),
        "For retrieve: `true` fails the step if a phase was stored for another commit than commit-sha.";
    QUERY = "query", false, None,
        "For retrieve: JSON pointer like /findings/0/id. The outputs data and data-file then contain only that value, as JSON.";
    CLOSED = "closed", false, Some("false"),
        "For list: `true` lists the issues that were cleaned up and can be restored, instead of those with data.";
    PENDING = "pending", false, None,
        "For list: only issues that wait for `validate` (scanned, not validated) or `mitigate` (confirmed or without an outcome, not mitigated). A failed phase makes no other one wait.";
    STALE = "stale", false, Some("false"),
        "For list: `true` lists only issues with a phase that was stored for another commit than commit-sha.";
    OLDER_THAN = "older-than", false, None,
        "For list: only issues with a phase that was last changed longer ago than this, like 12h, 30d or 8w.";
    DRY_RUN = "dry-run", false, Some("false"),
        "For sweep: `true` reports what would be cleaned up or restored, and changes nothing.";
    GITHUB_TOKEN = "github-token", false, Some("${{ github.token }}"),
        "For sweep, comment and dispatch: token for GitHub's API. The job's own token is enough (`issues: read`; for comment `issues: write`; for dispatch `actions: write`).";
    PERSISTENCE = "persistence", false, Some("required"),
        "If the backend can't be reached: `required` fails the step; `best-effort` warns and keeps the data in RUNNER_TEMP. `off` sends no requests.";
    CA_FILE = "ca-file", false, None,
        "File with additional CA certificates (PEM) to trust, relative to the workspace.";
    ALLOW_OUTSIDE_WORKSPACE = "allow-outside-workspace", false, Some("false"),
        "`true` permits data-file, output-file and ca-file outside the workspace and RUNNER_TEMP, also through symbolic links.";
    ALLOW_INSECURE_HTTP = "allow-insecure-http", false, Some("false"),
        "`true` permits an `http://` address of another host, such as a service container: the credential is sent in clear text.";
    TIMEOUT_SECONDS = "timeout-seconds", false, Some("30"),
        "Time limit of the step for all requests and retries, without wait-seconds: 1 to 3600 seconds. A large sweep needs more than the default.";
}

outputs! {
    FOUND = "found",
        "For retrieve: `true` if everything requested is stored, otherwise `false`.";
    DATA_OUT = "data",
        "For retrieve: the document; for several phases an object {\"scan\": …, …}. Absent above 256 KiB.";
    DATA_FILE_OUT = "data-file",
        "For retrieve: path of the file with the document, relative to the workspace if it is there.";
    REVISION = "revision",
        "For store, and for retrieve of one phase: the phase's revision (1, 2, 3 …). Otherwise empty.";
    ETAG = "etag",
        "For store, and for retrieve of one phase: the document's entity tag, like \"3-1a2b3c4d\". Otherwise empty.";
    STATUS_OUT = "status",
        "For retrieve of one phase: how it ended, `completed` or `failed`. Otherwise empty.";
    OUTCOME_OUT = "outcome",
        "For retrieve of validate, alone or with other phases: `confirmed`, `false_positive` or `inconclusive`. Empty if none is stored.";
    REASON_OUT = "reason",
        "For retrieve of one phase: why it ended so. Untrusted text: pass it to scripts through `env:` only.";
    PHASES = "phases",
        "For retrieve: names of the phases in data, as a JSON array; [] if nothing is stored.";
    ISSUE_NUMBERS = "issue-numbers",
        "For list: issue numbers, as a JSON array; [] if there are none.";
    MATRIX = "matrix",
        "For list: {\"issue-number\": [ … ]} for strategy.matrix, at most 256 issues. Skip the job with `if:` when count is 0.";
    COUNT = "count",
        "For list: number of issues. For sweep: number of issues that were cleaned up.";
    SWEPT = "swept",
        "For sweep: numbers of the issues that were cleaned up (with dry-run: that would be), as a JSON array.";
    REOPENED = "reopened",
        "For sweep: numbers of the issues whose data was restored (with dry-run: that would be), as a JSON array.";
    DELETED = "deleted",
        "For cleanup: names of the removed phases, as a JSON array; [] if there were none.";
    RESTORED = "restored",
        "For restore: names of the restored phases, as a JSON array; [] if there were none.";
    DISPATCHED_RUN_URL = "dispatched-run-url",
        "For store and dispatch: address of the started run. Empty if GitHub does not report it (older Enterprise Servers).";
    STORAGE = "storage",
        "Where the data is: `backend`, `local` (only on this job's runner, see persistence) or `off`.";
}
