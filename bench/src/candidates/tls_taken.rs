//! Each thread keeps a copy of the list, taken out while its handlers run and put back after.
//!
//! No reference count at all; but an event emitted inside its own dispatch finds the place empty
//! and copies the list again.

use std::cell::Cell;

use super::copies::{Dated, Entries};
use super::{Event, Handler, Slot, nested, run_all};

struct Entry {
    generation: u64,
    list: Box<[Handler]>,
}

struct Local {
    depth: Cell<u32>,
    entries: Entries<Entry>,
}

thread_local! {
    static LOCAL: Local = const {
        Local {
            depth: Cell::new(0),
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
        drop(self.0.replace(list));
    }

    fn dispatch(&'static self, event: &Event<'_>) {
        if LOCAL
            .try_with(|local| nested(&local.depth, || self.run(local, event)))
            .is_err()
        {
            run_all(&self.0.list(), event);
        }
    }
}

impl Published {
    #[inline(always)]
    fn run(&self, local: &Local, event: &Event<'_>) {
        let kept = local
            .entries
            .0
            .borrow_mut()
            .get_mut(self.0.id)
            .and_then(Option::take);
        let entry = match kept {
            Some(entry) if entry.generation == self.0.generation() => entry,
            stale => self.copy(local, stale),
        };
        run_all(&entry.list, event);
        // Whatever a nested dispatch has put there meanwhile goes.
        local.entries.put(self.0.id, entry);
    }

    #[cold]
    #[inline(never)]
    fn copy(&self, local: &Local, stale: Option<Entry>) -> Entry {
        drop(stale);
        local.entries.make_room(self.0.id);
        Entry {
            generation: self.0.generation(),
            list: self.0.list().into(),
        }
    }
}
