//! The thread-local list once more, with cache lines of its own.
//!
//! Every dispatch writes the list's reference count. The count is the thread's own, but the memory
//! beside it need not be: an allocator hands a small block that one thread has freed to the next
//! best, and two threads' counts end up on one line. That shows in some processes and not in
//! others, and then costs as much as a shared count. Hence the alignment; two lines, because
//! processors fetch them in pairs. The handlers move one pointer further away.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Event, Handler, Slot, lock, nested, next_id, run_all};

#[repr(align(128))]
struct List(Box<[Handler]>);

struct Entry {
    generation: u64,
    list: Rc<List>,
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
        // Without thread locals, in a destructor of one, there is the list itself.
        if LOCAL
            .try_with(|local| nested(&local.depth, || run_all(&self.list(local).0, event)))
            .is_err()
        {
            let list = lock(&self.list).clone();
            run_all(&list, event);
        }
    }
}

impl Published {
    #[inline(always)]
    fn list(&self, local: &Local) -> Rc<List> {
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
    fn refresh(&self, local: &Local) -> Rc<List> {
        let generation = self.generation.load(Ordering::Acquire);
        let list = Rc::new(List(lock(&self.list).iter().cloned().collect()));
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
        // After the borrow: a handler's destructor may emit.
        drop(old);
        list
    }
}
