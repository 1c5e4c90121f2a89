//! What each thread keeps for itself while it emits: its copies of handler lists, and the record
//! of how deep its events nest, which others read who wait for handlers to end.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering, fence};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use crate::Event;
use crate::cache::Cache;
use crate::wait::{self, Record};

/// How deep events may nest: an event emitted by a handler of an event emitted by a handler ….
///
/// Beyond it events are not dispatched, and one line on standard error names the first. A handler
/// that feeds itself would otherwise overflow the stack, which no panic handler survives.
pub const MAX_NESTING: u32 = 32;

/// One struct, because every thread local that is asked for costs a look-up of its own.
struct Local {
    cache: Cache,
    record: Arc<Record>,
}

thread_local! {
    static LOCAL: Local = Local::new();

    /// How deep events nest once that is gone. Without a destructor, so it is there to the end.
    #[allow(clippy::missing_const_for_thread_local, reason = "a model's locals take no `const`")]
    static LATE_DEPTH: Cell<u32> = Cell::new(0);
}

/// The records of all threads that have emitted and not ended.
static RECORDS: Mutex<Vec<Weak<Record>>> = Mutex::new(Vec::new());

/// Dispatches on threads whose locals are gone already, counted where all can see them.
///
/// `SeqCst`, because it is rare. What counts: a dispatch is in the count before it takes the slot's
/// lock to copy the list, so either it copies the new list or who changed that finds it here; and
/// who sees it gone sees what its handlers did.
static WITHOUT_LOCALS: AtomicUsize = AtomicUsize::new(0);

impl Local {
    #[cold]
    fn new() -> Self {
        let record = Arc::new(Record::new());
        let mut records = RECORDS.lock().unwrap_or_else(PoisonError::into_inner);
        records.retain(|known| known.strong_count() > 0);
        // Acquire, against the release of the last count: what the threads did whose records are
        // cleared away here is seen by whoever takes the lock after this.
        fence(Ordering::Acquire);
        records.push(Arc::downgrade(&record));
        Self {
            cache: Cache::new(),
            record,
        }
    }

    #[inline(always)]
    fn run(&self, event: &Event<'_>) -> bool {
        let Some(before) = self.record.begin(MAX_NESTING) else {
            return false;
        };
        // A handler does not unwind, so the end is always reached.
        self.cache.run(
            event.slot,
            #[inline(always)]
            |handlers| match handlers {
                // Most events that have handlers have one.
                [only] => only.run(event),
                handlers => handlers.iter().for_each(|handler| handler.run(event)),
            },
        );
        if self.record.end(before) {
            self.cache.tidy_up();
        }
        true
    }
}

/// Whether an event emitted now would be nested too deep.
pub(crate) fn is_full() -> bool {
    LOCAL
        .try_with(|local| local.record.depth() >= u64::from(MAX_NESTING))
        .unwrap_or_else(|_| late_depth() >= MAX_NESTING)
}

fn late_depth() -> u32 {
    LATE_DEPTH.try_with(Cell::get).unwrap_or_default()
}

/// Runs the handlers of the event's slot; `false` if events are nested too deep for that.
///
/// Generic, because a caller with a copy of its own gets it inlined.
#[inline(always)]
pub(crate) fn run_handlers<const CALLER: u8>(event: &Event<'_>) -> bool {
    match LOCAL.try_with(
        #[inline(always)]
        |local| local.run(event),
    ) {
        Ok(done) => done,
        Err(_) => run_without_locals(event),
    }
}

/// In a destructor that runs while the thread ends, there may be no [`Local`] any more.
#[cold]
fn run_without_locals(event: &Event<'_>) -> bool {
    let depth = late_depth();
    if depth >= MAX_NESTING {
        return false;
    }
    let _ = LATE_DEPTH.try_with(|late| late.set(depth + 1));
    WITHOUT_LOCALS.fetch_add(1, Ordering::SeqCst);
    for handler in &*event.slot.copy().1 {
        handler.run(event);
    }
    WITHOUT_LOCALS.fetch_sub(1, Ordering::SeqCst);
    let _ = LATE_DEPTH.try_with(|late| late.set(depth));
    true
}

/// Lets go of this thread's copies of lists that have changed.
pub(crate) fn tidy() {
    let _ = LOCAL.try_with(|local| local.cache.tidy());
}

/// Lets go of all copies of this thread: for one that may not emit again for long.
pub(crate) fn clear() {
    let _ = LOCAL.try_with(|local| local.cache.clear());
}

/// Waits until the dispatches that are in progress on other threads have ended; `false` if they
/// have not in time, or if this thread is in one itself, whose end cannot be waited for.
pub(crate) fn quiesce(timeout: Duration) -> bool {
    let Ok(own) = LOCAL.try_with(|local| local.record.clone()) else {
        // This thread is ending, and may be in a dispatch that nobody has counted as its.
        return false;
    };
    if own.depth() > 0 {
        return false;
    }
    let deadline = Instant::now().checked_add(timeout);
    let pause = || {
        std::thread::sleep(Duration::from_micros(100));
        deadline.is_none_or(|deadline| Instant::now() < deadline)
    };
    // A record that cannot be upgraded is that of a thread which has ended. What it did is seen: the
    // fences in `wait::quiesce` come after this look at its count.
    let mut records: Vec<Arc<Record>> = RECORDS
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .iter()
        .filter_map(Weak::upgrade)
        .collect();
    records.retain(|record| !Arc::ptr_eq(&own, record));
    if !wait::quiesce(&records, pause) {
        return false;
    }
    while WITHOUT_LOCALS.load(Ordering::SeqCst) > 0 {
        if !pause() {
            return false;
        }
    }
    true
}
