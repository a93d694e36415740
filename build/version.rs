//! The version of this build. It is a part of both programs, beside their `main`: a new commit compiles these few lines
//! again, and not the libraries.

/// The abbreviated commit, from the last line of the file that the build script found: `OLD NEW …`. Evaluated by the
/// compiler, so that nothing else of that file is in the program.
const COMMIT: [u8; 7] = {
    let log = include_bytes!(env!("BUILD_COMMIT_FILE"));
    let mut start = log.len().saturating_sub(1);
    while start > 0 && log[start - 1] != b'\n' {
        start -= 1;
    }
    while start < log.len() && log[start] != b' ' {
        start += 1;
    }
    // Git's log can be emptied.
    let mut commit = *b"unknown";
    let mut at = 0;
    while at < commit.len() && start + commit.len() < log.len() {
        commit[at] = log[start + 1 + at];
        at += 1;
    }
    commit
};

/// Returns the version of the package and the commit that was built, like `0.1.0+abc1234`: build metadata of Semantic
/// Versioning. Changes that are not committed do not show.
pub(crate) fn version() -> String {
    format!("{}+{}", env!("CARGO_PKG_VERSION"), String::from_utf8_lossy(&COMMIT))
}
