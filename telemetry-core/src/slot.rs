//! A slot: everything there is about one event name.
//!
//! There is one slot per name, made on first need and kept for ever (names are bounded). It
//! publishes an immutable list of handlers: whoever dispatches takes the list as it is at that
//! moment, and attaching or detaching puts a new list in its place.
//!
//! Two rules keep it free of deadlocks: no code of a user ever runs under the lock (handlers run
//! over a list that was taken out; a list that is replaced is given to the caller, who drops it
//! after unlocking, because dropping a handler may run anything), and a slot's lock is the
//! innermost one.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::{ArcSwap, Guard};

use crate::callsite::Gate;
use crate::handler::Handler;

pub(crate) type HandlerList = Vec<Arc<Handler>>;

#[derive(Debug)]
pub(crate) struct Slot {
    name: &'static str,
    /// The gate of callsites whose name is chosen at run time, and the slot's own answer.
    gate: Gate,
    handlers: ArcSwap<HandlerList>,
    /// Also the lock under which `handlers` and all gates are written.
    callsites: Mutex<Vec<&'static Gate>>,
}

impl Slot {
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            gate: Gate::closed(),
            handlers: ArcSwap::default(),
            callsites: Mutex::default(),
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Whether anybody listens: a look at a byte, not at the list, whose guard would have to be
    /// dropped again.
    #[inline]
    pub(crate) fn is_observed(&self) -> bool {
        self.gate.is_open()
    }

    /// The handlers as they are now. The guard keeps the list alive.
    pub(crate) fn handlers(&self) -> Guard<Arc<HandlerList>> {
        self.handlers.load()
    }

    /// Sets the gate of a callsite met for the first time, and keeps it to be set from now on.
    ///
    /// Two threads may register one callsite at the same moment; whichever takes the lock first
    /// puts the gate on the list, so that a gate is never left closed without being on it.
    pub(crate) fn register(&self, gate: &'static Gate) -> bool {
        let mut callsites = self.lock();
        if !callsites.iter().any(|known| std::ptr::eq(*known, gate)) {
            callsites.push(gate);
        }
        let open = !self.handlers.load().is_empty();
        gate.set(open);
        open
    }

    /// Adds a handler behind the others. Returns the list that it replaces, to be dropped outside
    /// every lock.
    pub(crate) fn add(&self, handler: Arc<Handler>) -> Arc<HandlerList> {
        self.replace(|list| list.push(handler))
    }

    /// Takes one attachment out. Returns the list that it replaces, to be dropped outside every
    /// lock.
    pub(crate) fn remove(&self, number: u64) -> Arc<HandlerList> {
        self.replace(|list| list.retain(|handler| handler.number() != number))
    }

    fn replace(&self, change: impl FnOnce(&mut HandlerList)) -> Arc<HandlerList> {
        let callsites = self.lock();
        let mut list = HandlerList::clone(&self.handlers.load());
        change(&mut list);
        let open = !list.is_empty();
        let old = self.handlers.swap(Arc::new(list));
        // The list first, then the gates: a callsite that is open finds the list that opened it.
        self.gate.set(open);
        for gate in callsites.iter() {
            gate.set(open);
        }
        old
    }

    fn lock(&self) -> MutexGuard<'_, Vec<&'static Gate>> {
        self.callsites
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
