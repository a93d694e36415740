//! The HTTP server: accepts connections, bounds what each of them holds, and stops gracefully.
//!
//! In reading order: this file accepts; `connection` serves one connection; `activity` knows when a connection
//! is overdue; `stream` is its socket, `answer` ties answers to it; `connections` limits the connections, `unproven`
//! the requests of callers who have proven nothing, `descriptors` reads the limit of the system, and `trusted_proxies`
//! finds the client's address behind proxies.

mod activity;
mod answer;
mod connection;
mod connections;
mod descriptors;
mod stream;
#[cfg(test)]
mod tests;
mod trusted_proxies;
mod unproven;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use poem::endpoint::BoxEndpoint;
use poem::{EndpointExt, IntoEndpoint, Response};
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

pub(crate) use answer::{take_bytes, tied};
pub(crate) use descriptors::fitting_connections;
pub(crate) use trusted_proxies::TrustedProxies;
pub(crate) use unproven::Unproven;

use connections::{Connections, Slot};

/// The limits of connections.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ServerLimits {
    /// Open connections.
    pub(crate) connections: usize,
    /// The longest time of a request head, and of the silence before the first one.
    pub(crate) head_timeout: Duration,
    /// The longest idle time between requests.
    pub(crate) idle_timeout: Duration,
    /// The longest time in which a peer takes nothing of an answer.
    pub(crate) write_timeout: Duration,
    /// The least average rate at which a peer takes an answer, in bytes a second, besides `write_timeout`.
    pub(crate) write_rate: u64,
    /// Requests at once on one HTTP/2 connection.
    pub(crate) streams: u32,
    /// Requests at once on all HTTP/2 connections, of callers who have proven nothing yet.
    pub(crate) unproven_streams: usize,
    /// The age from which a busy connection that has proven nothing may be evicted.
    pub(crate) unproven_timeout: Duration,
}

impl ServerLimits {
    /// The limits for so many connections.
    pub(crate) fn for_connections(connections: usize) -> Self {
        Self {
            connections,
            head_timeout: Duration::from_secs(30),
            // Longer than the proxies' own 60 seconds: where both close at once, a request is lost.
            idle_timeout: Duration::from_secs(75),
            write_timeout: Duration::from_secs(30),
            write_rate: 16 << 10,
            streams: 128,
            unproven_streams: 1024,
            unproven_timeout: Duration::from_secs(1),
        }
    }
}

/// The pause of the accept loop after an error of the whole process, like too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);
/// The pause between two searches for a connection to evict while all are in use.
const FULL_PAUSE: Duration = Duration::from_millis(200);
/// A peer that does not answer at all for this time is gone.
const PEER_GONE: Duration = Duration::from_secs(30);

/// The stages of stopping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Serving,
    /// No new requests; those in flight may finish.
    Finishing,
    /// Everything ends now.
    Ending,
}

/// A server on a bound port.
#[derive(Debug)]
pub(crate) struct Server {
    listener: TcpListener,
    connections: Arc<Connections>,
    limits: ServerLimits,
}

impl Server {
    /// Makes a server; it does not accept anything yet.
    pub(crate) fn new(listener: TcpListener, limits: ServerLimits) -> Self {
        Self { listener, connections: Connections::new(&limits), limits }
    }

    /// Serves until `shutdown` is ready; then requests in flight may finish within this time.
    pub(crate) async fn run(
        self,
        routes: impl IntoEndpoint<Endpoint: 'static>,
        shutdown: impl Future<Output = ()>,
        timeout: Duration,
    ) {
        let endpoint: Arc<BoxEndpoint<'static, Response>> =
            Arc::new(routes.into_endpoint().map_to_response().boxed());
        let (stage, watched) = watch::channel(Stage::Serving);
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            let (stream, slot) = tokio::select! {
                () = &mut shutdown => break,
                accepted = self.accept() => accepted,
            };
            let serving = connection::serve(stream, slot, endpoint.clone(), self.limits, watched.clone());
            tokio::spawn(serving);
        }
        drop(self.listener);
        stage.send_replace(Stage::Finishing);
        if tokio::time::timeout(timeout, self.connections.ended()).await.is_err() {
            tracing::warn!("requests in flight did not finish in time; they are aborted");
            stage.send_replace(Stage::Ending);
        }
    }

    async fn accept(&self) -> (TcpStream, Slot) {
        loop {
            match self.listener.accept().await {
                Ok((stream, _peer)) => {
                    configure(&stream);
                    return (stream, self.slot().await);
                }
                Err(error) if is_connection_error(&error) => {}
                Err(error) => {
                    self.connections.warn(&error.to_string());
                    self.connections.evict();
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    /// Waits for a slot for one more connection. If none is free, others are evicted.
    async fn slot(&self) -> Slot {
        loop {
            if let Some(slot) = self.connections.open() {
                return slot;
            }
            self.connections.warn("all connections that the limits allow are open");
            self.connections.evict();
            // A slot that becomes free in the meantime is taken at once.
            let _ = tokio::time::timeout(FULL_PAUSE, self.connections.freed()).await;
        }
    }
}

/// Tells whether only this one connection failed.
fn is_connection_error(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

/// Sets what a socket needs. A peer that vanished is noticed even if nothing is sent.
fn configure(stream: &TcpStream) {
    let keepalive = TcpKeepalive::new().with_time(PEER_GONE / 2).with_interval(PEER_GONE / 6).with_retries(3);
    let socket = SockRef::from(stream);
    let set = stream
        .set_nodelay(true)
        .and_then(|()| socket.set_tcp_keepalive(&keepalive))
        .and_then(|()| socket.set_tcp_user_timeout(Some(PEER_GONE)));
    if let Err(error) = set {
        // The peer may be gone already, which the next read says.
        tracing::debug!(%error, "a socket option could not be set");
    }
}
