//! Exemplars: for each bucket of a distribution one number, and the span in which it was counted.
//!
//! They must cost emitters next to nothing. So a bucket takes one exemplar between two snapshots,
//! the first that comes: whether it has one already is one look at its epoch. And a bucket whose
//! lock is taken goes without.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use once_cell::race::OnceBox;
use telemetry::{Event, SpanContext};

use crate::amount::Amount;
use crate::snapshot::Exemplar;

/// The exemplars of one distribution in one row.
#[derive(Debug, Default)]
pub(crate) struct Exemplars {
    /// One per bucket, there once there is something to keep.
    slots: OnceBox<Box<[Slot]>>,
}

#[derive(Debug, Default)]
struct Slot {
    /// In which the newest was taken; 0 for never.
    epoch: AtomicU32,
    newest: Mutex<Option<Exemplar>>,
}

impl Exemplars {
    /// Keeps this number of one of so many buckets, if none was kept in this epoch and the event
    /// belongs to a sampled trace.
    #[inline]
    pub(crate) fn offer(
        &self,
        buckets: usize,
        bucket: usize,
        epoch: u32,
        value: Amount,
        event: &Event<'_>,
    ) {
        let is_taken = self
            .slots
            .get()
            .is_some_and(|slots| slots[bucket].epoch.load(Ordering::Relaxed) == epoch);
        if !is_taken {
            self.take(buckets, bucket, epoch, value, event);
        }
    }

    #[inline(never)]
    fn take(&self, buckets: usize, bucket: usize, epoch: u32, value: Amount, event: &Event<'_>) {
        let Some(context) = event.context().filter(SpanContext::is_sampled) else {
            return;
        };
        let slots = self
            .slots
            .get_or_init(|| Box::new((0..buckets).map(|_| Slot::default()).collect()));
        let slot = &slots[bucket];
        if let Ok(mut newest) = slot.newest.try_lock() {
            slot.epoch.store(epoch, Ordering::Relaxed);
            *newest = Some(Exemplar {
                value,
                time: SystemTime::now(),
                trace_id: context.trace_id(),
                span_id: context.span_id(),
            });
        }
    }

    /// What there is, one per bucket; empty if there never was anything.
    pub(crate) fn newest(&self) -> Vec<Option<Exemplar>> {
        let newest = |slot: &Slot| *slot.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let slots = self.slots.get().map_or(&[][..], |slots| slots);
        slots.iter().map(newest).collect()
    }
}
