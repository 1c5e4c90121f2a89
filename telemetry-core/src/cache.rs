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
//! Memory is bounded by the slots that have had handlers times the threads that emit, however
//! often handlers are attached and detached.
//!
//! The copies are borrowed while handlers run, which is one count up and down in the thread's own
//! memory (an `Rc` per list would put a count into a heap block that may share its line with
//! another thread's). Handlers may emit the same event again, attach and detach: the list that is
//! being run stays what it was. Nothing can be swept meanwhile, so lists that have changed or are
//! first met inside a handler are kept aside until the outermost dispatch has ended.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use crate::handler::Handler;
use crate::slot::{HandlerList, Slot};
use crate::sync::{Ordering, changes};

pub(crate) struct Cache {
    /// The count of changes as of which all copies are good.
    seen: Cell<u64>,
    /// By the slot's place; without handlers where there is no copy.
    copies: RefCell<Vec<Copied>>,
    /// Made while `copies` could not be changed.
    aside: RefCell<Vec<Rc<Copied>>>,
    /// Whether there is something to do when the outermost dispatch has ended.
    untidy: Cell<bool>,
}

struct Copied {
    /// `None` where nothing was ever copied.
    slot: Option<&'static Slot>,
    generation: u64,
    handlers: HandlerList,
}

impl Copied {
    fn of(slot: &'static Slot) -> Self {
        let (generation, handlers) = slot.copy();
        Self {
            slot: Some(slot),
            generation,
            handlers,
        }
    }

    const fn nothing() -> Self {
        Self {
            slot: None,
            generation: 0,
            handlers: Vec::new(),
        }
    }

    fn is_of(&self, slot: &Slot) -> bool {
        self.slot.is_some_and(|own| std::ptr::eq(own, slot))
    }

    fn is_good(&self) -> bool {
        self.slot
            .is_some_and(|slot| self.generation == slot.generation())
    }
}

impl Cache {
    pub(crate) const fn new() -> Self {
        Self {
            seen: Cell::new(0),
            copies: RefCell::new(Vec::new()),
            aside: RefCell::new(Vec::new()),
            untidy: Cell::new(false),
        }
    }

    /// Calls `run` with the handlers of `slot` as they are now.
    #[inline(always)]
    pub(crate) fn run(&self, slot: &'static Slot, run: impl Fn(&[Arc<Handler>])) {
        // Acquire, against the release in `Slot::changed`. If the counts differ, a copy that is there
        // may be an old one.
        if self.seen.get() == changes().load(Ordering::Acquire) {
            let copies = self.copies.borrow();
            if let Some(copy) = copies.get(slot.place()) {
                if !copy.handlers.is_empty() {
                    return run(&copy.handlers);
                }
            }
        }
        self.run_anew(slot, run);
    }

    #[cold]
    #[inline(never)]
    fn run_anew(&self, slot: &'static Slot, run: impl Fn(&[Arc<Handler>])) {
        if self.tidy() {
            self.keep(slot);
        } else if let Some(copied) = self.find_or_put_aside(slot) {
            return run(&copied.handlers);
        }
        // What has changed may have been another slot's list; or a destructor that ran while
        // tidying has changed this one again, and then nothing is kept.
        let copies = self.copies.borrow();
        match copies.get(slot.place()) {
            Some(copy) if copy.is_good() => run(&copy.handlers),
            _ => {
                drop(copies);
                run(&slot.copy().1);
            }
        }
    }

    /// Inside a dispatch: the copy that is aside, made if need be; `None` if the ordinary one is
    /// good.
    fn find_or_put_aside(&self, slot: &'static Slot) -> Option<Rc<Copied>> {
        let copies = self.copies.borrow();
        if copies.get(slot.place()).is_some_and(Copied::is_good) {
            return None;
        }
        let mut aside = self.aside.borrow_mut();
        let found = aside.iter_mut().find(|copied| copied.is_of(slot));
        // Dropped after the borrow: destructors may emit.
        let old;
        match found {
            Some(copied) if copied.is_good() => Some(copied.clone()),
            Some(copied) => {
                old = std::mem::replace(copied, Rc::new(Copied::of(slot)));
                let copied = copied.clone();
                drop(aside);
                drop(old);
                Some(copied)
            }
            None => {
                self.untidy.set(true);
                aside.push(Rc::new(Copied::of(slot)));
                aside.last().cloned()
            }
        }
    }

    /// Outside of dispatches: makes a copy, if there is not a good one.
    fn keep(&self, slot: &'static Slot) {
        let mut copies = self.copies.borrow_mut();
        if copies.get(slot.place()).is_some_and(Copied::is_good) {
            return;
        }
        let copied = Copied::of(slot);
        // Place 0 is that of slots without one: a stale read, so nothing is kept.
        let place = slot.place();
        if place == 0 || copied.handlers.is_empty() {
            return;
        }
        if copies.len() <= place {
            copies.resize_with(place + 1, Copied::nothing);
        }
        // There is an old one if it changed after the sweep.
        let old = std::mem::replace(&mut copies[place], copied);
        drop(copies);
        drop(old);
    }

    /// Lets go of copies that are not good any more; `false` if a dispatch is using them.
    pub(crate) fn tidy(&self) -> bool {
        let Ok(mut copies) = self.copies.try_borrow_mut() else {
            self.untidy.set(true);
            return false;
        };
        self.untidy.set(false);
        let aside = self.aside.take();
        // Read before looking: a change that comes later is found by the next dispatch.
        let now = changes().load(Ordering::Acquire);
        let old: Vec<Copied> = if self.seen.replace(now) == now {
            Vec::new()
        } else {
            copies
                .iter_mut()
                .filter(|copy| copy.slot.is_some() && !copy.is_good())
                .map(|copy| std::mem::replace(copy, Copied::nothing()))
                .collect()
        };
        drop(copies);
        // Outside the borrow: a handler's destructor may emit.
        drop(old);
        for copied in aside {
            if let Some(slot) = copied.slot.filter(|_| copied.is_good()) {
                self.keep(slot);
            }
        }
        true
    }

    /// Lets go of all copies, good ones as well; outside of dispatches.
    pub(crate) fn clear(&self) {
        let old = self
            .copies
            .try_borrow_mut()
            .map(|mut copies| std::mem::take(&mut *copies));
        // Outside the borrow, as above.
        drop(old);
    }

    /// When the outermost dispatch has ended.
    #[inline(always)]
    pub(crate) fn tidy_up(&self) {
        if self.untidy.get() {
            self.tidy_up_now();
        }
    }

    #[cold]
    #[inline(never)]
    fn tidy_up_now(&self) {
        self.tidy();
    }
}
