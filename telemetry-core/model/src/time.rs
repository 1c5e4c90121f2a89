//! Time, which passes for a thread when it sleeps.

use std::cell::Cell;
pub(crate) use std::time::Duration;

loom::thread_local! {
    static NOW: Cell<Duration> = Cell::new(Duration::ZERO);
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant(Duration);

impl Instant {
    pub(crate) fn now() -> Self {
        Self(NOW.with(Cell::get))
    }

    pub(crate) fn checked_add(self, time: Duration) -> Option<Self> {
        self.0.checked_add(time).map(Self)
    }
}

/// Others go on meanwhile.
pub(crate) fn sleep(time: Duration) {
    NOW.with(|now| now.set(now.get() + time));
    loom::thread::yield_now();
}
