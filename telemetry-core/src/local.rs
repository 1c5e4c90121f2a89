//! What each thread keeps for itself while it emits: how deep its events nest, its copies of
//! handler lists, and its record for those who wait for handlers to end.

use std::cell::{Cell, OnceCell};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use crate::cache::Cache;
use crate::handler::Handler;
use crate::slot::Slot;
use crate::wait::{self, Record};

/// How deep events may nest: an event emitted by a handler of an event emitted by a handler ….
///
/// Beyond it events are not dispatched, and one line on standard error names the first. A handler
/// that feeds itself would otherwise overflow the stack, which no panic handler survives.
pub const MAX_NESTING: u32 = 32;

/// One struct, because every thread local that is asked for costs a look-up of its own.
struct Local {
    depth: Cell<u32>,
    cache: Cache,
    record: OnceCell<Arc<Record>>,
}

thread_local! {
    static LOCAL: Local = const {
        Local {
            depth: Cell::new(0),
            cache: Cache::new(),
            record: OnceCell::new(),
        }
    };
}

/// The records of all threads that have emitted and not ended.
static RECORDS: Mutex<Vec<Weak<Record>>> = Mutex::new(Vec::new());

/// Dispatches on threads whose locals are gone already, counted where all can see them.
static WITHOUT_LOCALS: AtomicUsize = AtomicUsize::new(0);

impl Local {
    /// For the outermost dispatch only.
    fn record(&self) -> &Record {
        self.record.get_or_init(|| {
            let record = Arc::new(Record::new());
            let mut records = RECORDS.lock().unwrap_or_else(PoisonError::into_inner);
            records.retain(|known| known.strong_count() > 0);
            records.push(Arc::downgrade(&record));
            record
        })
    }
}

/// Whether an event emitted now would be nested too deep.
pub(crate) fn is_full() -> bool {
    LOCAL
        .try_with(|local| local.depth.get() >= MAX_NESTING)
        .unwrap_or(false)
}

/// Calls `run` with the handlers of `slot`; `false` if events are nested too deep for that.
///
/// `run` must not unwind.
#[inline]
pub(crate) fn with_handlers(slot: &'static Slot, run: impl Fn(&[Arc<Handler>])) -> bool {
    let done = LOCAL.try_with(|local| {
        let depth = local.depth.get();
        if depth >= MAX_NESTING {
            return false;
        }
        local.depth.set(depth + 1);
        if depth == 0 {
            let record = local.record();
            record.begin();
            run(&local.cache.handlers(slot));
            record.end();
        } else {
            run(&local.cache.handlers(slot));
        }
        local.depth.set(depth);
        true
    });
    done.unwrap_or_else(|_| {
        without_locals(slot, run);
        true
    })
}

/// In a destructor that runs while the thread ends, there are no thread locals. Nobody counts the
/// nesting then: such a destructor that feeds itself is beyond help.
#[cold]
fn without_locals(slot: &Slot, run: impl Fn(&[Arc<Handler>])) {
    WITHOUT_LOCALS.fetch_add(1, Ordering::SeqCst);
    run(&slot.copy().1);
    WITHOUT_LOCALS.fetch_sub(1, Ordering::SeqCst);
}

/// Lets go of this thread's copies of lists that have changed.
pub(crate) fn tidy() {
    let _ = LOCAL.try_with(|local| local.cache.tidy());
}

/// Waits until the dispatches that are in progress on other threads have ended; `false` if they
/// have not in time, or if this thread is in one itself, whose end cannot be waited for.
pub(crate) fn quiesce(timeout: Duration) -> bool {
    let deadline = Instant::now().checked_add(timeout);
    let in_time = || deadline.is_none_or(|deadline| Instant::now() < deadline);
    let pause = || {
        std::thread::sleep(Duration::from_micros(100));
        in_time()
    };
    let (inside, own) = LOCAL
        .try_with(|local| (local.depth.get() > 0, local.record.get().cloned()))
        .unwrap_or_default();
    let mut records: Vec<Arc<Record>> = RECORDS
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .iter()
        .filter_map(Weak::upgrade)
        .collect();
    records.retain(|record| !own.as_ref().is_some_and(|own| Arc::ptr_eq(own, record)));
    if !wait::quiesce(&records, pause) {
        return false;
    }
    while WITHOUT_LOCALS.load(Ordering::SeqCst) > 0 {
        if !pause() {
            return false;
        }
    }
    !inside
}
