//! Each thread keeps copies of lists, checked against *one* generation of the whole process.
//!
//! When it has moved, the thread drops every copy that has become stale, so a thread that never
//! emits an event again still lets go of its handlers as soon as it emits *any* event. The price:
//! whenever anybody attaches anything, every thread looks through its copies once.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Event, Handler, Slot, lock, nested, next_id, run_all};

static GENERATION: AtomicU64 = AtomicU64::new(1);

struct Entry {
    slot: &'static Published,
    changes: u64,
    list: Rc<[Handler]>,
}

struct Local {
    depth: Cell<u32>,
    generation: Cell<u64>,
    entries: RefCell<Vec<Option<Entry>>>,
}

thread_local! {
    static LOCAL: Local = const {
        Local {
            depth: Cell::new(0),
            generation: Cell::new(0),
            entries: RefCell::new(Vec::new()),
        }
    };
}

/// The slot.
pub struct Published {
    id: usize,
    changes: AtomicU64,
    list: Mutex<Vec<Handler>>,
}

impl Slot for Published {
    fn new() -> Self {
        Self {
            id: next_id(),
            changes: AtomicU64::new(0),
            list: Mutex::default(),
        }
    }

    fn replace(&self, list: Vec<Handler>) {
        let old = std::mem::replace(&mut *lock(&self.list), list);
        self.changes.fetch_add(1, Ordering::Release);
        GENERATION.fetch_add(1, Ordering::Release);
        drop(old);
    }

    fn dispatch(&'static self, event: &Event<'_>) {
        if LOCAL
            .try_with(|local| nested(&local.depth, || run_all(&self.list(local), event)))
            .is_err()
        {
            let list = lock(&self.list).clone();
            run_all(&list, event);
        }
    }
}

impl Published {
    #[inline(always)]
    fn list(&'static self, local: &Local) -> Rc<[Handler]> {
        if local.generation.get() == GENERATION.load(Ordering::Acquire)
            && let Some(Some(entry)) = local.entries.borrow().get(self.id)
        {
            return entry.list.clone();
        }
        self.refresh(local)
    }

    #[cold]
    #[inline(never)]
    fn refresh(&'static self, local: &Local) -> Rc<[Handler]> {
        let generation = GENERATION.load(Ordering::Acquire);
        let mut stale = Vec::new();
        if local.generation.replace(generation) != generation {
            for entry in local.entries.borrow_mut().iter_mut() {
                let moved =
                    |entry: &mut Entry| entry.slot.changes.load(Ordering::Acquire) != entry.changes;
                stale.extend(entry.take_if(moved));
            }
        }
        // May dispatch and come back here; what follows does not depend on what was before.
        drop(stale);
        let changes = self.changes.load(Ordering::Acquire);
        let list: Rc<[Handler]> = lock(&self.list).iter().cloned().collect();
        let entry = Entry {
            slot: self,
            changes,
            list: list.clone(),
        };
        let old = {
            let mut entries = local.entries.borrow_mut();
            if entries.len() <= self.id {
                entries.resize_with(self.id + 1, || None);
            }
            entries[self.id].replace(entry)
        };
        drop(old);
        list
    }
}
