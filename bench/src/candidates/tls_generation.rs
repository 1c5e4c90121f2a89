//! Each thread keeps a copy of the list, and the slot's generation at which it was copied.
//!
//! Nothing shared is written by an emitter: it reads one word, the generation. `Rc`, because the
//! copy is the thread's own.

use std::cell::Cell;

use super::copies::{Copied, Dated, Entries};
use super::{Event, Handler, Slot, nested, run_all};

struct Local {
    depth: Cell<u32>,
    copies: Entries<Copied<[Handler]>>,
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
                run_all(&local.copies.get(&self.0, Into::into), event);
            });
        };
        // Without thread locals, in a destructor of one, there is the list itself.
        if LOCAL.try_with(run).is_err() {
            run_all(&self.0.list(), event);
        }
    }
}
