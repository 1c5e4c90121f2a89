//! [`Sessions`]: browsers that have shown the token.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::time::{sleep_until, timeout_at};

/// Cannot be guessed.
pub(super) type Id = [u8; 32];

/// So many at once; the oldest go.
const MOST: usize = 1_000;

/// Then the token has to be shown again.
const LONGEST: Duration = Duration::from_secs(12 * 3_600);

#[derive(Default)]
pub(super) struct Sessions(Mutex<HashMap<Id, Session>>);

struct Session {
    began: Instant,
    /// Sends nothing: it is gone when the session is, which those who hold a [`Lease`] notice.
    end: watch::Sender<()>,
}

/// How long somebody may look on.
#[derive(Debug)]
pub(crate) struct Lease {
    until: Instant,
    /// Of their session, if there is one.
    end: Option<watch::Receiver<()>>,
}

impl Lease {
    pub(super) fn until(until: Instant) -> Self {
        Self { until, end: None }
    }

    /// Waits for the end.
    pub(crate) async fn over(self) {
        match self.end {
            Some(mut end) => drop(timeout_at(self.until.into(), end.changed()).await),
            None => sleep_until(self.until.into()).await,
        }
    }
}

impl Sessions {
    /// `None` if the system has no random numbers.
    pub(super) fn begin(&self, now: Instant) -> Option<Id> {
        let mut id = Id::default();
        getrandom::fill(&mut id).ok()?;
        let mut sessions = self.lock();
        if sessions.len() >= MOST {
            sessions.retain(|_, session| now.duration_since(session.began) < LONGEST);
        }
        if sessions.len() >= MOST {
            let oldest = sessions.iter().min_by_key(|(_, session)| session.began);
            if let Some(oldest) = oldest.map(|(id, _)| *id) {
                sessions.remove(&oldest);
            }
        }
        let session = Session {
            began: now,
            end: watch::Sender::new(()),
        };
        sessions.insert(id, session);
        Some(id)
    }

    /// The time that it takes to look one up says nothing about ids that are there: the map's hashes
    /// have keys of their own.
    pub(super) fn lease(&self, id: &Id, now: Instant) -> Option<Lease> {
        let mut sessions = self.lock();
        let session = sessions.get(id)?;
        if now.duration_since(session.began) < LONGEST {
            return Some(Lease {
                until: session.began + LONGEST,
                end: Some(session.end.subscribe()),
            });
        }
        sessions.remove(id);
        None
    }

    pub(super) fn end(&self, id: &Id) {
        self.lock().remove(id);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Id, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::task::Poll;

    use super::*;

    #[test]
    fn a_session_ends_after_its_time_or_when_it_is_ended() {
        let (sessions, now) = (Sessions::default(), Instant::now());
        let (one, other) = (sessions.begin(now).unwrap(), sessions.begin(now).unwrap());
        assert_ne!(one, other);
        let last = now + LONGEST - Duration::from_secs(1);
        let is_open = |id: &Id, now| sessions.lease(id, now).is_some();
        assert!(is_open(&one, last) && is_open(&other, last));
        sessions.end(&other);
        assert!(!is_open(&other, last));
        assert!(!is_open(&one, now + LONGEST));
        assert!(sessions.lock().is_empty());
        assert!(!is_open(&[0; 32], now));
    }

    #[tokio::test(start_paused = true)]
    async fn a_lease_is_over_when_its_session_is() {
        let (sessions, now) = (Sessions::default(), tokio::time::Instant::now());
        let begin = || sessions.begin(now.into_std()).unwrap();
        let lease = |id: &Id| Box::pin(sessions.lease(id, now.into_std()).unwrap().over());
        let (one, other) = (begin(), begin());
        let (mut first, second) = (lease(&one), lease(&other));
        sessions.end(&other);
        second.await;
        assert_eq!(now.elapsed(), Duration::ZERO);
        let pending = std::future::poll_fn(|cx| Poll::Ready(first.as_mut().poll(cx).is_pending()));
        assert!(pending.await);
        first.await;
        assert_eq!(now.elapsed().as_secs(), LONGEST.as_secs());
    }

    #[test]
    fn the_oldest_go_if_there_are_too_many() {
        let (sessions, now) = (Sessions::default(), Instant::now());
        let at = |second: usize| now + Duration::from_secs(second as u64);
        let ids: Vec<Id> = (0..MOST + 2)
            .map(|n| sessions.begin(at(n)).unwrap())
            .collect();
        let open = |id: &Id| sessions.lease(id, at(MOST + 2)).is_some();
        assert!(!open(&ids[0]) && !open(&ids[1]));
        assert!(ids[2..].iter().all(open));
        assert_eq!(sessions.lock().len(), MOST);
        // Those that are over go first, all at once.
        sessions.begin(at(MOST) + LONGEST).unwrap();
        assert_eq!(sessions.lock().len(), 2);
    }
}
