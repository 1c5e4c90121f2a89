//! What each thread keeps for itself while it emits: its copies of handler lists, and the record
//! of how deep its events nest, which others read who wait for handlers to end.

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
}

/// The records of all threads that have emitted and not ended.
static RECORDS: Mutex<Vec<Weak<Record>>> = Mutex::new(Vec::new());

/// Dispatches on threads whose locals are gone already, counted where all can see them.
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
        .unwrap_or(false)
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

/// In a destructor that runs while the thread ends, there are no thread locals. Nobody counts the
/// nesting then: such a destructor that feeds itself is beyond help.
#[cold]
fn run_without_locals(event: &Event<'_>) -> bool {
    WITHOUT_LOCALS.fetch_add(1, Ordering::SeqCst);
    for handler in &*event.slot.copy().1 {
        handler.run(event);
    }
    WITHOUT_LOCALS.fetch_sub(1, Ordering::SeqCst);
    true
}

/// Lets go of this thread's copies of lists that have changed.
pub(crate) fn tidy() {
    let _ = LOCAL.try_with(|local| local.cache.tidy());
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
