//! Callsites: the static behind each `execute!`, and its gate.
//!
//! Most events in a program are observed by nobody, so what an unobserved `execute!` costs decides
//! whether library authors dare to use it. It is **one relaxed load of one byte in the callsite
//! itself** (see `gate.rs`), and a branch.
//!
//! A cached pointer to the slot with a flag *in the slot* would be one byte per name instead of one
//! per callsite, but measures 11 instructions instead of 4: two dependent loads.

use once_cell::race::OnceRef;

use crate::EventKind;
use crate::callsite_info::CallsiteInfo;
use crate::gate::{Behind, Gate};
use crate::name;
use crate::registry;
use crate::slot::Slot;

/// The static behind one `execute!` with a literal name.
#[derive(Debug)]
pub struct Callsite {
    gate: Gate,
    slot: OnceRef<'static, Slot>,
    info: CallsiteInfo,
}

impl Callsite {
    /// Run while compiling: an invalid name stops the build.
    #[must_use]
    pub const fn new(info: CallsiteInfo) -> Self {
        name::assert_valid(info.name);
        Self {
            gate: Gate::never_met(),
            slot: OnceRef::new(),
            info,
        }
    }

    /// What the program's text says here.
    #[must_use]
    pub const fn info(&self) -> &CallsiteInfo {
        &self.info
    }

    /// Whether the arguments have to be evaluated. The first call registers the callsite.
    #[inline(always)]
    pub fn is_observed(&'static self) -> bool {
        self.gate.is_open_or(|| self.register())
    }

    #[inline]
    pub(crate) fn slot(&'static self) -> &'static Slot {
        // Set before the gate is first opened; but the gate is read relaxed, so another thread
        // may in theory see it open before it sees the slot.
        self.slot
            .get()
            .unwrap_or_else(|| registry::slot(self.info.name))
    }

    #[cold]
    #[inline(never)]
    fn register(&'static self) -> bool {
        let slot = registry::slot(self.info.name);
        // A second thread that loses this race found the same slot: there is one per name.
        let _ = self.slot.set(slot);
        crate::catalogue::met(&self.info);
        slot.register(&self.gate, Behind::of(self.info.kind))
    }
}

impl Behind {
    pub(crate) fn of(kind: EventKind) -> Self {
        if kind.is_span_end() {
            Self::SpanEnd
        } else {
            Self::Event
        }
    }
}
