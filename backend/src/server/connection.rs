//! Serves one connection, from its first byte to its last.

use std::future::ready;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::combinators::BoxBody;
use hyper::Request;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use poem::endpoint::BoxEndpoint;
use poem::http::Version;
use poem::http::uri::Scheme;
use poem::web::{LocalAddr, RemoteAddr};
use poem::{Addr, Endpoint, Response};
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::answer::{take_bytes, tied};
use super::connections::Slot;
use super::stream::Stream;
use super::unproven::TooManyUnproven;
use super::{ServerLimits, Stage};

/// The largest request head, and what is read ahead of an HTTP/1 body.
const HEAD_BYTES: usize = 32 << 10;
/// The bytes that an HTTP/2 peer may send ahead of a reader, in one stream and in all.
const STREAM_WINDOW: u32 = 128 << 10;
const CONNECTION_WINDOW: u32 = 256 << 10;
/// The interval of pings to a silent HTTP/2 peer, and the longest time to answer one.
const PING_INTERVAL: Duration = Duration::from_secs(20);
/// The longest time of a graceful shutdown.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// A request that is being answered, or refused without an answer.
type Answering = Pin<Box<dyn Future<Output = Result<Answer, TooManyUnproven>> + Send>>;
type Answer = hyper::Response<BoxBody<Bytes, io::Error>>;

/// Serves one connection until it ends, is overdue, or the server stops.
pub(super) async fn serve(
    stream: TcpStream,
    slot: Slot,
    endpoint: Arc<BoxEndpoint<'static, Response>>,
    limits: ServerLimits,
    mut stage: watch::Receiver<Stage>,
) {
    let activity = &slot.activity;
    let addresses = stream.local_addr().and_then(|local| Ok((local, stream.peer_addr()?)));
    // Without addresses the peer is gone already.
    let Ok((local, peer)) = addresses else { return };
    let local = LocalAddr(Addr::SocketAddr(local));
    let remote = RemoteAddr(Addr::SocketAddr(peer));
    let service = service_fn(|request: Request<Incoming>| -> Answering {
        let is_http2 = request.version() == Version::HTTP_2;
        // Before anything else: a refused request costs no more than its stream.
        let unproven = match slot.admit(is_http2) {
            Ok(unproven) => unproven,
            Err(refused) => return Box::pin(ready(Err(refused))),
        };
        let (endpoint, activity) = (endpoint.clone(), activity.clone());
        let (local, remote) = (local.clone(), remote.clone());
        Box::pin(async move {
            let running = activity.start(is_http2);
            let mut request: poem::Request = (request, local, remote, Scheme::HTTP).into();
            request.set_data(unproven.clone());
            let mut response = endpoint.get_response(request).await;
            let bytes = take_bytes(&mut response).await;
            let may_take = time_to_read(bytes.len() as u64, &limits);
            response.set_body(tied(bytes, (running.answer(may_take), unproven)));
            Ok(response.into())
        })
    });
    let io = TokioIo::new(Stream::new(stream, activity.clone(), limits.write_timeout));
    let builder = builder(&limits);
    let mut connection = pin!(builder.serve_connection(io, service));
    let overdue = pin!(activity.overdue(&limits));
    // A connection that has ended is dropped and never polled again: so its requests end with it.
    tokio::select! {
        _ = connection.as_mut() => return,
        reason = overdue => tracing::debug!(%peer, reason, "closing a connection"),
        () = reached(&mut stage, Stage::Finishing) => {
            connection.as_mut().graceful_shutdown();
            // A request whose head is incomplete does not delay the shutdown.
            let limits = ServerLimits { head_timeout: CLOSE_TIMEOUT, idle_timeout: CLOSE_TIMEOUT, ..limits };
            tokio::select! {
                _ = connection.as_mut() => return,
                _ = activity.overdue(&limits) => {}
                () = reached(&mut stage, Stage::Ending) => return,
            }
        }
    }
    if activity.is_aborted() {
        return;
    }
    connection.as_mut().graceful_shutdown();
    // The connection ends now in either case.
    let _ = tokio::time::timeout(CLOSE_TIMEOUT, connection).await;
}

/// Waits until the server is at this stage of stopping, or gone.
async fn reached(stage: &mut watch::Receiver<Stage>, target: Stage) {
    let _ = stage.wait_for(|stage| *stage >= target).await;
}

fn builder(limits: &ServerLimits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    // Without a timer HTTP/1 has no time-outs of its own: `Activity` has them.
    builder.http1().max_buf_size(HEAD_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams)
        .max_header_list_size(HEAD_BYTES as u32)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_INTERVAL);
    builder
}

/// Returns how long a peer may take to read so many bytes.
fn time_to_read(bytes: u64, limits: &ServerLimits) -> Duration {
    limits.write_timeout + Duration::from_secs(bytes / limits.write_rate)
}
