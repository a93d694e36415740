//! The OpenAPI contract, generated from the handlers.

mod answers;
mod enumerations;
#[cfg(test)]
mod invariants;
mod problems;
mod references;
mod schemas;

use std::collections::BTreeMap;

use poem::IntoEndpoint;
use poem_openapi::{ContactObject, LicenseObject, OpenApiService};
use serde_json::{Value, json};

use super::admin::AdminApi;
use super::auth::DiscoverOidc;
use super::documentation::docs;
use super::health::HealthApi;
use super::links::Links;
use super::parameters::{Strict, anonymous};
use super::phase_data::PhaseDataApi;
use super::repositories::ListIssues;
use super::secret_scanning::Report;
use super::webhooks::Receive;

const DESCRIPTION: &str = "Durable, per-issue state for automations that span several workflow runs: one JSON \
document per account, repository, issue and phase.

**Identity.** A repository is `owner/name` (letter case does not matter), an issue is its bare number, a phase is \
`scan`, `validate` or `mitigate`. Other spellings are refused with the right one.

**Paths.** A repository in a path is percent-encoded: `/api/v1/phase_data/octo%2Fhello/42`. Some proxies decode or refuse \
`%2F`, so every such path has an alias with the repository in two segments: `/api/v1/phase_data/octo/hello/42`. The answers are \
the same. The list of operations shows the percent-encoded form only.

**Tenancy.** The account comes from the credential, never from the request. What a credential may not see is \
answered exactly as what is not there.

**Errors** are `application/problem+json` (RFC 9457) everywhere, with a stable `code`, a `hint` that says what to \
do, and the `request_id` that finds the request in the backend's log. [All codes](/problems).

**Growth.** Later releases may add members to the objects of answers, values to texts like `outcome`, and problem codes. Accept \
unknown ones; `x-extensible-enum` lists the values of this release. Errors of each status have a schema of their own, which \
adds nothing to `Problem` but the status.

**Fidelity.** Any JSON value is stored, and comes back as the same value: numbers keep their digits and strings their \
characters, also `\\u0000` and halves of surrogate pairs; the order of keys and the spelling of a number may change. Limits: \
128 levels of nesting; numbers with 131,072 digits before the decimal point and 16,383 after it, and numbers with an \
exponent with 1,000 digits when they are written out; 16 MiB a document unless the operator says otherwise. The limit counts the value as compact \
JSON in UTF-8, with numbers written out and without white space between tokens. What was read can be stored again.

**Requests.** Each call takes the parameters listed here, each once and with a value; unknown ones \
are refused with `invalid_parameter`, and so is a body where none is listed. Bodies are UTF-8 and not compressed. A request \
may carry an `X-Request-Id` (1 to 128 letters, digits, `.`, `_` or `-`); every answer has one.

**Caches.** Answers are `Cache-Control: private, no-store`. An entity tag, like `\"3-1a2b3c4d\"`, is an opaque text that is \
compared character by character, and names one content for ever: also when a document is purged and another one stored in \
its place, with the same revision. A client sends it as `If-None-Match` to read only what changed, as `If-Match` to replace \
just that. A bare revision is no entity tag, and has a parameter of its own: `if_revision=3`. Where both are sent, both must \
hold. Otherwise the answer is 412 with `current_revision` and `current_etag`.";

/// Schemas of requests that refuse unknown members. poem-openapi can't say so.
const CLOSED_SCHEMAS: [&str; 9] = [
    "StorePhaseData",
    "ClaimPhase",
    "RenewClaim",
    "AccountPolicy",
    "PolicyEvents",
    "CreateKey",
    "RotateKey",
    "Retention",
    "MakeWebhookSecret",
];

/// The contract in the forms that are published. All of them show the same document.
#[derive(Debug, Clone)]
pub(crate) struct Contract {
    document: Value,
    page: String,
}

/// The endpoint that serves the contract's operations.
pub(super) fn service() -> impl IntoEndpoint<Endpoint: 'static> {
    open_api_service(&Links::new(None), env!("CARGO_PKG_VERSION"))
}

/// Every operation, in the contract's order.
type Apis = (PhaseDataApi, ListIssues, DiscoverOidc, AdminApi, Report, Receive, HealthApi);

fn open_api_service(links: &Links, version: &str) -> OpenApiService<Strict<Apis>, ()> {
    OpenApiService::new(Strict(Apis::default()), "phase-data", version)
        .description(links.in_text(DESCRIPTION))
        .license(LicenseObject::new("MIT OR Apache-2.0").url("https://spdx.org/licenses/MIT.html"))
        .contact(ContactObject::new().name("The operator of this backend"))
        .server(links.server())
}

impl Contract {
    /// Generates the contract from the handlers, for the address that the links have, and with this version.
    pub(crate) fn generate(links: &Links, version: &str) -> Self {
        let service = open_api_service(links, version);
        let mut document: Value = serde_json::from_str(&service.spec()).unwrap_or_default();
        references::simplify(&mut document);
        problems::by_status(&mut document);
        for schema in CLOSED_SCHEMAS {
            document["components"]["schemas"][schema]["additionalProperties"] = json!(false);
        }
        for operation in operations(&mut document).filter(|operation| operation["security"].is_null()) {
            operation["security"] = json!([]);
        }
        answers::open(&mut document);
        enumerations::qualify(&mut document);
        let page = docs(&service.swagger_ui_html(), &document);
        Self { document, page }
    }

    /// As JSON.
    pub(crate) fn json(&self) -> String {
        format!("{:#}\n", self.document)
    }

    /// As YAML, with a heading that says where it comes from.
    ///
    /// # Errors
    /// If the document can't be written, which its own test excludes.
    pub(crate) fn yaml(&self) -> Result<String, serde_saphyr::ser::Error> {
        let yaml = serde_saphyr::to_string(&self.document)?;
        Ok(format!("# Generated from the handlers by `phase-data-backend openapi`. Do not edit.\n{yaml}"))
    }

    /// The page that shows it, with everything that it needs inside.
    pub(super) fn page(&self) -> &str {
        &self.page
    }

    /// The paths of the operations.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.document["paths"].as_object().into_iter().flat_map(|paths| paths.keys().map(String::as_str))
    }

    /// The methods of each path, as the `Allow` header wants them; parameters are `*` in the path.
    pub(super) fn allowed_methods(&self) -> BTreeMap<String, String> {
        let paths = self.document["paths"].as_object().into_iter().flatten();
        paths.map(|(path, operations)| (anonymous(path), allow(operations))).collect()
    }
}

fn operations(document: &mut Value) -> impl Iterator<Item = &mut Value> {
    let paths = document["paths"].as_object_mut().into_iter().flat_map(|paths| paths.values_mut());
    paths.filter_map(Value::as_object_mut).flat_map(|path| path.values_mut())
}

fn allow(operations: &Value) -> String {
    let methods = operations.as_object().into_iter().flatten().map(|(method, _)| method.to_uppercase());
    methods
        .flat_map(|method| if method == "GET" { vec![method, "HEAD".into()] } else { vec![method] })
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_says_all_that_a_reader_needs() {
        let contract = Contract::generate(&Links::new(None), "0.0.0");
        let paths = contract.document["paths"].as_object().expect("paths");
        let operations: Vec<&Value> =
            paths.values().flat_map(|path| path.as_object().expect("a path").values()).collect();
        assert!(!operations.is_empty());
        for operation in operations {
            for member in ["summary", "description", "operationId"] {
                assert!(
                    operation[member].as_str().is_some_and(|text| text.len() > 3),
                    "{member} of {operation:#}"
                );
            }
            assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1), "{operation:#}");
            for (status, response) in operation["responses"].as_object().expect("responses") {
                assert!(
                    response["description"].as_str().is_some_and(|text| !text.is_empty()),
                    "{status} of {operation:#}"
                );
            }
        }
    }

    #[test]
    fn every_object_has_an_example_or_stands_in_one() {
        let contract = Contract::generate(&Links::new(None), "0.0.0");
        for name in
            ["StorePhaseData", "StoredPhaseData", "IssuePhaseData", "DeletedPhaseData", "Problem", "Health"]
        {
            assert!(contract.document["components"]["schemas"][name]["example"].is_object(), "{name}");
        }
    }

    #[test]
    fn the_page_shows_the_published_document() {
        let contract = Contract::generate(&Links::new(None), "0.0.0");
        let page = contract.page();
        assert!(page.contains(r#""additionalProperties":false"#));
        // The framework's page may have another form one day.
        for part in [".swagger-ui .opblock", "SwaggerUIBundle=", "SwaggerUIBundle({"] {
            assert!(page.contains(part), "{part}");
        }
        for placeholder in ["/* swagger-ui.css */", "/* docs.js */", "{contract}"] {
            assert!(!page.contains(placeholder), "{placeholder}");
        }
    }

    #[test]
    fn the_allowed_methods_are_those_of_the_path() {
        let allowed = Contract::generate(&Links::new(None), "0.0.0").allowed_methods();
        assert_eq!(allowed["/api/v1/phase_data"], "POST");
        assert_eq!(allowed["/api/v1/phase_data/*/*"], "GET, HEAD, PATCH, DELETE");
    }
}
