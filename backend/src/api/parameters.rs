//! Checks the parameters of requests. An operation accepts the parameters of its contract, each once: an ignored one could
//! be the one that limits a deletion.

use std::borrow::Cow;
use std::collections::HashMap;

use percent_encoding::percent_decode_str;
use phase_data_wire::ProblemCode;
use poem::endpoint::BoxEndpoint;
use poem::http::{Method, Uri};
use poem::{Endpoint, EndpointExt, Request, Response, Result};
use poem_openapi::registry::{MetaApi, MetaOperation, MetaParamIn, MetaPath, Registry};
use poem_openapi::{OpenApi, OperationId};

use super::refused::add_code;
use crate::error::ApiError;

/// Operations that refuse what their contract does not list.
pub(super) struct Strict<A>(pub(super) A);

type Routes = HashMap<String, HashMap<Method, BoxEndpoint<'static>>>;

impl<A: OpenApi> OpenApi for Strict<A> {
    fn meta() -> Vec<MetaApi> {
        let mut paths = Vec::<MetaPath>::new();
        for mut added in A::meta().into_iter().flat_map(|api| api.paths) {
            for operation in &mut added.operations {
                add_code(&mut operation.responses, ProblemCode::InvalidParameter);
            }
            // Each operation stands in a block of its own, and the contract has each path once.
            match paths.iter_mut().find(|path| path.path == added.path) {
                Some(path) => path.operations.append(&mut added.operations),
                None => paths.push(added),
            }
        }
        vec![MetaApi { paths }]
    }

    fn register(registry: &mut Registry) {
        A::register(registry);
    }

    fn add_routes(self, routes: &mut Routes) {
        let mut parameters: HashMap<_, _> = A::meta()
            .iter()
            .flat_map(|api| &api.paths)
            .flat_map(|path| path.operations.iter().map(move |operation| (path, operation)))
            .map(|(path, operation)| {
                let parameters = Parameters::of(&path.path, operation);
                ((anonymous(&path.path), operation.method.clone()), parameters)
            })
            .collect();
        let mut open = Routes::new();
        self.0.add_routes(&mut open);
        for (path, methods) in open {
            for (method, inner) in methods {
                let parameters = parameters.remove(&(anonymous(&path), method.clone())).unwrap_or_default();
                let strict = StrictEndpoint { parameters, inner }.boxed();
                routes.entry(path.clone()).or_default().insert(method, strict);
            }
        }
    }
}

struct StrictEndpoint {
    parameters: Parameters,
    inner: BoxEndpoint<'static>,
}

impl Endpoint for StrictEndpoint {
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        let body = request.take_body();
        let checked = self.parameters.check(&request, !body.is_empty());
        request.set_body(body);
        match checked {
            Ok(()) => self.inner.call(request).await,
            Err(error) => {
                let mut error = poem::Error::from(error);
                error.set_data(OperationId(self.parameters.operation));
                Err(error)
            }
        }
    }
}

/// The parameters of one operation.
#[derive(Debug, Default)]
struct Parameters {
    operation: &'static str,
    query: Vec<String>,
    headers: Vec<String>,
    conditions: Vec<String>,
    has_body: bool,
    /// Tells whether the operation is about an issue, whatever its phases are.
    whole_issue: bool,
}

/// Headers that are lists, of which every line counts.
const LISTS: [&str; 2] = ["If-Match", "If-None-Match"];

/// Headers by which a request is to be done under a condition only.
const CONDITIONS: [&str; 5] =
    ["If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range"];

/// Longer names are cut where they are shown.
const SHOWN_CHARS: usize = 80;

impl Parameters {
    fn of(path: &str, operation: &MetaOperation) -> Self {
        let of_type = |in_type| {
            let matching = operation.params.iter().filter(move |parameter| parameter.in_type == in_type);
            matching.map(|parameter| parameter.name.clone()).collect::<Vec<_>>()
        };
        let query = of_type(MetaParamIn::Query);
        let mut headers = of_type(MetaParamIn::Header);
        let conditions = headers.clone();
        headers.retain(|name| !LISTS.iter().any(|list| list.eq_ignore_ascii_case(name)));
        Self {
            operation: operation.operation_id.unwrap_or_default(),
            whole_issue: path.contains("issue_number") && !query.iter().any(|name| name == "phase"),
            query,
            headers,
            conditions,
            has_body: operation.request.is_some(),
        }
    }

    fn check(&self, request: &Request, body_sent: bool) -> Result<(), ApiError> {
        self.check_query(request.original_uri())?;
        for name in &self.headers {
            if request.headers().get_all(name).iter().nth(1).is_some() {
                return Err(invalid(format!("The header {name} is there more than once; send it once.")));
            }
        }
        // A condition that was ignored could be the one that keeps a document from being lost.
        let writes = !request.method().is_safe();
        if let Some(name) = CONDITIONS.iter().find(|name| writes && request.headers().contains_key(**name))
            && !self.conditions.iter().any(|known| known.eq_ignore_ascii_case(name))
        {
            let hint = "Leave the header out; /docs has the conditions that each call takes.";
            return Err(invalid(format!("This call does not take the condition {name}.")).with_hint(hint));
        }
        if body_sent && !self.has_body {
            let detail = format!("The request has a body, and this call takes none. {}.", self.taken());
            return Err(invalid(detail).with_hint("Send what you mean as query parameters, without a body."));
        }
        Ok(())
    }

    fn check_query(&self, uri: &Uri) -> Result<(), ApiError> {
        let mut seen = Vec::new();
        for pair in uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (Some(name), Some(value)) = (decoded(name), decoded(value)) else {
                let hint = "Percent-encode UTF-8, and write %25 for a percent sign.";
                let detail = format!("The query has an invalid percent-encoding at {:?}.", excerpt(pair));
                return Err(invalid(detail).with_hint(hint));
            };
            if !self.query.iter().any(|known| *known == name) {
                return Err(self.unknown(&name));
            }
            if seen.contains(&name) {
                let detail = format!("The query parameter {name:?} is there more than once; send it once.");
                return Err(invalid(detail));
            }
            if value.is_empty() {
                let detail =
                    format!("The query parameter {name:?} has no value; give it one, or leave it out.");
                return Err(invalid(detail));
            }
            seen.push(name);
        }
        Ok(())
    }

    fn unknown(&self, name: &str) -> ApiError {
        let detail = format!("This call has no query parameter {:?}. {}.", excerpt(name), self.taken());
        let hint = match self.nearest(name) {
            _ if self.whole_issue && name == "phase" => {
                "This call is about the whole issue, with all of its phases: it can't be limited to one."
                    .into()
            }
            Some(known) => format!("Did you mean {known:?}?"),
            None => "Leave it out; /docs has the parameters of each call.".into(),
        };
        invalid(detail).with_hint(hint)
    }

    fn taken(&self) -> String {
        if self.query.is_empty() {
            return "It takes no query parameters".to_owned();
        }
        format!("Its query parameters are {}", self.query.join(", "))
    }

    fn nearest(&self, name: &str) -> Option<&str> {
        let likeness = |known: &str| strsim::jaro_winkler(name, known);
        let best = self.query.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
        (likeness(best) > 0.8).then_some(best)
    }
}

/// The path without the names of its parameters, which the router and the document spell differently.
pub(super) fn anonymous(path: &str) -> String {
    let segments = path.split('/').map(|segment| if segment.starts_with([':', '{']) { "*" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

/// Refuses a path that is no percent-encoded UTF-8; the router would take some of it for a fault of ours.
pub(super) fn check_path(path: &str) -> Result<(), ApiError> {
    if decoded(path).is_some() {
        return Ok(());
    }
    let hint = "Percent-encode UTF-8, and write %25 for a percent sign.";
    Err(invalid("The path has an invalid percent-encoding.".to_owned()).with_hint(hint))
}

fn decoded(text: &str) -> Option<Cow<'_, str>> {
    let is_escape = |rest: &str| {
        let digits = rest.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    if !text.split('%').skip(1).all(is_escape) {
        return None;
    }
    percent_decode_str(text).decode_utf8().ok()
}

fn excerpt(text: &str) -> String {
    text.chars().take(SHOWN_CHARS).collect()
}

fn invalid(detail: String) -> ApiError {
    ApiError::new(ProblemCode::InvalidParameter, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_escapes_of_utf_8_are_decoded() {
        for (text, value) in
            [("pha%73e", "phase"), ("", ""), ("%E2%82%ac+", "€+"), ("a%00", "a\0"), ("é", "é")]
        {
            assert_eq!(decoded(text).as_deref(), Some(value), "{text}");
        }
        for text in ["%", "a%4", "%zz", "%+1", "%ff", "%c0%af", "%ed%a0%80", "%é"] {
            assert_eq!(decoded(text), None, "{text}");
        }
    }
}
