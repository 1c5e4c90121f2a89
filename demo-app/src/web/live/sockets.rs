//! How many WebSockets there may be, and how all of them are ended.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError, watch};
use tokio::time::timeout;

/// The sockets of this application. A clone is the same ones.
#[derive(Debug, Clone)]
pub(crate) struct Sockets {
    seats: Arc<Semaphore>,
    limit: u32,
    closing: Arc<watch::Sender<bool>>,
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
    pub(crate) fn new(limit: u32) -> Self {
        Self {
            seats: Arc::new(Semaphore::new(limit as usize)),
            limit,
            closing: Arc::new(watch::Sender::new(false)),
        }
    }

    pub(super) fn seat(&self) -> Result<Seat, NoSeat> {
        match self.seats.clone().try_acquire_owned() {
            _ if *self.closing.borrow() => Err(NoSeat::Closing),
            Ok(permit) => Ok(Seat {
                _permit: permit,
                closing: self.closing.subscribe(),
            }),
            Err(TryAcquireError::NoPermits) => Err(NoSeat::Full),
            Err(TryAcquireError::Closed) => Err(NoSeat::Closing),
        }
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

    /// Tells all sockets to end, and takes no more.
    pub(crate) fn close(&self) {
        self.closing.send_replace(true);
    }

    /// Waits until none is left, but not for longer than this. Returns whether none is.
    pub(crate) async fn closed(&self, patience: Duration) -> bool {
        timeout(patience, self.seats.acquire_many(self.limit))
            .await
            .is_ok()
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
        let sockets = Sockets::new(2);
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
        let sockets = Sockets::new(2);
        let mut seat = sockets.seat().unwrap();
        assert!(!sockets.closed(Duration::from_millis(10)).await);
        sockets.close();
        assert_eq!(sockets.seat().unwrap_err(), NoSeat::Closing);
        let told = tokio::spawn(async move { seat.closing().await });
        assert!(sockets.closed(Duration::from_secs(10)).await);
        told.await.unwrap();
    }
}
