//! Passwords: hashed with Argon2id, beside the runtime, and only so many at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::available_parallelism;
use std::time::Instant;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Argon2, Params};
use telemetry::completion_span;
use tokio::sync::Semaphore;

use crate::PasswordCost;

/// How many may wait for their turn. A hash takes some hundredths of a second.
const WAITING: usize = 256;

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
    params: Params,
    cores: Arc<Semaphore>,
    waiting: AtomicUsize,
    /// What to compare with when there is no such user: whether there is one must not show in the
    /// time.
    nobodys: String,
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
        let params = match cost {
            // 19 MiB, twice over them: what OWASP recommends.
            PasswordCost::Standard => Params::default(),
            PasswordCost::Low => Params::new(Params::MIN_M_COST, 1, 1, None).unwrap_or_default(),
        };
        Self {
            shared: Arc::new(Inner {
                cores: Arc::new(Semaphore::new(
                    available_parallelism().map_or(1, usize::from),
                )),
                waiting: AtomicUsize::new(0),
                nobodys: nobodys(&params),
                params,
            }),
        }
    }

    /// The hash to be stored, salt and parameters included.
    pub(super) async fn hash(&self, password: String) -> Result<String, PasswordError> {
        let shared = self.shared.clone();
        let hashed = self.run("hash", move || hash(&shared.params, &password));
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
            let against = stored.as_deref().unwrap_or(&shared.nobodys);
            let is_it = verify(against, &password)?;
            Some(is_it && stored.is_some())
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

/// Something of the form of a hash that costs as much to compare with. What it is the hash of, if
/// of anything, does not matter: the answer is not looked at.
fn nobodys(params: &Params) -> String {
    let (memory, times, lanes) = (params.m_cost(), params.t_cost(), params.p_cost());
    let (salt, hash) = ("A".repeat(22), "A".repeat(43));
    format!("$argon2id$v=19$m={memory},t={times},p={lanes}${salt}${hash}")
}

fn hash(params: &Params, password: &str) -> Option<String> {
    let hash: PasswordHash = Argon2::from(params)
        .hash_password(password.as_bytes())
        .ok()?;
    Some(hash.to_string())
}

/// `None` if what was stored is not a hash.
fn verify(stored: &str, password: &str) -> Option<bool> {
    let stored = PasswordHash::new(stored).ok()?;
    // By the parameters in the stored hash.
    Some(
        Argon2::default()
            .verify_password(password.as_bytes(), &stored)
            .is_ok(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passwords() -> Passwords {
        Passwords::new(PasswordCost::Low)
    }

    /// A hash as it is stored, up to its salt.
    fn cost_of(hash: &str) -> &str {
        hash.rsplitn(3, '$').last().unwrap()
    }

    #[tokio::test]
    async fn only_the_right_password_fits() {
        let passwords = passwords();
        let stored = passwords.hash("correct horse".into()).await.unwrap();
        assert!(stored.starts_with("$argon2id$"), "{stored}");
        assert_ne!(
            passwords.hash("correct horse".into()).await.unwrap(),
            stored
        );
        let verify = |password: &str, stored: &str| {
            passwords.verify(password.to_owned(), Some(stored.to_owned()))
        };
        assert_eq!(verify("correct horse", &stored).await, Ok(true));
        assert_eq!(verify("correct hors", &stored).await, Ok(false));
        assert_eq!(verify("", &stored).await, Ok(false));
        assert_eq!(verify("x", "not a hash").await, Err(PasswordError::Failed));
    }

    #[tokio::test]
    async fn without_a_user_no_password_fits() {
        let passwords = passwords();
        let stored = passwords.hash("correct horse".into()).await.unwrap();
        assert_eq!(cost_of(&passwords.shared.nobodys), cost_of(&stored));
        for password in ["", "x", "correct horse"] {
            assert_eq!(passwords.verify(password.into(), None).await, Ok(false));
        }
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

    #[test]
    fn the_standard_cost_is_what_owasp_recommends() {
        let standard = Passwords::new(PasswordCost::Standard);
        let params = &standard.shared.params;
        assert!(params.m_cost() >= 19 * 1024 && params.t_cost() >= 2);
    }
}
