//! One attachment: a function, whose it is, and how it fares.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::attach::AttachOptions;
use crate::failure::{self, FailurePolicy};
use crate::{Event, clock};

/// After this many failures in a row a kept handler rests.
const FAILURES_BEFORE_REST: u32 = 5;
const FIRST_REST: Duration = Duration::from_secs(1);
const LONGEST_REST: Duration = Duration::from_secs(60);

const SPANS_ONLY: u32 = 1 << 31;

pub(crate) type Function = Box<dyn Fn(&Event<'_>) + Send + Sync>;

pub(crate) struct Handler {
    id: Arc<str>,
    /// Never given out twice, so that a guard cannot detach a later handler of the same id.
    number: u64,
    options: AttachOptions,
    function: Function,
    /// [`SPANS_ONLY`], and how often it has failed in a row. So it is 0 for an ordinary handler that
    /// is well, and running that takes one look.
    care: AtomicU32,
    failures: AtomicU64,
    /// Nanoseconds since the process began; 0 is not resting. Relaxed, as are the counts: a
    /// thread that learns of a rest a moment late runs the handler once more.
    resting_until: AtomicU64,
}

impl Handler {
    pub(crate) fn new(
        id: Arc<str>,
        number: u64,
        options: AttachOptions,
        function: Function,
    ) -> Self {
        Self {
            id,
            number,
            care: AtomicU32::new(if options.spans_only { SPANS_ONLY } else { 0 }),
            options,
            function,
            failures: AtomicU64::new(0),
            resting_until: AtomicU64::new(0),
        }
    }

    pub(crate) fn id(&self) -> &Arc<str> {
        &self.id
    }

    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    pub(crate) fn on_failure(&self) -> FailurePolicy {
        self.options.on_failure
    }

    /// Whether it is for the ends of spans only.
    pub(crate) fn spans_only(&self) -> bool {
        self.options.spans_only
    }

    pub(crate) fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    pub(crate) fn resting_until(&self) -> Option<Instant> {
        let until = self.rest();
        let left = Duration::from_nanos(until).checked_sub(clock::monotonic_time())?;
        Instant::now().checked_add(left).filter(|_| !left.is_zero())
    }

    /// Runs the function; whatever it does, this returns.
    #[inline(always)]
    pub(crate) fn run(&self, event: &Event<'_>) {
        if self.care.load(Ordering::Relaxed) == 0 {
            self.call(event);
        } else {
            self.run_with_care(event);
        }
    }

    /// The clock is read only for a handler that has failed.
    #[cold]
    #[inline(never)]
    fn run_with_care(&self, event: &Event<'_>) {
        if self.spans_only() && !event.kind().is_span_end() {
            return;
        }
        if self.failures_in_a_row() == 0 {
            self.call(event);
            return;
        }
        let until = self.rest();
        if until != 0 && nanos(clock::monotonic_time()) < until {
            return;
        }
        if self.call(event) {
            self.care.fetch_and(SPANS_ONLY, Ordering::Relaxed);
            self.resting_until.store(0, Ordering::Relaxed);
        }
    }

    /// `resting_until`, unless it has succeeded since: a thread may have said so between the two
    /// writes of one on which it failed.
    fn rest(&self) -> u64 {
        if self.failures_in_a_row() < FAILURES_BEFORE_REST {
            return 0;
        }
        self.resting_until.load(Ordering::Relaxed)
    }

    fn failures_in_a_row(&self) -> u32 {
        self.care.load(Ordering::Relaxed) & !SPANS_ONLY
    }

    #[inline(always)]
    fn call(&self, event: &Event<'_>) -> bool {
        // Unwind safety: the function is the handler's own business, and it is told about its
        // failure through its state or not at all; nothing of ours is in an intermediate state.
        match catch_unwind(AssertUnwindSafe(|| (self.function)(event))) {
            Ok(()) => true,
            Err(payload) => {
                self.failed(event, payload);
                false
            }
        }
    }

    #[cold]
    fn failed(&self, event: &Event<'_>, payload: Box<dyn Any + Send>) {
        let failures = self.failures.fetch_add(1, Ordering::Relaxed) + 1;
        // Rests grow to a minute, so a handler cannot fail two thousand million times in a row.
        let in_a_row = (self.care.fetch_add(1, Ordering::Relaxed) & !SPANS_ONLY) + 1;
        if let Some(rest) = rest_after(in_a_row) {
            let until = nanos(clock::monotonic_time() + rest);
            self.resting_until.store(until, Ordering::Relaxed);
        }
        failure::report(self, event.name(), failures, payload);
    }
}

/// The last reference to a handler may be anywhere: in `detach`, or in an emitter whose dispatch
/// outlived it. What the function captured is dropped there, and may panic.
impl Drop for Handler {
    fn drop(&mut self) {
        let nothing: Function = Box::new(|_| {});
        let function = std::mem::replace(&mut self.function, nothing);
        failure::quietly(|| drop(function));
    }
}

/// How long a handler rests that failed for the `in_a_row`th time in a row.
fn rest_after(in_a_row: u32) -> Option<Duration> {
    let doublings = in_a_row.checked_sub(FAILURES_BEFORE_REST)?;
    Some(
        FIRST_REST
            .saturating_mul(1 << doublings.min(6))
            .min(LONGEST_REST),
    )
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handler")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slot::Slot;

    #[test]
    fn the_fifth_failure_in_a_row_rests_a_second_doubling_to_a_minute() {
        let seconds = |in_a_row| rest_after(in_a_row).map(|rest| rest.as_secs());
        assert_eq!([1, 4].map(seconds), [None, None]);
        assert_eq!(
            [5, 6, 7, 10].map(seconds),
            [Some(1), Some(2), Some(4), Some(32)]
        );
        assert_eq!(
            [11, 12, u32::MAX].map(seconds),
            [Some(60), Some(60), Some(60)]
        );
    }

    #[test]
    fn a_resting_handler_is_skipped_and_runs_again_after_its_rest() {
        static SLOT: Slot = Slot::new("handler.test.rest");
        let event = Event::bare(&SLOT);
        let runs = Arc::new(AtomicU32::new(0));
        let counted = runs.clone();
        let handler = Handler::new(
            "rest".into(),
            u64::MAX,
            AttachOptions::default(),
            Box::new(move |_| {
                assert!(counted.fetch_add(1, Ordering::Relaxed) >= 5, "on purpose");
            }),
        );
        for _ in 0..7 {
            handler.run(&event);
        }
        assert_eq!(
            runs.load(Ordering::Relaxed),
            5,
            "the 6th and 7th were skipped"
        );
        assert!(handler.resting_until().is_some());

        // As if another thread had succeeded before the rest was written.
        handler.care.store(1, Ordering::Relaxed);
        assert_eq!((handler.rest(), handler.resting_until()), (0, None));
        handler.care.store(FAILURES_BEFORE_REST, Ordering::Relaxed);
        assert_ne!(handler.rest(), 0);

        // As if a second had gone by.
        handler.resting_until.store(1, Ordering::Relaxed);
        handler.run(&event);
        assert_eq!(runs.load(Ordering::Relaxed), 6);
        assert_eq!(handler.resting_until(), None);
        assert_eq!(handler.failures_in_a_row(), 0);
        assert_eq!(handler.failures(), 5);
    }
}
