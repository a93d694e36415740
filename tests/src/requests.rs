//! Requests to the backend, and its answers.

use std::sync::Once;
use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

use crate::Backend;

/// An answer of the backend.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers; names in lower case.
    pub headers: reqwest::header::HeaderMap,
    /// The body.
    pub body: String,
}

impl Answer {
    /// A header's value, or `""`.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body as JSON. Numbers lose digits here: compare documents as text or in PostgreSQL.
    ///
    /// # Panics
    /// If it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {}", self.body))
    }

    /// The problem's code, if it is one.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

impl Backend {
    /// Sends a request with these headers.
    ///
    /// # Panics
    /// If no answer comes.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        self.send_by(&client(), method, path, headers, body).await
    }

    /// The same, by a client that keeps its connections.
    ///
    /// # Panics
    /// If no answer comes.
    pub async fn send_by(
        &self,
        client: &reqwest::Client,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        let method: Method = method.parse().expect("a method");
        let mut request = client.request(method, format!("{}{path}", self.url())).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.expect("the backend answers");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { status, headers, body: response.text().await.expect("the whole answer") }
    }

    /// Stores one phase of an issue.
    pub async fn store(&self, key: &str, repository: &str, issue: u32, phase: &str, data: &str) -> Answer {
        self.store_if(key, repository, issue, phase, data, &[]).await
    }

    /// The same, with more headers.
    pub async fn store_if(
        &self,
        key: &str,
        repository: &str,
        issue: u32,
        phase: &str,
        data: &str,
        more: &[(&str, &str)],
    ) -> Answer {
        self.store_where(key, "", repository, issue, phase, data, more).await
    }

    /// The same, with a query, which begins with its question mark.
    pub async fn store_where(
        &self,
        key: &str,
        query: &str,
        repository: &str,
        issue: u32,
        phase: &str,
        data: &str,
        more: &[(&str, &str)],
    ) -> Answer {
        let body = format!(
            r#"{{"repository":"{repository}","issue_number":{issue},"phase":"{phase}","data":{data}}}"#
        );
        let key = format!("Bearer {key}");
        let headers = [("authorization", key.as_str()), ("content-type", "application/json")];
        self.send("POST", &format!("/api/v1/phase_data{query}"), &[&headers[..], more].concat(), body).await
    }

    /// Retrieves what an issue has.
    pub async fn retrieve(&self, key: &str, repository: &str, issue: u32) -> Answer {
        self.on_issue("GET", key, repository, issue).await
    }

    /// Cleans an issue up.
    pub async fn delete(&self, key: &str, repository: &str, issue: u32) -> Answer {
        self.on_issue("DELETE", key, repository, issue).await
    }

    async fn on_issue(&self, method: &str, key: &str, repository: &str, issue: u32) -> Answer {
        let path = format!("/api/v1/phase_data/{repository}/{issue}");
        self.send(method, &path, &[("authorization", &format!("Bearer {key}"))], "").await
    }
}

/// A client for one request, or for many of one test. Nothing is shared between tests, whose runtimes end at
/// different times.
///
/// # Panics
/// If none can be made.
pub fn client() -> reqwest::Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // Fails only if there is one already.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    });
    // Nothing here speaks TLS, and reading the system's roots takes longer than the request.
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).timeout(Duration::from_secs(60));
    client.build().expect("a client")
}
