//! Requests that wait for data to appear. A waiting request holds no connection.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

/// How many requests may wait at once: each holds a socket and a little memory.
const MOST: usize = 1000;

/// The requests that wait.
#[derive(Debug, Clone, Default)]
pub(crate) struct Waiting(Arc<Mutex<Room>>);

#[derive(Debug, Default)]
struct Room {
    seats: HashMap<i64, Seat>,
    taken: usize,
    closed: bool,
}

#[derive(Debug, Default)]
struct Seat {
    bell: Arc<Notify>,
    taken: usize,
}

/// One request's place among them; it is free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    waiting: Waiting,
    signal: i64,
    bell: Arc<Notify>,
}

/// Why a request can't wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoPlace {
    /// Too many do already.
    #[error("too many requests are waiting")]
    Full,
    /// The server is stopping.
    #[error("the server is stopping")]
    Closed,
}

impl Waiting {
    /// A place for a request that waits for this signal.
    ///
    /// # Errors
    /// [`NoPlace`] says why there is none.
    pub(crate) fn place(&self, signal: i64) -> Result<Place, NoPlace> {
        let mut room = self.room();
        if room.closed {
            return Err(NoPlace::Closed);
        }
        if room.taken == MOST {
            return Err(NoPlace::Full);
        }
        room.taken += 1;
        let seat = room.seats.entry(signal).or_default();
        seat.taken += 1;
        Ok(Place { waiting: self.clone(), signal, bell: seat.bell.clone() })
    }

    /// Sends everybody home, and lets nobody in: the server is stopping.
    pub(crate) fn close(&self) {
        self.room().closed = true;
        self.wake_all();
    }

    /// Has everybody look again who waits for this signal.
    pub(crate) fn wake(&self, signal: i64) {
        if let Some(seat) = self.room().seats.get(&signal) {
            seat.bell.notify_waiters();
        }
    }

    /// Has everybody look again.
    pub(crate) fn wake_all(&self) {
        self.room().seats.values().for_each(|seat| seat.bell.notify_waiters());
    }

    fn room(&self) -> std::sync::MutexGuard<'_, Room> {
        // Nothing that holds it can leave it half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Rings when it is time to look again. To miss nothing, `enable` it before looking.
    pub(crate) fn rung(&self) -> tokio::sync::futures::Notified<'_> {
        self.bell.notified()
    }

    /// Whether the server is stopping.
    pub(crate) fn is_closed(&self) -> bool {
        self.waiting.room().closed
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut room = self.waiting.room();
        room.taken -= 1;
        if let Some(seat) = room.seats.get_mut(&self.signal) {
            seat.taken -= 1;
            if seat.taken == 0 {
                room.seats.remove(&self.signal);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn only_who_waits_for_the_signal_is_woken() {
        let waiting = Waiting::default();
        let (mine, others) = (waiting.place(1).expect("a place"), waiting.place(2).expect("a place"));
        let (mut rung, mut silent) = (Box::pin(mine.rung()), Box::pin(others.rung()));
        rung.as_mut().enable();
        silent.as_mut().enable();
        waiting.wake(1);
        rung.await;
        assert!(tokio::time::timeout(Duration::from_millis(20), silent).await.is_err());
    }

    #[test]
    fn places_end_and_come_free_again() {
        let waiting = Waiting::default();
        let places: Vec<_> = (0..MOST as i64).map(|signal| waiting.place(signal).expect("a place")).collect();
        assert_eq!(waiting.place(0).expect_err("full"), NoPlace::Full);
        drop(places);
        assert!(waiting.room().seats.is_empty());
        let last = waiting.place(0).expect("free again");
        waiting.close();
        assert!(last.is_closed());
        assert_eq!(waiting.place(0).expect_err("closed"), NoPlace::Closed);
    }
}
