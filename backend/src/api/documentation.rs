//! Pages and files for readers: the contract, and what each problem code means. They need no internet.

use hyper::body::Bytes;
use phase_data_wire::ProblemCode;
use poem::endpoint::make_sync;
use poem::http::header::CACHE_CONTROL;
use poem::{Endpoint, Response};

use super::Contract;

/// The pages are the same for all callers, and change only with the version of the backend.
const PUBLIC: &str = "public, max-age=300";

/// `GET /docs`.
pub(super) fn page(contract: &Contract) -> impl Endpoint + use<> {
    // With an empty icon, or browsers ask for /favicon.ico.
    let title = "<title>phase-data: the HTTP contract</title><link rel=\"icon\" href=\"data:,\">";
    let html = contract.page().replace("<title>Swagger UI</title>", title);
    file("text/html; charset=utf-8", html)
}

/// `GET /openapi.json`.
pub(super) fn json(contract: &Contract) -> impl Endpoint + use<> {
    file("application/json", contract.json())
}

/// `GET /openapi.yaml`.
pub(super) fn yaml(contract: &Contract) -> impl Endpoint + use<> {
    // The media type of RFC 9512.
    file("application/yaml", contract.yaml().unwrap_or_default())
}

fn file(content_type: &'static str, text: String) -> impl Endpoint {
    // One copy for all: whoever does not read it costs no memory.
    let bytes = Bytes::from(text);
    make_sync(move |_| {
        Response::builder().content_type(content_type).header(CACHE_CONTROL, PUBLIC).body(bytes.clone())
    })
}

/// `GET /problems`, the target of the `type` of each problem.
pub(super) fn problems() -> impl Endpoint {
    let rows: String = ProblemCode::ALL.iter().map(|code| problem(*code)).collect();
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>phase-data: problem codes</title>\
         <style>body{{font:16px/1.5 system-ui,sans-serif;max-width:46em;margin:2em auto;padding:0 1em}}\
         :target{{background:#fff3c4}}code{{background:#eee;padding:0 .2em}}</style>\
         <h1>Problem codes</h1><p>Every error carries one of these as <code>code</code>.</p>{rows}</html>"
    );
    file("text/html; charset=utf-8", html)
}

fn problem(code: ProblemCode) -> String {
    let hint = code.hint().replace('&', "&amp;").replace('<', "&lt;");
    format!(
        "<section id=\"{code}\"><h2><code>{code}</code> ({})</h2><p>{}.</p><p>{hint}</p></section>",
        code.status(),
        code.title()
    )
}
