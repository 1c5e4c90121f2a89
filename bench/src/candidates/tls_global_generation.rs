//! Each thread keeps copies of lists, checked against *one* generation of the whole process.
//!
//! When it has moved, the thread drops every copy that has become stale, so a thread that never
//! emits an event again still lets go of its handlers as soon as it emits *any* event. The price:
//! whenever anybody attaches anything, every thread looks through its copies once.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::copies::{Dated, Entries};
use super::{Event, Handler, Slot, nested, run_all};

static GENERATION: AtomicU64 = AtomicU64::new(1);

struct Entry {
    slot: &'static Published,
    /// The slot's own generation when it was copied.
    copied_at: u64,
    list: Rc<[Handler]>,
}

struct Local {
    depth: Cell<u32>,
    generation: Cell<u64>,
    entries: Entries<Entry>,
}

thread_local! {
    static LOCAL: Local = const {
        Local {
            depth: Cell::new(0),
            generation: Cell::new(0),
            entries: Entries::new(),
        }
    };
}

/// The slot.
pub struct Published(Dated<Handler>);

impl Slot for Published {
    fn new() -> Self {
        Self(Dated::new())
    }

    fn replace(&self, list: Vec<Handler>) {
        let old = self.0.replace(list);
        GENERATION.fetch_add(1, Ordering::Release);
        drop(old);
    }

    fn dispatch(&'static self, event: &Event<'_>) {
        if LOCAL
            .try_with(|local| nested(&local.depth, || run_all(&self.list(local), event)))
            .is_err()
        {
            run_all(&self.0.list(), event);
        }
    }
}

impl Published {
    #[inline(always)]
    fn list(&'static self, local: &Local) -> Rc<[Handler]> {
        if local.generation.get() == GENERATION.load(Ordering::Acquire)
            && let Some(Some(entry)) = local.entries.0.borrow().get(self.0.id)
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
            for entry in local.entries.0.borrow_mut().iter_mut() {
                let moved = |entry: &mut Entry| entry.slot.0.generation() != entry.copied_at;
                stale.extend(entry.take_if(moved));
            }
        }
        // May dispatch and come back here; what follows does not depend on what was before.
        drop(stale);
        let copied_at = self.0.generation();
        let list: Rc<[Handler]> = self.0.list().into();
        let entry = Entry {
            slot: self,
            copied_at,
            list: list.clone(),
        };
        local.entries.make_room(self.0.id);
        local.entries.put(self.0.id, entry);
        list
    }
}
