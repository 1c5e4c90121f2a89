//! A handler as far as the protocol knows one: it has a number, may be for the ends of spans only,
//! and running and dropping it may do anything.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fmt, thread};

use crate::check;
use crate::event::Event;

type Action = Box<dyn Fn() + Send + Sync>;

pub(crate) struct Handler {
    number: u64,
    spans_only: bool,
    on_run: Option<Action>,
    on_drop: Option<Action>,
    fate: Fate,
}

/// What became of a handler; outlives it. Not part of the protocol, so not loom's.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fate(Arc<[AtomicUsize; 2]>);

impl Fate {
    pub(crate) fn runs(&self) -> usize {
        self.0[0].load(Ordering::SeqCst)
    }

    pub(crate) fn drops(&self) -> usize {
        self.0[1].load(Ordering::SeqCst)
    }

    fn count(&self, at: usize) {
        self.0[at].fetch_add(1, Ordering::SeqCst);
    }
}

impl Handler {
    pub(crate) fn new(number: u64) -> Self {
        Self {
            number,
            spans_only: false,
            on_run: None,
            on_drop: None,
            fate: Fate::default(),
        }
    }

    pub(crate) fn for_span_ends(mut self, only: bool) -> Self {
        self.spans_only = only;
        self
    }

    pub(crate) fn on_run(mut self, action: impl Fn() + Send + Sync + 'static) -> Self {
        self.on_run = Some(Box::new(action));
        self
    }

    pub(crate) fn on_drop(mut self, action: impl Fn() + Send + Sync + 'static) -> Self {
        self.on_drop = Some(Box::new(action));
        self
    }

    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    pub(crate) fn spans_only(&self) -> bool {
        self.spans_only
    }

    pub(crate) fn fate(&self) -> Fate {
        self.fate.clone()
    }

    pub(crate) fn run(&self, event: &Event<'_>) {
        event.ran.borrow_mut().push(self.number);
        self.fate.count(0);
        if let Some(action) = &self.on_run {
            action();
        }
    }
}

impl Drop for Handler {
    fn drop(&mut self) {
        // The execution is over when a thread has panicked.
        if let Some(action) = self.on_drop.take().filter(|_| !thread::panicking()) {
            check::quietly(action);
        }
        // Last: who waits for this knows that all of it is over.
        self.fate.count(1);
    }
}

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Handler").field(&self.number).finish()
    }
}
