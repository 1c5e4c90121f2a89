//! Exemplars: for each bucket of a distribution one number, and the span in which it was counted.
//!
//! They must cost emitters next to nothing. So a bucket takes one exemplar between two snapshots,
//! the first that comes: whether it has one already is one look at its epoch. And a bucket whose
//! lock is taken goes without.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use telemetry::{Event, SpanContext};

use crate::amount::Amount;
use crate::snapshot::Exemplar;

/// The exemplars of one distribution in one row, one per bucket.
#[derive(Debug)]
pub(crate) struct Exemplars {
    slots: Box<[Slot]>,
}

#[derive(Debug, Default)]
struct Slot {
    /// In which the newest was taken; 0 for never.
    epoch: AtomicU32,
    newest: Mutex<Option<Exemplar>>,
}

impl Exemplars {
    pub(crate) fn new(buckets: usize) -> Self {
        Self {
            slots: (0..buckets).map(|_| Slot::default()).collect(),
        }
    }

    /// Keeps this number, if none was kept in this epoch and the event belongs to a sampled trace.
    #[inline]
    pub(crate) fn offer(&self, bucket: usize, epoch: u32, value: Amount, event: &Event<'_>) {
        let slot = &self.slots[bucket];
        if slot.epoch.load(Ordering::Relaxed) != epoch {
            slot.take(epoch, value, event);
        }
    }

    /// What there is.
    pub(crate) fn newest(&self) -> Vec<Option<Exemplar>> {
        let newest = |slot: &Slot| *slot.newest.lock().unwrap_or_else(PoisonError::into_inner);
        self.slots.iter().map(newest).collect()
    }
}

impl Slot {
    #[inline(never)]
    fn take(&self, epoch: u32, value: Amount, event: &Event<'_>) {
        let Some(context) = event.context().filter(SpanContext::is_sampled) else {
            return;
        };
        if let Ok(mut newest) = self.newest.try_lock() {
            self.epoch.store(epoch, Ordering::Relaxed);
            *newest = Some(Exemplar {
                value,
                time: SystemTime::now(),
                trace_id: context.trace_id(),
                span_id: context.span_id(),
            });
        }
    }
}
