//! A slot: everything there is about one event name.
//!
//! There is one slot per name, made on first need and kept for ever (names are bounded). It holds
//! the list of handlers, which attaching and detaching replace under the slot's lock, and a
//! generation that counts the replacements. Emitting threads do not take the lock: each keeps a
//! copy of the list, see `cache.rs`.
//!
//! The order of a change is: the list, the slot's generation, the gates, and last the count of all
//! changes in the process, by which every thread notices. All of it happens under the lock and
//! before `attach` or `detach` returns, so a dispatch that begins later, as far as anybody can tell
//! what is later, works on the new list.
//!
//! Two rules keep it free of deadlocks: no code of a user ever runs under the lock (a list that is
//! replaced is given to the caller, who drops it after unlocking, because dropping a handler may
//! run anything), and a slot's lock is the innermost one.

use std::sync::Arc;

use crate::gate::{Behind, Gate};
use crate::handler::Handler;
use crate::sync::{AtomicU64, AtomicUsize, Mutex, MutexGuard, Ordering, PoisonError, changes};
use crate::sync::{const_fn, next_place};

pub(crate) type HandlerList = Vec<Arc<Handler>>;

#[derive(Debug)]
pub(crate) struct Slot {
    name: &'static str,
    /// The gates of callsites whose name is chosen at run time, and the slot's own answer: for
    /// events, and for the ends of spans.
    event: Gate,
    span_end: Gate,
    /// Where the threads keep their copies; 0 until there is a first handler. Relaxed: whoever
    /// reads an old 0 takes the lock.
    place: AtomicUsize,
    /// Written under the lock; read without it by threads that look for old copies.
    generation: AtomicU64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// In the order in which they were attached.
    handlers: HandlerList,
    callsites: Vec<(&'static Gate, Behind)>,
}

impl Slot {
    const_fn! {
        pub(crate) fn new(name: &'static str) -> Self {
            Self {
                name,
                event: Gate::closed(),
                span_end: Gate::closed(),
                place: AtomicUsize::new(0),
                generation: AtomicU64::new(0),
                state: Mutex::new(State { handlers: Vec::new(), callsites: Vec::new() }),
            }
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Whether anybody listens, for callsites that have no gate of their own.
    #[inline]
    pub(crate) fn is_observed(&self, behind: Behind) -> bool {
        match behind {
            Behind::Event => self.event.is_open(),
            Behind::SpanEnd => self.span_end.is_open(),
        }
    }

    #[inline(always)]
    pub(crate) fn place(&self) -> usize {
        self.place.load(Ordering::Relaxed)
    }

    /// Relaxed: whoever was told of a change by the count of changes finds it here, because that count
    /// is raised later, by a release, and read by an acquire.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Relaxed)
    }

    /// The list as it is now, and which generation that is.
    pub(crate) fn copy(&self) -> (u64, HandlerList) {
        let state = self.lock();
        let generation = self.generation.load(Ordering::Relaxed);
        (generation, state.handlers.clone())
    }

    /// Sets the gate of a callsite met for the first time, and keeps it to be set from now on.
    ///
    /// Two threads may register one callsite at the same moment; whichever takes the lock first
    /// puts the gate on the list, so that a gate is never left closed without being on it.
    pub(crate) fn register(&self, gate: &'static Gate, behind: Behind) -> bool {
        let mut state = self.lock();
        if !state
            .callsites
            .iter()
            .any(|(known, _)| std::ptr::eq(*known, gate))
        {
            state.callsites.push((gate, behind));
        }
        let open = self.is_observed(behind);
        gate.set(open);
        open
    }

    /// Adds a handler at the place that its number gives it; once, however often it is added.
    pub(crate) fn add(&self, handler: Arc<Handler>) {
        let mut state = self.lock();
        let list = &mut state.handlers;
        let at = list.partition_point(|known| known.number() < handler.number());
        if list
            .get(at)
            .is_some_and(|known| known.number() == handler.number())
        {
            return;
        }
        list.insert(at, handler);
        self.changed(&state);
    }

    /// Takes one attachment out, to be dropped outside every lock.
    #[must_use = "what is taken out is dropped outside every lock"]
    pub(crate) fn remove(&self, number: u64) -> Option<Arc<Handler>> {
        let mut state = self.lock();
        let list = &mut state.handlers;
        let at = list.iter().position(|known| known.number() == number)?;
        let gone = list.remove(at);
        self.changed(&state);
        Some(gone)
    }

    fn changed(&self, state: &State) {
        if self.place() == 0 {
            self.place.store(next_place(), Ordering::Relaxed);
        }
        let generation = self.generation.load(Ordering::Relaxed);
        self.generation.store(generation + 1, Ordering::Relaxed);
        // The list first, then the gates: a callsite that is open finds the list that opened it.
        let span_end = !state.handlers.is_empty();
        let event = state.handlers.iter().any(|handler| !handler.spans_only());
        self.event.set(event);
        self.span_end.set(span_end);
        for (gate, behind) in &state.callsites {
            gate.set(match behind {
                Behind::Event => event,
                Behind::SpanEnd => span_end,
            });
        }
        // Release: whoever reads this count finds the generation above.
        changes().fetch_add(1, Ordering::Release);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
