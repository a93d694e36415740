//! A server with prepared answers: what a proxy, an older backend or a broken answer of GitHub looks like to a step.

use std::net::SocketAddr;

use tokio::io::AsyncWriteExt;

use crate::network::{read_head, serve};

/// Answers each request by its method and path.
pub struct ScriptedServer {
    address: SocketAddr,
}

impl ScriptedServer {
    /// Starts a server whose answers are bytes of HTTP: status, media type and body.
    ///
    /// # Panics
    /// If there is no port.
    pub fn start(answer: impl Fn(&str) -> (u16, &'static str, Vec<u8>) + Clone + Send + 'static) -> Self {
        let address = serve(move |mut client| {
            let answer = answer.clone();
            async move {
                let Some(head) = read_head(&mut client).await else { return };
                let line = head.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1").to_owned();
                let (status, media_type, body) = answer(&line);
                let head = format!(
                    "HTTP/1.1 {status} X\r\ncontent-type: {media_type}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                    body.len()
                );
                let _ = client.write_all(&[head.as_bytes(), &body].concat()).await;
                // The client may still be sending: a connection that is closed now would lose the answer.
                let _ = tokio::time::timeout(std::time::Duration::from_secs(2), async {
                    let (mut rest, _) = client.split();
                    let _ = tokio::io::copy(&mut rest, &mut tokio::io::sink()).await;
                })
                .await;
            }
        });
        Self { address }
    }

    /// A backend of an older release, which does not know a call or a parameter, as this problem says.
    ///
    /// # Panics
    /// If there is no port.
    pub fn older_backend(status: u16, code: &'static str, detail: &'static str) -> Self {
        Self::start(move |line| match line {
            "GET /health/live" => (200, "application/json", br#"{"status":"ok","version":"0.0.1"}"#.to_vec()),
            _ => {
                let problem = serde_json::json!({
                    "type": format!("/problems#{code}"), "title": "Refused", "status": status, "code": code,
                    "detail": detail, "hint": "Correct the request.", "request_id": "local-0a1b2c3d",
                });
                (status, "application/problem+json", problem.to_string().into_bytes())
            }
        })
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}
