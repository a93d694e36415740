//! Reads bodies: so much, for so long, and only while there is room for them.

use std::io;
use std::ops::Deref;

use http_body_util::BodyExt;
use http_body_util::combinators::BoxBody;
use hyper::body::Bytes;
use phase_data_wire::ProblemCode;
use poem::http::header;
use poem::{Body, Request, RequestBody, Result};

use super::body_headers::media_type;
use super::body_limits::BodyLimits;
use super::in_flight::InFlight;
use super::state::State;
use super::stranger_bodies::{ArrivingBody, Displaced, StrangerBodies, StrangersBody};
use crate::auth::AccountId;
use crate::error::ApiError;

/// So much of a body that is too large is read and dropped before the answer, since a client that is
/// still sending when the connection closes never sees the answer.
const DRAIN_MAX_BYTES: usize = 64 << 20;

/// So much is allocated for a body that is announced; more when it comes. Who announces much and sends nothing must not
/// have the process take large pieces of memory and give them back all the time.
const FIRST_BYTES: usize = 64 << 10;

/// The bytes of a body.
#[derive(Debug)]
pub(super) enum ReceivedBody {
    /// From a proven caller. The request holds their share.
    Callers(Vec<u8>),
    /// From who has proven nothing yet.
    Strangers(StrangersBody),
}

/// A body whose reading has not begun.
#[derive(Debug)]
pub(super) struct UnreadBody {
    body: Body,
    /// The length that the request's head announces. It is not proven before the body is read.
    announced: Option<usize>,
    limits: BodyLimits,
}

/// Where a body's bytes go.
enum Keep<'a> {
    /// All of them, of which there are at most so many.
    All(&'a mut Vec<u8>, usize),
    WithinBudget(&'a ArrivingBody),
}

impl Keep<'_> {
    async fn push(&mut self, chunk: &[u8]) -> Result<(), Displaced> {
        match self {
            Self::All(bytes, most) => {
                let needed = bytes.len() + chunk.len();
                if needed > bytes.capacity() {
                    // Doubled, for copying less, but not beyond what can come.
                    let target = (2 * bytes.len()).min(*most).max(needed);
                    bytes.reserve_exact(target - bytes.len());
                }
                bytes.extend_from_slice(chunk);
            }
            Self::WithinBudget(arriving) => arriving.push(chunk).await?,
        }
        Ok(())
    }
}

impl Deref for ReceivedBody {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Callers(bytes) => bytes,
            Self::Strangers(body) => body,
        }
    }
}

/// Reads a body that says that it is of one of these types.
pub(super) async fn read(
    request: &Request,
    body: &mut RequestBody,
    wanted_types: &[&str],
) -> Result<ReceivedBody> {
    media_type(request.headers(), wanted_types)?;
    let (state, in_flight) = (State::of(request)?, InFlight::of(request)?);
    let unread = UnreadBody::take(request, body, state.body_limits)?;
    Ok(match in_flight.account() {
        Some(account) => ReceivedBody::Callers(unread.read_for(state, in_flight, account).await?),
        None => ReceivedBody::Strangers(unread.read_from_stranger(&state.budgets.reports).await?),
    })
}

impl UnreadBody {
    /// Takes a request's body, to be read within these limits.
    pub(super) fn take(request: &Request, body: &mut RequestBody, limits: BodyLimits) -> Result<Self> {
        let announced = request.header(header::CONTENT_LENGTH).and_then(|length| length.parse().ok());
        Ok(Self { body: body.take()?, announced, limits })
    }

    /// Reads a caller's body, once its account has room for all of it.
    async fn read_for(
        self,
        state: &State,
        in_flight: &InFlight,
        account: AccountId,
    ) -> Result<Vec<u8>, ApiError> {
        // None of a body that is too large is kept.
        let kept = self.announced.map_or(self.limits.max_bytes, |bytes| bytes * usize::from(self.fits()));
        in_flight.reserve_body(&state.budgets, account, kept).await?;
        let mut bytes = Vec::with_capacity(self.announced.map_or(0, |_| kept.min(FIRST_BYTES)));
        self.receive(Keep::All(&mut bytes, kept)).await?;
        in_flight.body_has(bytes.len());
        Ok(bytes)
    }

    /// Reads a stranger's body while the budget of all strangers has room for it.
    pub(super) async fn read_from_stranger(
        mut self,
        strangers: &StrangerBodies,
    ) -> Result<StrangersBody, ApiError> {
        self.limits.max_bytes = self.limits.max_bytes.min(strangers.largest());
        let arriving = strangers.arrive()?;
        tokio::select! {
            received = self.receive(Keep::WithinBudget(&arriving)) => received?,
            displaced = arriving.displaced() => return Err(displaced.into()),
        }
        Ok(arriving.finish()?)
    }

    fn fits(&self) -> bool {
        self.announced.is_none_or(|bytes| bytes <= self.limits.max_bytes)
    }

    /// Reads the body in time, and hands on what is within the limit.
    async fn receive(self, mut keep: Keep<'_>) -> Result<(), ApiError> {
        let BodyLimits { max_bytes, read_timeout } = self.limits;
        let reading = async {
            let mut fits = self.fits();
            let mut received = 0;
            let mut body: BoxBody<Bytes, io::Error> = self.body.into();
            while let Some(frame) = body.frame().await {
                let frame = frame.map_err(|error| broken_off(&error))?;
                let Some(chunk) = frame.data_ref() else { continue };
                received += chunk.len();
                fits = fits && received <= max_bytes;
                if fits {
                    keep.push(chunk).await?;
                } else if received > max_bytes + DRAIN_MAX_BYTES {
                    break;
                }
            }
            if fits { Ok(()) } else { Err(too_large(max_bytes)) }
        };
        tokio::time::timeout(read_timeout, reading).await.unwrap_or_else(|_| {
            let seconds = read_timeout.as_secs();
            let detail = format!("The body was not complete after {seconds} s.");
            Err(ApiError::new(ProblemCode::RequestTimeout, detail))
        })
    }
}

fn broken_off(error: &io::Error) -> ApiError {
    ApiError::new(ProblemCode::MalformedJson, format!("The body broke off: {error}."))
}

fn too_large(max_bytes: usize) -> ApiError {
    let detail = format!("The body has more than the {max_bytes} bytes that the backend accepts.");
    ApiError::new(ProblemCode::PayloadTooLarge, detail)
}
