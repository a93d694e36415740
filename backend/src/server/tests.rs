//! Peers that misbehave, over real sockets, with limits low enough to wait for.

mod client;
mod http1;
mod http2;
mod many;
mod stopping;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use poem::endpoint::make;
use poem::http::Method;
use poem::{IntoEndpoint, Request, Response, Route};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::*;

/// The deadline of the longest of these limits on a busy machine.
const SOON: Duration = Duration::from_secs(5);
/// More than the kernel takes off our hands.
const LARGE: usize = 32 << 20;

fn limits() -> ServerLimits {
    ServerLimits {
        head_timeout: Duration::from_millis(400),
        idle_timeout: Duration::from_millis(1200),
        write_timeout: Duration::from_millis(400),
        write_rate: 64 << 20,
        streams: 8,
        unproven_timeout: Duration::from_millis(400),
        ..ServerLimits::for_connections(8)
    }
}

/// A running server. What its answers and requests hold is in `held`.
struct Running {
    address: SocketAddr,
    held: Arc<()>,
    stop: oneshot::Sender<()>,
    run: JoinHandle<()>,
}

impl Running {
    async fn start(limits: ServerLimits) -> Self {
        Self::start_with(limits, SOON).await
    }

    async fn start_with(limits: ServerLimits, shutdown_timeout: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let held = Arc::new(());
        let (stop, stopped) = oneshot::channel::<()>();
        let server = Server::new(listener, limits);
        let routes = routes(held.clone());
        let run = tokio::spawn(async move {
            let shutdown = async { drop(stopped.await) };
            server.run(routes, shutdown, shutdown_timeout).await;
        });
        Self { address, held, stop, run }
    }

    /// Returns the number of requests and answers.
    fn held(&self) -> usize {
        // One is ours, and one is the routes'.
        Arc::strong_count(&self.held) - 2
    }

    /// Waits until there are so many.
    async fn comes_to_hold(&self, expected: usize) {
        let waiting = async {
            while self.held() != expected {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let waited = tokio::time::timeout(SOON, waiting).await;
        assert!(waited.is_ok(), "{} are held, not {expected}", self.held());
    }
}

/// `/` answers at once, `/proven` after its caller has proven something, `/proven/never` never, `/large` with much, `/slow` after a while, `/never` never; `/echo` answers the body.
fn routes(held: Arc<()>) -> impl IntoEndpoint<Endpoint: 'static> {
    let endpoint = make(move |request: Request| {
        let held = held.clone();
        async move {
            if let Some(unproven) = request.data::<Unproven>()
                && request.uri().path().starts_with("/proven")
            {
                unproven.prove();
            }
            let is_head = request.method() == Method::HEAD;
            let bytes = match request.uri().path() {
                "/large" => vec![b'x'; LARGE],
                "/slow" => {
                    tokio::time::sleep(Duration::from_millis(800)).await;
                    b"slow".to_vec()
                }
                "/never" | "/proven/never" => std::future::pending().await,
                "/echo" => request.into_body().into_vec().await.unwrap_or_default(),
                _ if is_head => Vec::new(),
                path => path.as_bytes().to_vec(),
            };
            Response::builder().body(tied(bytes.into(), held))
        }
    });
    Route::new().nest("/", endpoint)
}
