//! Passwords: hashed with Argon2id, beside the runtime, and only so many at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::available_parallelism;
use std::time::Instant;

use telemetry::completion_span;
use tokio::sync::Semaphore;

use super::hashes::Hashes;
use crate::PasswordCost;

/// How many may wait for their turn. A hash takes some hundredths of a second.
const WAITING: usize = 256;

/// How many are made at a time at most, however many cores there are: each keeps its memory.
const AT_A_TIME: usize = 8;

/// Hashes passwords and compares them.
///
/// That is work on purpose: it keeps a core busy for a while, so it is not for a thread of the
/// runtime; as many run at a time as there are cores; and who would have to wait for too many is
/// told so at once.
#[derive(Debug, Clone)]
pub(super) struct Passwords {
    shared: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    hashes: Hashes,
    cores: Arc<Semaphore>,
    waiting: AtomicUsize,
}

/// Why there is no hash, and no comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PasswordError {
    /// Too many wait already.
    Busy,
    /// It went wrong: no memory, no randomness, or the application is ending.
    Failed,
}

impl Passwords {
    pub(super) fn new(cost: PasswordCost) -> Self {
        let cores = available_parallelism().map_or(1, usize::from);
        Self {
            shared: Arc::new(Inner {
                hashes: Hashes::new(cost),
                cores: Arc::new(Semaphore::new(cores.min(AT_A_TIME))),
                waiting: AtomicUsize::new(0),
            }),
        }
    }

    /// The hash to be stored, salt and parameters included.
    pub(super) async fn hash(&self, password: String) -> Result<String, PasswordError> {
        let shared = self.shared.clone();
        let hashed = self.run("hash", move || shared.hashes.make(&password));
        hashed.await?.ok_or(PasswordError::Failed)
    }

    /// Whether a password is the one whose hash was stored. Without a hash it never is, and that
    /// takes as long.
    pub(super) async fn verify(
        &self,
        password: String,
        stored: Option<String>,
    ) -> Result<bool, PasswordError> {
        let shared = self.shared.clone();
        let compared = self.run("verify", move || {
            shared.hashes.fits(&password, stored.as_deref())
        });
        compared.await?.ok_or(PasswordError::Failed)
    }

    async fn run<T: Send + 'static>(
        &self,
        operation: &'static str,
        work: impl FnOnce() -> Option<T> + Send + 'static,
    ) -> Result<Option<T>, PasswordError> {
        let since = Instant::now();
        let waiting = Waiting::enter(self.shared.clone()).ok_or(PasswordError::Busy)?;
        let core = self.shared.cores.clone().acquire_owned().await;
        let core = core.map_err(|_| PasswordError::Failed)?;
        drop(waiting);
        let span = completion_span!("demo.accounts.hash_password", { operation });
        span.measure("queue_time", since.elapsed());
        let work = move || {
            // Held here and not by the request: that may be dropped, and this goes on.
            let _core = core;
            let handle = span.handle();
            span.in_scope(|| {
                let result = work();
                if result.is_none() {
                    handle.fail("failed");
                }
                result
            })
        };
        let done = tokio::task::spawn_blocking(work).await;
        done.map_err(|_| PasswordError::Failed)
    }
}

/// A place among those who wait.
struct Waiting(Arc<Inner>);

impl Waiting {
    fn enter(inner: Arc<Inner>) -> Option<Self> {
        // Counted first: leaving takes it back, whichever way it goes.
        let before = inner.waiting.fetch_add(1, Ordering::Relaxed);
        let place = Self(inner);
        (before < WAITING).then_some(place)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passwords() -> Passwords {
        Passwords::new(PasswordCost::Low)
    }

    #[tokio::test]
    async fn who_would_wait_too_long_is_told_so_and_places_are_given_back() {
        let passwords = passwords();
        let places: Vec<_> = (0..WAITING)
            .map(|_| Waiting::enter(passwords.shared.clone()).unwrap())
            .collect();
        assert_eq!(passwords.hash("x".into()).await, Err(PasswordError::Busy));
        drop(places);
        assert!(passwords.hash("x".into()).await.is_ok());
        assert_eq!(passwords.shared.waiting.load(Ordering::Relaxed), 0);
    }
}
