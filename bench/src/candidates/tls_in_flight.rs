//! The thread-local list, with a shared count of running calls per handler.
//!
//! Somebody who detaches could wait for the count to fall to zero. Every dispatch then writes a
//! line that all threads share, twice.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::{Event, Handler, Slot, failed, lock, nested, next_id};

struct Counted {
    running: AtomicUsize,
    handler: Handler,
}

type List = Rc<[Arc<Counted>]>;

struct Entry {
    generation: u64,
    list: List,
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
    list: Mutex<Vec<Arc<Counted>>>,
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
        let list = list
            .into_iter()
            .map(|handler| {
                Arc::new(Counted {
                    running: AtomicUsize::new(0),
                    handler,
                })
            })
            .collect();
        let old = std::mem::replace(&mut *lock(&self.list), list);
        self.generation.fetch_add(1, Ordering::Release);
        drop(old);
    }

    fn dispatch(&'static self, event: &Event<'_>) {
        LOCAL.with(|local| {
            nested(&local.depth, || {
                for counted in &*self.list(local) {
                    counted.running.fetch_add(1, Ordering::AcqRel);
                    let run = AssertUnwindSafe(|| (counted.handler)(event));
                    if catch_unwind(run).is_err() {
                        failed();
                    }
                    counted.running.fetch_sub(1, Ordering::Release);
                }
            });
        });
    }
}

impl Published {
    #[inline(always)]
    fn list(&self, local: &Local) -> List {
        match local.entries.borrow().get(self.id) {
            Some(Some(entry)) if entry.generation == self.generation.load(Ordering::Acquire) => {
                return entry.list.clone();
            }
            _ => {}
        }
        self.refresh(local)
    }

    #[cold]
    #[inline(never)]
    fn refresh(&self, local: &Local) -> List {
        let generation = self.generation.load(Ordering::Acquire);
        let list: List = lock(&self.list).iter().cloned().collect();
        let entry = Entry {
            generation,
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
