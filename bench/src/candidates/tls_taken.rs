//! Each thread keeps a copy of the list, taken out while its handlers run and put back after.
//!
//! No reference count at all; but an event emitted inside its own dispatch finds the place empty
//! and copies the list again.

use std::cell::{Cell, RefCell};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Event, Handler, Slot, lock, nested, next_id, run_all};

struct Entry {
    generation: u64,
    list: Box<[Handler]>,
}

struct Local {
    depth: Cell<u32>,
    entries: RefCell<Vec<Option<Entry>>>,
}

thread_local! {
    static LOCAL: Local = const {
        Local {
            depth: Cell::new(0),
            entries: RefCell::new(Vec::new()),
        }
    };
}

/// The slot.
pub struct Published {
    id: usize,
    generation: AtomicU64,
    list: Mutex<Vec<Handler>>,
}

impl Slot for Published {
    fn new() -> Self {
        Self {
            id: next_id(),
            generation: AtomicU64::new(0),
            list: Mutex::default(),
        }
    }

    fn replace(&self, list: Vec<Handler>) {
        let old = std::mem::replace(&mut *lock(&self.list), list);
        self.generation.fetch_add(1, Ordering::Release);
        drop(old);
    }

    fn dispatch(&'static self, event: &Event<'_>) {
        if LOCAL
            .try_with(|local| nested(&local.depth, || self.run(local, event)))
            .is_err()
        {
            let list = lock(&self.list).clone();
            run_all(&list, event);
        }
    }
}

impl Published {
    #[inline(always)]
    fn run(&self, local: &Local, event: &Event<'_>) {
        let kept = local
            .entries
            .borrow_mut()
            .get_mut(self.id)
            .and_then(Option::take);
        let entry = match kept {
            Some(entry) if entry.generation == self.generation.load(Ordering::Acquire) => entry,
            stale => self.copy(local, stale),
        };
        run_all(&entry.list, event);
        // Whatever a nested dispatch has put there meanwhile goes, outside the borrow.
        let nested = local.entries.borrow_mut()[self.id].replace(entry);
        drop(nested);
    }

    #[cold]
    #[inline(never)]
    fn copy(&self, local: &Local, stale: Option<Entry>) -> Entry {
        drop(stale);
        {
            let mut entries = local.entries.borrow_mut();
            if entries.len() <= self.id {
                entries.resize_with(self.id + 1, || None);
            }
        }
        Entry {
            generation: self.generation.load(Ordering::Acquire),
            list: lock(&self.list).iter().cloned().collect(),
        }
    }
}
