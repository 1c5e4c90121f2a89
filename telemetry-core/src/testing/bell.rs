//! What wakes a future that waits: an event, or its deadline.
//!
//! The deadline has a thread of its own as long as the future waits. A timer would be the
//! runtime's, and which runtime it is, or whether its clock is paused, is the test's business.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Instant;

/// One for each future.
#[derive(Default)]
pub(super) struct Bell {
    state: Mutex<State>,
    over: Condvar,
}

#[derive(Default)]
struct State {
    waker: Option<Waker>,
    over: bool,
}

impl Bell {
    /// Whom to wake from now on.
    pub(super) fn set(&self, waker: &Waker) {
        let mut state = self.lock();
        if !state.waker.as_ref().is_some_and(|own| own.will_wake(waker)) {
            // The old one's destructor is the executor's code.
            let old = state.waker.replace(waker.clone());
            drop(state);
            drop(old);
        }
    }

    pub(super) fn ring(&self) {
        let waker = self.lock().waker.clone();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Starts the thread that rings at `deadline`, unless the wait is over before.
    pub(super) fn ring_at(self: &Arc<Self>, deadline: Instant) -> io::Result<()> {
        let bell = self.clone();
        std::thread::Builder::new()
            .name("telemetry-wait".to_owned())
            .spawn(move || {
                if bell.is_still_needed_at(deadline) {
                    bell.ring();
                }
            })?;
        Ok(())
    }

    fn is_still_needed_at(&self, deadline: Instant) -> bool {
        let mut state = self.lock();
        while !state.over {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            let waited = self.over.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        false
    }

    /// Nobody waits any more.
    pub(super) fn end(&self) {
        let mut state = self.lock();
        state.over = true;
        let waker = state.waker.take();
        drop(state);
        drop(waker);
        self.over.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
