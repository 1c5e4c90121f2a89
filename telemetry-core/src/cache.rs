//! Each thread's own copies of the handler lists.
//!
//! How a dispatch gets at the handlers decides what an observed event costs. A shared counted
//! reference would be written by every thread that emits, a lock even more so; here a dispatch
//! writes nothing that threads share. A thread copies the list of a slot when it first needs it,
//! and again when it has changed:
//!
//! - Every change of any list, anywhere in the process, raises one count. A dispatch compares it
//!   with the one that the thread has seen: one load of a line that hardly ever changes.
//! - If it is the same, every copy is good, and the one in the slot's place is used.
//! - If not, the thread sweeps: copies of slots whose generation has moved on are let go, others
//!   stay. So an old list, and what its handlers own, lives until each thread that ran it has
//!   emitted *anything* that is observed, or ended.
//!
//! Memory is bounded by the slots that have had handlers times the threads that emitted them,
//! however often handlers are attached and detached.
//!
//! A list is taken out as an `Rc`, which is not shared between threads, so handlers may emit the
//! same event again, attach and detach, while the list that is being run stays what it was.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use crate::handler::Handler;
use crate::slot::Slot;
use crate::sync::{Ordering, changes};

pub(crate) struct Cache {
    /// The count of changes as of which all copies are good.
    seen: Cell<u64>,
    /// By the slot's place.
    copies: RefCell<Vec<Option<Copied>>>,
}

struct Copied {
    slot: &'static Slot,
    generation: u64,
    handlers: Rc<[Arc<Handler>]>,
}

impl Cache {
    pub(crate) const fn new() -> Self {
        Self {
            seen: Cell::new(0),
            copies: RefCell::new(Vec::new()),
        }
    }

    /// The handlers of `slot` as they are now.
    #[inline]
    pub(crate) fn handlers(&self, slot: &'static Slot) -> Rc<[Arc<Handler>]> {
        // Acquire: see `Slot::changed`. Only then is a copy that is there known to be good.
        if self.seen.get() == changes().load(Ordering::Acquire) {
            if let Some(handlers) = self.copy(slot) {
                return handlers;
            }
        }
        self.refresh(slot)
    }

    #[inline(always)]
    fn copy(&self, slot: &Slot) -> Option<Rc<[Arc<Handler>]>> {
        match self.copies.borrow().get(slot.place()) {
            Some(Some(copy)) => Some(copy.handlers.clone()),
            _ => None,
        }
    }

    #[cold]
    #[inline(never)]
    fn refresh(&self, slot: &'static Slot) -> Rc<[Arc<Handler>]> {
        let old = self.sweep();
        // What has changed may have been another slot's list.
        if let Some(handlers) = self.copy(slot) {
            drop(old);
            return handlers;
        }
        let (generation, handlers) = slot.copy();
        let place = slot.place();
        let mut copies = self.copies.borrow_mut();
        // Place 0 is that of slots without one: a stale read, so nothing is kept.
        if place != 0 && !handlers.is_empty() {
            if copies.len() <= place {
                copies.resize_with(place + 1, || None);
            }
            copies[place] = Some(Copied {
                slot,
                generation,
                handlers: handlers.clone(),
            });
        }
        drop(copies);
        // Outside the borrow: a handler's destructor may emit.
        drop(old);
        handlers
    }

    /// Takes out the copies that are not good any more.
    fn sweep(&self) -> Vec<Copied> {
        // Read before looking: a change that comes later is found by the next dispatch.
        let now = changes().load(Ordering::Acquire);
        if self.seen.replace(now) == now {
            return Vec::new();
        }
        let mut copies = self.copies.borrow_mut();
        copies
            .iter_mut()
            .filter_map(|entry| entry.take_if(|copy| copy.slot.generation() != copy.generation))
            .collect()
    }

    /// Lets go of lists that are not in use any more, for the thread that has just detached.
    pub(crate) fn tidy(&self) {
        drop(self.sweep());
    }
}
