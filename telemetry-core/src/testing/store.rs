//! Where the events of a capture are put, and how those who wait learn of them.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::bell::Bell;
use super::report::Missed;
use crate::OwnedEvent;

/// How many events a capture keeps; later ones are only counted, until some are
/// [taken](super::Capture::take).
pub const MAX_EVENTS: usize = 100_000;

/// Shared by a capture, its handler and those who wait.
#[derive(Default)]
pub(super) struct Store {
    state: Mutex<State>,
    arrived: Condvar,
    /// Whether events are taken whatever scope they belong to.
    pub(super) everywhere: AtomicBool,
    /// How many events belonged to other scopes, or to none.
    pub(super) foreign: AtomicU64,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) events: Vec<OwnedEvent>,
    /// How many were taken out from before the first of `events`.
    pub(super) taken: u64,
    /// How many there was no room for.
    pub(super) dropped: u64,
    /// The capture is gone, so no event comes any more.
    pub(super) is_over: bool,
    pub(super) bells: Vec<Arc<Bell>>,
}

impl State {
    /// The number of the event that comes next.
    fn end(&self) -> u64 {
        self.taken + self.events.len() as u64
    }
}

impl Store {
    /// Runs on the thread that emits. What is woken here runs no code of the test's own, but
    /// that of its executor; hence outside of the lock.
    pub(super) fn push(&self, event: OwnedEvent) {
        let mut state = self.lock();
        if state.is_over {
            return;
        }
        if state.events.len() >= MAX_EVENTS {
            state.dropped += 1;
            return;
        }
        state.events.push(event);
        self.tell(state);
    }

    /// The capture is dropped: who waits need not wait any longer.
    pub(super) fn end(&self) {
        let mut state = self.lock();
        state.is_over = true;
        self.tell(state);
    }

    fn tell(&self, state: MutexGuard<'_, State>) {
        let bells = state.bells.clone();
        drop(state);
        self.arrived.notify_all();
        for bell in bells {
            bell.ring();
        }
    }

    /// The events from `cursor` on that have not been taken, and the cursor behind them.
    ///
    /// Copies, because what looks at them is the test's code, which may look at the capture, too.
    pub(super) fn since(&self, cursor: u64) -> (Vec<OwnedEvent>, u64) {
        let state = self.lock();
        let seen = cursor.saturating_sub(state.taken) as usize;
        let new = state.events.get(seen..).unwrap_or_default();
        (new.to_vec(), state.end())
    }

    /// Waits for an event behind `cursor`; `false` if there is none in time, or none to come.
    pub(super) fn wait_beyond(&self, cursor: u64, deadline: Option<Instant>) -> bool {
        let mut state = self.lock();
        while state.end() <= cursor {
            if state.is_over {
                return false;
            }
            state = match deadline {
                None => self
                    .arrived
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return false;
                    }
                    let waited = self.arrived.wait_timeout(state, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        true
    }

    pub(super) fn missed(&self) -> Missed {
        Missed {
            dropped: self.lock().dropped,
            foreign: self.foreign.load(Ordering::Relaxed),
        }
    }

    /// From now on `bell` is rung at every event.
    pub(super) fn hang_up(&self, bell: Arc<Bell>) {
        self.lock().bells.push(bell);
    }

    pub(super) fn take_down(&self, bell: &Arc<Bell>) {
        self.lock().bells.retain(|known| !Arc::ptr_eq(known, bell));
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::capture;

    #[test]
    fn what_comes_after_the_end_is_not_kept() {
        let captured = capture("store.test");
        // No `execute!`, which links a table that the crate's own tests cannot.
        crate::emit(crate::EventName::new("store.test").unwrap(), &[], &[]);
        let event = captured.events().remove(0);
        // As a dispatch does that had begun before the capture was dropped.
        let store = captured.store.clone();
        drop(captured);
        store.push(event);
        assert_eq!(store.lock().events.len(), 1);
        assert_eq!(Arc::strong_count(&store), 1);
    }
}
