//! The thread-local list, with a `SeqCst` fence in every dispatch: the price of an *exact* wait.
//!
//! To wait until no thread runs an old list any more, one has to know who is running. Each thread
//! says so in a word of its own; a store there and a load of the generation must not pass each
//! other, and on every processor that takes a full fence. In return [`Published::replace`] here
//! returns only when nobody else is inside a dispatch that began before it.

use std::cell::Cell;
use std::hint::spin_loop;
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::sync::{Arc, Mutex};

use super::copies::{Copied, Dated, Entries};
use super::{Event, Handler, Slot, lock, nested, run_all};

/// One word per thread: odd while it is inside a dispatch; it grows with every dispatch.
static THREADS: Mutex<Vec<Arc<AtomicU64>>> = Mutex::new(Vec::new());

struct Local {
    depth: Cell<u32>,
    running: Arc<AtomicU64>,
    copies: Entries<Copied<[Handler]>>,
}

impl Local {
    fn new() -> Self {
        let running = Arc::new(AtomicU64::new(0));
        lock(&THREADS).push(running.clone());
        Self {
            depth: Cell::new(0),
            running,
            copies: Entries::new(),
        }
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        lock(&THREADS).retain(|running| !Arc::ptr_eq(running, &self.running));
    }
}

thread_local! {
    static LOCAL: Local = Local::new();
}

/// The slot.
pub struct Published(Dated<Handler>);

impl Slot for Published {
    fn new() -> Self {
        Self(Dated::new())
    }

    fn replace(&self, list: Vec<Handler>) {
        drop(self.0.replace(list));
        wait_for_all();
    }

    fn dispatch(&'static self, event: &Event<'_>) {
        LOCAL.with(|local| {
            nested(&local.depth, || {
                if local.depth.get() > 1 {
                    // Announced already, by the dispatch around this one.
                    return run_all(&local.copies.get(&self.0, Into::into), event);
                }
                let running = local.running.load(Ordering::Relaxed);
                local.running.store(running + 1, Ordering::Relaxed);
                fence(Ordering::SeqCst);
                run_all(&local.copies.get(&self.0, Into::into), event);
                local.running.store(running + 2, Ordering::Release);
            });
        });
    }
}

/// Until every other thread has been outside a dispatch at least once.
fn wait_for_all() {
    fence(Ordering::SeqCst);
    let own = LOCAL.with(|local| local.running.clone());
    let threads = lock(&THREADS).clone();
    for thread in threads {
        let seen = thread.load(Ordering::Acquire);
        let is_running = seen % 2 == 1 && !Arc::ptr_eq(&thread, &own);
        while is_running && thread.load(Ordering::Acquire) == seen {
            spin_loop();
        }
    }
}
