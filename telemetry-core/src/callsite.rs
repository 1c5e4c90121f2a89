//! Callsites: the static behind each `execute!`, and its gate.
//!
//! Most events in a program are observed by nobody, so what an unobserved `execute!` costs decides
//! whether library authors dare to use it. It is **one relaxed load of one byte in the callsite
//! itself**. A byte, because it has three states: nobody listens, somebody listens, and the
//! callsite has never run. In the last state, the first execution registers the callsite with the
//! slot of its event name; from then on `attach` and `detach` write the byte, always under the
//! slot's lock and always computed from the slot's list, so that the answer depends on nothing but
//! what is attached.
//!
//! A cached pointer to the slot with a flag *in the slot* would be one byte per name instead of one
//! per callsite, but measures 11 instructions instead of 4: two dependent loads.

use std::sync::atomic::{AtomicU8, Ordering};

use once_cell::race::OnceRef;

use crate::name;
use crate::registry;
use crate::slot::Slot;

/// One byte: does anybody listen?
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
    pub(crate) const fn never_met() -> Self {
        Self(AtomicU8::new(NEVER_MET))
    }

    pub(crate) const fn closed() -> Self {
        Self(AtomicU8::new(CLOSED))
    }

    /// Open, or never met.
    #[inline(always)]
    fn is_not_closed(&self) -> bool {
        self.0.load(Ordering::Relaxed) != CLOSED
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

/// The keys of an `execute!` or `span!`, as written.
#[derive(Debug)]
pub struct Shape {
    pub(crate) measurement_keys: &'static [&'static str],
    pub(crate) metadata_keys: &'static [&'static str],
}

impl Shape {
    /// Checks that no key is empty and none stands twice; run while compiling.
    #[must_use]
    pub const fn new(
        measurement_keys: &'static [&'static str],
        metadata_keys: &'static [&'static str],
    ) -> Self {
        check_keys(measurement_keys);
        check_keys(metadata_keys);
        Self {
            measurement_keys,
            metadata_keys,
        }
    }

    /// As [`Shape::new`], for the start metadata of a span, which must leave the keys that the
    /// terminal event adds.
    #[must_use]
    pub const fn of_span(metadata_keys: &'static [&'static str]) -> Self {
        let mut at = 0;
        while at < metadata_keys.len() {
            assert!(
                !same(metadata_keys[at], "outcome"),
                "`outcome` is what the span itself says about its end; use another key"
            );
            at += 1;
        }
        Self::new(&[], metadata_keys)
    }
}

const fn check_keys(keys: &[&str]) {
    let mut at = 0;
    while at < keys.len() {
        assert!(!keys[at].is_empty(), "a key of an event is empty");
        let mut other = at + 1;
        while other < keys.len() {
            assert!(
                !same(keys[at], keys[other]),
                "a key stands twice in the same braces"
            );
            other += 1;
        }
        at += 1;
    }
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// A key written as an identifier: `r#type` means `type`.
#[must_use]
pub const fn key(written: &'static str) -> &'static str {
    let [b'r', b'#', rest @ ..] = written.as_bytes() else {
        return written;
    };
    match std::str::from_utf8(rest) {
        Ok(key) => key,
        Err(_) => panic!("cutting two ASCII bytes off a text leaves a text"),
    }
}

/// The static behind one `execute!` with a literal name.
#[derive(Debug)]
pub struct Callsite {
    gate: Gate,
    name: &'static str,
    pub(crate) shape: Shape,
    slot: OnceRef<'static, Slot>,
}

impl Callsite {
    /// Run while compiling: an invalid name stops the build.
    #[must_use]
    pub const fn new(name: &'static str, shape: Shape) -> Self {
        name::assert_valid(name);
        Self {
            gate: Gate::never_met(),
            name,
            shape,
            slot: OnceRef::new(),
        }
    }

    /// Whether the arguments have to be evaluated. The first call registers the callsite.
    #[inline(always)]
    pub fn is_observed(&'static self) -> bool {
        self.gate.is_not_closed() && (self.gate.is_open() || self.register())
    }

    pub(crate) fn slot(&'static self) -> &'static Slot {
        // Set before the gate is first opened; but the gate is read relaxed, so another thread
        // may in theory see it open before it sees the slot.
        self.slot.get().unwrap_or_else(|| registry::slot(self.name))
    }

    #[cold]
    #[inline(never)]
    fn register(&'static self) -> bool {
        let slot = registry::slot(self.name);
        // A second thread that loses this race found the same slot: there is one per name.
        let _ = self.slot.set(slot);
        slot.register(&self.gate)
    }
}
