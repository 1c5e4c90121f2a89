//! The thread-local list, with a shared count of running calls per handler.
//!
//! Somebody who detaches could wait for the count to fall to zero. Every dispatch then writes a
//! line that all threads share, twice.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::copies::{Copied, Dated, Entries};
use super::{Event, Handler, Slot, failed, nested};

struct Counted {
    running: AtomicUsize,
    handler: Handler,
}

struct Local {
    depth: Cell<u32>,
    copies: Entries<Copied<[Arc<Counted>]>>,
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
pub struct Published(Dated<Arc<Counted>>);

impl Slot for Published {
    fn new() -> Self {
        Self(Dated::new())
    }

    fn replace(&self, list: Vec<Handler>) {
        let counted = |handler| {
            Arc::new(Counted {
                running: AtomicUsize::new(0),
                handler,
            })
        };
        drop(self.0.replace(list.into_iter().map(counted).collect()));
    }

    fn dispatch(&'static self, event: &Event<'_>) {
        LOCAL.with(|local| {
            nested(&local.depth, || {
                for counted in &*local.copies.get(&self.0, Into::into) {
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
