//! Ties the bytes of an answer to values that are dropped when the bytes are sent.

use hyper::body::Bytes;
use poem::http::StatusCode;
use poem::{Body, Response};

/// The bytes of an answer and what is released with the last of them. HTTP/1 keeps them in the connection's queue,
/// HTTP/2 in the stream's: the body is gone long before they are.
struct Tied<T> {
    bytes: Bytes,
    _until_sent: T,
}

impl<T> AsRef<[u8]> for Tied<T> {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Takes the answer's bytes. Every body here is in memory already: there is nothing to wait for.
pub(crate) async fn take_bytes(response: &mut Response) -> Bytes {
    response.take_body().into_bytes().await.unwrap_or_else(|error| {
        tracing::error!(%error, "an answer's body could not be read");
        response.set_status(StatusCode::INTERNAL_SERVER_ERROR);
        Bytes::new()
    })
}

/// Makes a body that drops `until_sent` when its bytes were sent, or will not be.
pub(crate) fn tied<T: Send + 'static>(bytes: Bytes, until_sent: T) -> Body {
    if bytes.is_empty() {
        return Body::empty();
    }
    Bytes::from_owner(Tied { bytes, _until_sent: until_sent }).into()
}
