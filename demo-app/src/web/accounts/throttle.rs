//! How often a password may be tried.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many attempts at one name may fail or be under way within [`WINDOW`].
const ATTEMPTS: u32 = 10;

/// How long attempts are remembered, counted from the first.
pub(super) const WINDOW: Duration = Duration::from_secs(60);

/// How many names are remembered.
const NAMES: usize = 10_000;

/// Counts attempts by name, whether there is such a user or not.
///
/// Held in memory, and bounded: of names only their hashes are kept, and where there are too many, one
/// with the fewest attempts is forgotten, the oldest of those. To make it forget a name that has to
/// wait, ten passwords have to be tried for each of ten thousand others first, which takes longer than
/// it would have been remembered.
///
/// The price: whoever tries passwords for a name keeps its owner from logging in meanwhile.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    seeds: RandomState,
    names: Mutex<HashMap<u64, Attempts>>,
}

#[derive(Debug, Clone, Copy)]
struct Attempts {
    since: Instant,
    count: u32,
}

impl Throttle {
    /// Of how many names attempts are remembered.
    pub(super) fn names(&self) -> usize {
        let names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.len()
    }

    /// Counts an attempt; `false` if there were too many.
    pub(super) fn admits(&self, name: &str) -> bool {
        self.admits_at(name, Instant::now())
    }

    fn admits_at(&self, name: &str, now: Instant) -> bool {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let key = self.seeds.hash_one(name);
        if names.len() >= NAMES && !names.contains_key(&key) {
            names.retain(|_, attempts| attempts.is_remembered(now));
            if names.len() >= NAMES {
                let least = names
                    .iter()
                    .min_by_key(|(_, attempts)| (attempts.count, attempts.since));
                if let Some(least) = least.map(|(key, _)| *key) {
                    names.remove(&least);
                }
            }
        }
        let fresh = Attempts {
            since: now,
            count: 0,
        };
        let attempts = names.entry(key).or_insert(fresh);
        if !attempts.is_remembered(now) {
            *attempts = fresh;
        }
        attempts.count = attempts.count.saturating_add(1);
        attempts.count <= ATTEMPTS
    }

    /// The attempt came to nothing before the password was tried.
    pub(super) fn take_back(&self, name: &str) {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let key = self.seeds.hash_one(name);
        if let Some(attempts) = names.get_mut(&key) {
            attempts.count = attempts.count.saturating_sub(1);
            if attempts.count == 0 {
                names.remove(&key);
            }
        }
    }

    /// The password was right: whoever tried it may go on.
    pub(super) fn forget(&self, name: &str) {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.remove(&self.seeds.hash_one(name));
    }
}

impl Attempts {
    fn is_remembered(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.since) < WINDOW
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_ten_attempts_a_name_has_to_wait_and_others_do_not() {
        let throttle = Throttle::default();
        let start = Instant::now();
        for _ in 0..ATTEMPTS {
            assert!(throttle.admits_at("ada", start));
        }
        assert!(!throttle.admits_at("ada", start));
        assert!(throttle.admits_at("grace", start));
        let nearly = start + WINDOW - Duration::from_millis(1);
        assert!(!throttle.admits_at("ada", nearly));
        assert!(throttle.admits_at("ada", start + WINDOW));
    }

    #[test]
    fn the_right_password_begins_anew() {
        let throttle = Throttle::default();
        for _ in 0..5 * ATTEMPTS {
            assert!(throttle.admits("ada"));
            throttle.forget("ada");
        }
    }

    #[test]
    fn an_attempt_that_is_taken_back_does_not_count() {
        let throttle = Throttle::default();
        for _ in 0..5 * ATTEMPTS {
            assert!(throttle.admits("ada"));
            throttle.take_back("ada");
        }
        assert!(throttle.names.lock().unwrap().is_empty());
        throttle.take_back("nobody");
    }

    #[test]
    fn a_name_that_has_to_wait_is_not_forgotten_for_names_that_were_tried_once() {
        let throttle = Throttle::default();
        let start = Instant::now();
        while throttle.admits_at("ada", start) {}
        for n in 0..2 * NAMES {
            throttle.admits_at(&n.to_string(), start + Duration::from_micros(n as u64));
        }
        assert!(!throttle.admits_at("ada", start + Duration::from_secs(1)));
    }

    #[test]
    fn it_remembers_only_so_many_names() {
        let throttle = Throttle::default();
        let start = Instant::now();
        for n in 0..NAMES + 10 {
            let later = start + Duration::from_micros(n as u64);
            assert!(throttle.admits_at(&n.to_string(), later));
        }
        assert_eq!(throttle.names.lock().unwrap().len(), NAMES);
        let after = start + WINDOW + Duration::from_secs(1);
        assert!(throttle.admits_at("one more", after));
        assert_eq!(throttle.names.lock().unwrap().len(), 1);
    }
}
