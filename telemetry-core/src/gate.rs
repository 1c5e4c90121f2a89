//! Gates: the one byte that an unobserved event costs.
//!
//! A byte, because it has three states: nobody listens, somebody listens, and the callsite has
//! never run. In the last state the first execution registers the callsite with the slot of its
//! event name; from then on attaching and detaching write the byte, always under the slot's lock
//! and always computed from the slot's list, so that the answer depends on nothing but what is
//! attached.

use crate::sync::{AtomicU8, Ordering, const_fn};

/// Does anybody listen?
///
/// Relaxed everywhere: the gate publishes nothing. Whoever sees it open reads the handler list
/// through the slot, which has its own ordering. A thread that learned of an attach through any
/// synchronisation sees the byte, too, because it was written before `attach` returned.
#[derive(Debug)]
pub(crate) struct Gate(AtomicU8);

const CLOSED: u8 = 0;
const OPEN: u8 = 1;
const NEVER_MET: u8 = 2;

impl Gate {
    const_fn! {
        pub(crate) fn never_met() -> Self {
            Self(AtomicU8::new(NEVER_MET))
        }
    }

    const_fn! {
        pub(crate) fn closed() -> Self {
            Self(AtomicU8::new(CLOSED))
        }
    }

    /// Whether it is open; a callsite that has never run calls `meet` to find out.
    #[inline(always)]
    pub(crate) fn is_open_or(&self, meet: impl FnOnce() -> bool) -> bool {
        let state = self.0.load(Ordering::Relaxed);
        state != CLOSED && (state == OPEN || meet())
    }

    #[inline(always)]
    pub(crate) fn is_open(&self) -> bool {
        self.0.load(Ordering::Relaxed) == OPEN
    }

    /// To be called under the lock of the slot that owns the list.
    pub(crate) fn set(&self, open: bool) {
        self.0
            .store(if open { OPEN } else { CLOSED }, Ordering::Relaxed);
    }
}

/// What stands behind a gate: some handlers want the ends of spans only, and must not open the
/// gate of anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Behind {
    /// An event, or the start of a span.
    Event,
    /// The one event with which a span ends.
    SpanEnd,
}
