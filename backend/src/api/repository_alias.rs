//! The two-segment form of a repository in a path: `/octo/hello/42` is an alias of `/octo%2Fhello/42`, for proxies that decode or
//! refuse `%2F`. It is resolved on the raw path, before routing: each operation has one route, one handler, one place in the
//! contract, and one name in the log.

use std::collections::BTreeSet;
use std::sync::Arc;

use poem::Request;
use poem::http::Uri;

use crate::error::ApiError;

/// The paths that have an alias: those that go on with a repository.
#[derive(Debug, Clone)]
pub(super) struct RepositoryAlias {
    /// The beginnings of paths before the repository, like `/api/v1/phase_data/`.
    prefixes: Arc<BTreeSet<String>>,
    /// The endings of paths behind the issue, like `events` or `phases/{phase}/attempts`. None begins with an issue: a path
    /// with one in the place is in the one-segment form.
    endings: Arc<BTreeSet<String>>,
}

impl RepositoryAlias {
    /// Makes the aliases of the contract's paths.
    pub(super) fn new<'a>(paths: impl Iterator<Item = &'a str>) -> Self {
        let (mut prefixes, mut endings) = (BTreeSet::new(), BTreeSet::new());
        for (prefix, rest) in paths.filter_map(|path| path.split_once("{repository}")) {
            prefixes.insert(prefix.to_owned());
            endings.extend(rest.split_once("}/").map(|(_, ending)| ending.to_owned()));
        }
        Self { prefixes: Arc::new(prefixes), endings: Arc::new(endings) }
    }

    /// Gives the request the path that is routed, if it has an alias of one.
    pub(super) fn resolve(&self, mut request: Request) -> Result<Request, ApiError> {
        let uri = request.uri();
        if let Some(path) = self.resolved(uri.path()) {
            let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
            let mut parts = uri.clone().into_parts();
            parts.path_and_query = Some(format!("{path}{query}").parse().map_err(ApiError::internal)?);
            *request.uri_mut() = Uri::from_parts(parts).map_err(ApiError::internal)?;
        }
        Ok(request)
    }

    /// The one-segment form of a path, if it is in the two-segment form: its first segment has no `%2F`, and an issue (or a
    /// collection) follows the repository's name.
    fn resolved(&self, path: &str) -> Option<String> {
        let after = |prefix: &String| Some((prefix.len(), path.strip_prefix(prefix.as_str())?));
        let (start, rest) = self.prefixes.iter().find_map(after)?;
        let (owner, rest) = rest.split_once('/')?;
        let (name, rest) = rest.split_once('/')?;
        let has_slash = owner.to_ascii_uppercase().contains("%2F");
        let is_ending = self.endings.iter().any(|ending| matches(ending, rest));
        if owner.is_empty() || name.is_empty() || has_slash || is_ending {
            return None;
        }
        Some(format!("{}{owner}%2F{name}/{rest}", &path[..start]))
    }
}

/// Tells whether a path has the segments of a template, whose parameters stand in braces.
fn matches(template: &str, path: &str) -> bool {
    let is_same = |(template, segment): (&str, &str)| template.starts_with('{') || template == segment;
    template.split('/').count() == path.split('/').count()
        && template.split('/').zip(path.split('/')).all(is_same)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Contract, Links};

    #[test]
    fn a_path_in_the_two_segment_form_is_routed_as_the_one_segment_form() {
        let contract = Contract::generate(&Links::new(None), "0.0.0");
        let alias = RepositoryAlias::new(contract.paths());
        // The path that is routed; the same one, where there is no alias.
        for (sent, routed) in [
            // Each length.
            ("phase_data/octo/hello/42", "phase_data/octo%2Fhello/42"),
            ("phase_data/octo/hello/42/restore", "phase_data/octo%2Fhello/42/restore"),
            ("phase_data/octo/hello/42/events", "phase_data/octo%2Fhello/42/events"),
            (
                "phase_data/octo/hello/42/phases/scan/attempts",
                "phase_data/octo%2Fhello/42/phases/scan/attempts",
            ),
            (
                "phase_data/octo/hello/42/phases/scan/claims/7",
                "phase_data/octo%2Fhello/42/phases/scan/claims/7",
            ),
            ("repositories/octo/hello/issues", "repositories/octo%2Fhello/issues"),
            // The one-segment form.
            ("phase_data/octo%2Fhello/42", "phase_data/octo%2Fhello/42"),
            ("phase_data/octo%2fhello/42/events", "phase_data/octo%2fhello/42/events"),
            ("repositories/octo%2Fhello/issues", "repositories/octo%2Fhello/issues"),
            // Too short for both: no issue, or no name.
            ("phase_data", "phase_data"),
            ("phase_data/", "phase_data/"),
            ("phase_data/octo", "phase_data/octo"),
            ("phase_data/octo/42", "phase_data/octo/42"),
            ("phase_data/octo%2Fhello", "phase_data/octo%2Fhello"),
            ("repositories/octo/issues", "repositories/octo/issues"),
            // A repository without its name, in the one-segment form.
            ("phase_data/octo/42/restore", "phase_data/octo/42/restore"),
            ("phase_data/octo/42/events", "phase_data/octo/42/events"),
            (
                "phase_data/octo/42/phases/scan/claims/7/renew",
                "phase_data/octo/42/phases/scan/claims/7/renew",
            ),
            // Longer than any call, in either form.
            ("phase_data/octo/hello/42/events/7", "phase_data/octo%2Fhello/42/events/7"),
            ("phase_data/octo%2Fhello/42/events/7", "phase_data/octo%2Fhello/42/events/7"),
            // Other characters keep their encoding, and are decoded once.
            ("phase_data/oct%6F/hell%6f/42", "phase_data/oct%6F%2Fhell%6f/42"),
            ("phase_data/octo%252Fhello/x/42", "phase_data/octo%252Fhello%2Fx/42"),
            ("phase_data/octo%252Fhello/42", "phase_data/octo%252Fhello/42"),
            ("phase_data/octo/../42", "phase_data/octo%2F../42"),
            // A slash within a part is part of the name, which is refused.
            ("phase_data/octo/hel%2Flo/42", "phase_data/octo%2Fhel%2Flo/42"),
            ("phase_data/octo/%2f/42", "phase_data/octo%2F%2f/42"),
            ("phase_data/%2F/hello/42", "phase_data/%2F/hello/42"),
            ("phase_data/octo%2Fhello/world/42", "phase_data/octo%2Fhello/world/42"),
            // Empty segments.
            ("phase_data//hello/42", "phase_data//hello/42"),
            ("phase_data/octo//42", "phase_data/octo//42"),
            ("phase_data///", "phase_data///"),
            ("phase_data/octo/hello/", "phase_data/octo%2Fhello/"),
            ("phase_data/octo/hello/42/", "phase_data/octo%2Fhello/42/"),
            // Paths without a repository.
            ("admin/keys/h3Jx0PqZr81M/rotate", "admin/keys/h3Jx0PqZr81M/rotate"),
            ("phase_datas/octo/hello/42", "phase_datas/octo/hello/42"),
            ("PHASE_DATA/octo/hello/42", "PHASE_DATA/octo/hello/42"),
        ] {
            let sent = format!("/api/v1/{sent}");
            let resolved = alias.resolved(&sent).unwrap_or_else(|| sent.clone());
            assert_eq!(resolved, format!("/api/v1/{routed}"), "{sent}");
        }
    }

    #[test]
    fn the_query_and_the_authority_stay() {
        let alias = RepositoryAlias::new(["/api/v1/phase_data/{repository}/{issue_number}"].into_iter());
        for (sent, routed) in [
            ("/api/v1/phase_data/octo/hello/42?phase=scan", "/api/v1/phase_data/octo%2Fhello/42?phase=scan"),
            ("/api/v1/phase_data/octo/hello/42?", "/api/v1/phase_data/octo%2Fhello/42?"),
            ("/api/v1/phase_data/octo/hello/42?a=/b/c/d", "/api/v1/phase_data/octo%2Fhello/42?a=/b/c/d"),
            (
                "http://example.com/api/v1/phase_data/octo/hello/42",
                "http://example.com/api/v1/phase_data/octo%2Fhello/42",
            ),
        ] {
            let request = Request::builder().uri(sent.parse().expect("an URI")).finish();
            let request = alias.resolve(request).expect("resolved");
            assert_eq!(request.uri().to_string(), routed);
        }
    }
}
