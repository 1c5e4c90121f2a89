//! Why a metric did not count an event. Nothing is skipped silently: each metric counts its skips
//! by reason, and the snapshot shows them.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Why a metric skipped an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Skip {
    /// The event has no such measurement.
    Missing,
    /// The measurement is NaN or infinite.
    NotFinite,
    /// The measurement is below zero where only growth can be counted.
    Negative,
    /// A `Duration` where a plain number is expected, or a bare number where time is.
    Unit,
    /// The number, or the total with it, does not fit.
    Overflow,
    /// A closure of the definition panicked.
    Panicked,
}

impl Skip {
    /// All reasons.
    pub const ALL: [Self; 6] = [
        Self::Missing,
        Self::NotFinite,
        Self::Negative,
        Self::Unit,
        Self::Overflow,
        Self::Panicked,
    ];

    /// The reason as a tag value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::NotFinite => "not_finite",
            Self::Negative => "negative",
            Self::Unit => "unit",
            Self::Overflow => "overflow",
            Self::Panicked => "panicked",
        }
    }
}

/// What there is to say about how one metric fared.
#[derive(Debug, Default)]
pub(crate) struct Account {
    skips: [AtomicU64; Skip::ALL.len()],
    /// Whether it was said that numbers are skipped because of their unit.
    told_unit: AtomicBool,
    /// Events counted although a tag was absent.
    pub(crate) tags_missing: AtomicU64,
    /// Events counted in the overflow series.
    pub(crate) overflowed: AtomicU64,
    /// Series that went away because nothing counted in them.
    pub(crate) expired: AtomicU64,
}

impl Account {
    /// Whether this is the first number that is skipped because of its unit. Those are a mistake in
    /// the program, and a metric without numbers says nothing by itself.
    pub(crate) fn is_first_of_unit(&self, reason: Skip) -> bool {
        reason == Skip::Unit && !self.told_unit.swap(true, Ordering::Relaxed)
    }

    pub(crate) fn skip_many(&self, reason: Skip, count: u64) {
        self.skips[reason as usize].fetch_add(count, Ordering::Relaxed);
    }

    pub(crate) fn skipped(&self, reason: Skip) -> u64 {
        self.skips[reason as usize].load(Ordering::Relaxed)
    }
}
