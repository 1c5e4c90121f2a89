//! The thread-local list once more, with cache lines of its own.
//!
//! Every dispatch writes the list's reference count. The count is the thread's own, but the memory
//! beside it need not be: an allocator hands a small block that one thread has freed to the next
//! best, and two threads' counts end up on one line. That shows in some processes and not in
//! others, and then costs as much as a shared count. Hence the alignment; two lines, because
//! processors fetch them in pairs. The handlers move one pointer further away.

use std::cell::Cell;
use std::rc::Rc;

use super::copies::{Copied, Dated, Entries};
use super::{Event, Handler, Slot, nested, run_all};

#[repr(align(128))]
struct List(Box<[Handler]>);

struct Local {
    depth: Cell<u32>,
    copies: Entries<Copied<List>>,
}

thread_local! {
    static LOCAL: Local = const {
        Local {
            depth: Cell::new(0),
            copies: Entries::new(),
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
        let run = |local: &Local| {
            nested(&local.depth, || {
                let copy = |list: Vec<Handler>| Rc::new(List(list.into()));
                run_all(&local.copies.get(&self.0, copy).0, event);
            });
        };
        // Without thread locals, in a destructor of one, there is the list itself.
        if LOCAL.try_with(run).is_err() {
            run_all(&self.0.list(), event);
        }
    }
}
