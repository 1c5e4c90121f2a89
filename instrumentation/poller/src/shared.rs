//! The state with its lock, and who waits for what.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{fmt, io, thread};

use crate::entry::Abort;
use crate::isolate::{discard, guarded};
use crate::measurement::{Ending, Function};
use crate::state::State;
use crate::{clock, worker};

pub(crate) struct Shared {
    /// To know one's own measurements by; never 0.
    pub(crate) id: u64,
    /// Of the threads.
    name: String,
    /// How long the worker on duty may be in one measurement before another takes its place.
    pub(crate) patience: Duration,
    state: Mutex<State>,
    /// Wakes the clock's thread.
    pub(crate) clock: Condvar,
    /// Wakes the worker on duty.
    pub(crate) work: Condvar,
    /// Wakes callers who wait for a poll or for the end.
    pub(crate) done: Condvar,
}

impl Shared {
    pub(crate) fn new(name: String, period: Duration, state: State) -> Self {
        static NEXT_ID: AtomicU64 = AtomicU64::new(1);
        Self {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            name,
            patience: (period / 4).clamp(Duration::from_millis(5), Duration::from_millis(50)),
            state: Mutex::new(state),
            clock: Condvar::new(),
            work: Condvar::new(),
            done: Condvar::new(),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        // No user code runs under the lock; a panic would have to come from an allocation.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `done`, at most so long; the caller looks at the state to see which it was.
    pub(crate) fn wait(
        &self,
        within: Duration,
        mut done: impl FnMut(&State) -> bool,
    ) -> MutexGuard<'_, State> {
        self.done
            .wait_timeout_while(self.lock(), within, |state| !done(state))
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }

    pub(crate) fn stop(&self) {
        self.lock().stopping = true;
        self.clock.notify_all();
        self.work.notify_all();
        self.done.notify_all();
    }

    /// A run has ended, and gives its function back.
    pub(crate) fn finish(&self, id: u64, sequence: u64, function: Function, ending: Ending) {
        let mut state = self.lock();
        let leftover = state.end(id, sequence, function, ending, Instant::now());
        let more = state.has_work();
        drop(state);
        if more {
            // The clock has to know of a run that may begin.
            self.clock.notify_all();
            self.work.notify_all();
        }
        self.done.notify_all();
        self.discard(leftover);
    }

    /// Drops what is the user's: as part of a measurement, and whatever its destructor does.
    pub(crate) fn discard<T>(&self, value: T) {
        let _ = guarded(self.id, || discard(value));
    }

    /// Starts the clock's thread.
    pub(crate) fn spawn_clock(self: &Arc<Self>, stack: Option<usize>) -> io::Result<()> {
        let shared = self.clone();
        self.spawn(stack, move || clock::run(&shared))
    }

    /// Starts a worker that was hired.
    pub(crate) fn spawn_worker(self: &Arc<Self>, worker: u64) -> io::Result<()> {
        let shared = self.clone();
        self.spawn(None, move || worker::run(&shared, worker))
            .inspect_err(|_| self.lock().leave(worker))
    }

    fn spawn(&self, stack: Option<usize>, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
        let mut builder = thread::Builder::new().name(self.name.clone());
        if let Some(bytes) = stack {
            builder = builder.stack_size(bytes);
        }
        builder.spawn(run).map(drop)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Stops a task: it is dropped by its runtime, not here.
pub(crate) fn stop_task(abort: &Abort) {
    #[cfg(feature = "tokio")]
    abort.abort();
    #[cfg(not(feature = "tokio"))]
    match *abort {}
}
