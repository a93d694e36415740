//! Links to the documentation of a problem.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::error::Error;
use crate::inputs::Inputs;

/// All characters that a path must encode.
const IN_A_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'/');

/// Returns the page on problems in the action's repository, in the version that runs. A fork has its own page.
pub(crate) fn page(inputs: &Inputs<'_>) -> Option<String> {
    let repository = inputs.variable("GITHUB_ACTION_REPOSITORY")?;
    let version = inputs.variable("GITHUB_ACTION_REF")?;
    let server = inputs.variable("GITHUB_SERVER_URL").unwrap_or_else(|| "https://github.com".to_owned());
    let encoded = |text| utf8_percent_encode(text, IN_A_PATH).to_string();
    let (repository, version) = (encoded(&repository), encoded(&version));
    Some(format!("{}/{repository}/blob/{version}/docs/problems.md", server.trim_end_matches('/')))
}

/// Returns the section on an error's code: on that page, otherwise on the backend's page.
pub(crate) fn section(error: &Error, page: Option<&str>, backend: Option<&str>) -> Option<String> {
    let code = error.problem()?.code();
    // The code becomes part of a URL, and another program chose it.
    let plain = !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let page = page.map(str::to_owned).or_else(|| Some(format!("{}/problems", backend?)))?;
    plain.then(|| format!("{page}#{code}"))
}
