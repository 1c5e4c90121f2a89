//! [`Sessions`]: browsers that have shown the token.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Cannot be guessed.
pub(super) type Id = [u8; 32];

/// So many at once; the oldest go.
const MOST: usize = 1_000;

/// Then the token has to be shown again.
const LONGEST: Duration = Duration::from_secs(12 * 3_600);

/// When each of them began.
#[derive(Default)]
pub(super) struct Sessions(Mutex<HashMap<Id, Instant>>);

impl Sessions {
    /// `None` if the system has no random numbers.
    pub(super) fn begin(&self, now: Instant) -> Option<Id> {
        let mut id = Id::default();
        getrandom::fill(&mut id).ok()?;
        let mut sessions = self.lock();
        if sessions.len() >= MOST {
            sessions.retain(|_, began| now.duration_since(*began) < LONGEST);
        }
        if sessions.len() >= MOST {
            let oldest = sessions.iter().min_by_key(|(_, began)| **began);
            if let Some(oldest) = oldest.map(|(id, _)| *id) {
                sessions.remove(&oldest);
            }
        }
        sessions.insert(id, now);
        Some(id)
    }

    /// The time that it takes to look one up says nothing about ids that are there: the map's hashes
    /// have keys of their own.
    pub(super) fn is_open(&self, id: &Id, now: Instant) -> bool {
        let mut sessions = self.lock();
        let Some(began) = sessions.get(id) else {
            return false;
        };
        let is_open = now.duration_since(*began) < LONGEST;
        if !is_open {
            sessions.remove(id);
        }
        is_open
    }

    pub(super) fn end(&self, id: &Id) {
        self.lock().remove(id);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Id, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_after_its_time_or_when_it_is_ended() {
        let (sessions, now) = (Sessions::default(), Instant::now());
        let (one, other) = (sessions.begin(now).unwrap(), sessions.begin(now).unwrap());
        assert_ne!(one, other);
        let last = now + LONGEST - Duration::from_secs(1);
        assert!(sessions.is_open(&one, last) && sessions.is_open(&other, last));
        sessions.end(&other);
        assert!(!sessions.is_open(&other, last));
        assert!(!sessions.is_open(&one, now + LONGEST));
        assert!(sessions.lock().is_empty());
        assert!(!sessions.is_open(&[0; 32], now));
    }

    #[test]
    fn the_oldest_go_if_there_are_too_many() {
        let (sessions, now) = (Sessions::default(), Instant::now());
        let at = |second: usize| now + Duration::from_secs(second as u64);
        let ids: Vec<Id> = (0..MOST + 2)
            .map(|n| sessions.begin(at(n)).unwrap())
            .collect();
        let open = |id: &Id| sessions.is_open(id, at(MOST + 2));
        assert!(!open(&ids[0]) && !open(&ids[1]));
        assert!(ids[2..].iter().all(open));
        assert_eq!(sessions.lock().len(), MOST);
        // Those that are over go first, all at once.
        sessions.begin(at(MOST) + LONGEST).unwrap();
        assert_eq!(sessions.lock().len(), 2);
    }
}
