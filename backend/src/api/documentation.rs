//! Pages and files for readers: the contract, and what each problem code means. They need no internet.

use hyper::body::Bytes;
use phase_data_wire::ProblemCode;
use poem::endpoint::make_sync;
use poem::http::header::{ACCEPT, CACHE_CONTROL, VARY};
use poem::{Endpoint, IntoResponse, Request, Response};
use serde_json::{Value, json};

use super::{Contract, Links};

/// The pages are the same for all callers, and change only with the version of the backend.
const PUBLIC: &str = "public, max-age=300";
const HTML: &str = "text/html; charset=utf-8";

/// `GET /`: links to the documentation, the contract and health; a page for browsers, JSON for other clients.
pub(super) fn start(links: &Links, version: &str) -> impl Endpoint + use<> {
    let places = [
        ("documentation", "/docs"),
        ("problem_codes", "/problems"),
        ("contract", "/openapi.json"),
        ("health", "/health/ready"),
    ];
    let items = places.map(|(name, path)| {
        let (name, link) = (name.replace('_', " "), escaped(&links.to(path)));
        format!("<li><a href=\"{link}\">{name}</a></li>")
    });
    let page = Bytes::from(format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>phase-data</title><link rel=\"icon\" href=\"data:,\">\
         <h1>phase-data</h1><p>This is a backend of phase-data, version {}.</p><ul>{}</ul></html>\n",
        escaped(version),
        items.concat()
    ));
    let mut members = json!({ "name": "phase-data", "version": version });
    for (name, path) in places {
        members[name] = links.to(path).into();
    }
    let json = Bytes::from(format!("{members:#}\n"));
    make_sync(move |request: Request| {
        let from_browser = request.header(ACCEPT).is_some_and(|accept| accept.contains("text/html"));
        let (content_type, bytes) =
            if from_browser { (HTML, page.clone()) } else { ("application/json", json.clone()) };
        published(content_type, bytes).with_header(VARY, "Accept").into_response()
    })
}

/// `GET /docs`.
pub(super) fn page(contract: &Contract) -> impl Endpoint + use<> {
    file(HTML, contract.page().to_owned())
}

/// Returns a page of our own with the parts of Swagger UI, which the framework's page has, around the contract.
pub(super) fn docs(swagger_ui: &str, contract: &Value) -> String {
    let part = |start: &str, end: &str| {
        let rest = swagger_ui.split_once(start).map_or("", |(_, rest)| rest);
        rest.split_once(end).map_or("", |(part, _)| part)
    };
    // The contract is in a script: a `</script>` in any description would end it.
    let contract = contract.to_string().replace("</", "<\\/");
    include_str!("documentation/docs.html")
        .replace("/* swagger-ui.css */", part("<style charset=\"UTF-8\">", "</style>"))
        .replace("/* docs.css */", include_str!("documentation/docs.css"))
        .replace("/* swagger-ui.js */", part("<script charset=\"UTF-8\">", "</script>"))
        .replace("/* docs.js */", include_str!("documentation/docs.js"))
        .replace("{contract}", &contract)
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
    make_sync(move |_| published(content_type, bytes.clone()))
}

fn published(content_type: &str, bytes: Bytes) -> Response {
    Response::builder().content_type(content_type).header(CACHE_CONTROL, PUBLIC).body(bytes)
}

/// `GET /problems`, the target of the `type` of each problem.
pub(super) fn problems(links: &Links) -> impl Endpoint + use<> {
    let rows: String = ProblemCode::ALL.iter().map(|code| problem(*code, links)).collect();
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>phase-data: problem codes</title><link rel=\"icon\" href=\"data:,\">\
         <style>body{{font:16px/1.5 system-ui,sans-serif;max-width:46em;margin:2em auto;padding:0 1em;overflow-wrap:anywhere}}\
         :target{{background:color-mix(in srgb,gold 25%,transparent)}}\
         code{{background:color-mix(in srgb,currentColor 10%,transparent);padding:0 .2em}}</style>\
         <h1>Problem codes</h1><p>Every error carries one of these as <code>code</code>.</p>{rows}</html>"
    );
    file(HTML, html)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

fn problem(code: ProblemCode, links: &Links) -> String {
    let hint = escaped(&links.in_text(code.hint()));
    format!(
        "<section id=\"{code}\"><h2><code>{code}</code> ({})</h2><p>{}.</p><p>{hint}</p></section>",
        code.status(),
        code.title()
    )
}
