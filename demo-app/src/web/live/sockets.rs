//! How many WebSockets there may be, and how all of them are ended.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::timeout;

/// The sockets of this application. A clone is the same ones.
#[derive(Debug, Clone)]
pub(crate) struct Sockets {
    seats: Arc<Semaphore>,
    limit: u32,
    closing: watch::Receiver<bool>,
}

/// Ends all sockets, also by being dropped.
#[derive(Debug)]
pub(crate) struct Closer {
    sockets: Sockets,
    closing: watch::Sender<bool>,
}

/// A socket's place; given back when dropped.
#[derive(Debug)]
pub(super) struct Seat {
    _permit: OwnedSemaphorePermit,
    closing: watch::Receiver<bool>,
}

/// Why there is no place, as the metadata `reason`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoSeat {
    Full,
    Closing,
}

impl Sockets {
    pub(crate) fn new(limit: u32) -> (Self, Closer) {
        let (tell, closing) = watch::channel(false);
        let sockets = Self {
            seats: Arc::new(Semaphore::new(limit as usize)),
            limit,
            closing,
        };
        let closer = Closer {
            sockets: sockets.clone(),
            closing: tell,
        };
        (sockets, closer)
    }

    pub(super) fn seat(&self) -> Result<Seat, NoSeat> {
        // Nobody is left who could tell, if the application is gone altogether.
        if *self.closing.borrow() || self.closing.has_changed().is_err() {
            return Err(NoSeat::Closing);
        }
        let permit = self.seats.clone().try_acquire_owned();
        // The semaphore is never closed.
        permit.map_err(|_| NoSeat::Full).map(|permit| Seat {
            _permit: permit,
            closing: self.closing.clone(),
        })
    }

    /// How many there are, those that are just being opened included.
    pub(crate) fn open(&self) -> u32 {
        // There are never more permits than the limit, which is a `u32`.
        let free = u32::try_from(self.seats.available_permits()).unwrap_or(self.limit);
        self.limit.saturating_sub(free)
    }

    pub(crate) fn limit(&self) -> u32 {
        self.limit
    }
}

impl Closer {
    /// Tells all sockets to end; no more are taken.
    pub(crate) fn close(&self) {
        self.closing.send_replace(true);
    }

    /// Waits until none is left, but not for longer than this. Returns how many are.
    pub(crate) async fn left(&self, patience: Duration) -> u32 {
        let Sockets { seats, limit, .. } = &self.sockets;
        match timeout(patience, seats.acquire_many(*limit)).await {
            Ok(_) => 0,
            Err(_) => self.sockets.open(),
        }
    }
}

impl Seat {
    /// Returns when the socket has to end.
    pub(super) async fn closing(&mut self) {
        // An error says that the application is gone altogether.
        let _ = self.closing.wait_for(|now| *now).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn there_are_as_many_seats_as_allowed_and_each_is_given_back() {
        let (sockets, _closer) = Sockets::new(2);
        let first = sockets.seat().unwrap();
        let _second = sockets.seat().unwrap();
        assert_eq!(sockets.open(), 2);
        assert_eq!(sockets.seat().unwrap_err(), NoSeat::Full);
        drop(first);
        assert_eq!(sockets.open(), 1);
        assert!(sockets.seat().is_ok());
    }

    #[tokio::test]
    async fn closing_is_told_and_waited_for() {
        let (sockets, closer) = Sockets::new(2);
        let mut seat = sockets.seat().unwrap();
        assert_eq!(closer.left(Duration::from_millis(10)).await, 1);
        closer.close();
        assert_eq!(sockets.seat().unwrap_err(), NoSeat::Closing);
        let told = tokio::spawn(async move { seat.closing().await });
        assert_eq!(closer.left(Duration::from_secs(10)).await, 0);
        told.await.unwrap();
    }

    #[tokio::test]
    async fn an_application_that_is_dropped_closes_them_as_well() {
        let (sockets, closer) = Sockets::new(2);
        let mut seat = sockets.seat().unwrap();
        drop(closer);
        seat.closing().await;
        assert_eq!(sockets.seat().unwrap_err(), NoSeat::Closing);
    }
}
