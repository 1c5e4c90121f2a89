//! What the macros get: handles that count into a series of the aggregator.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use metrics::{CounterFn, GaugeFn, HistogramFn};
use telemetry::Number;
use telemetry_metrics::{Health, LateSeries};

/// A counter, which is one of ours or, if it has a unit, a sum.
pub(super) struct CounterHandle {
    pub(super) series: LateSeries,
    pub(super) is_sum: bool,
    /// For numbers in a unit that we have no word for.
    pub(super) scale: u64,
    pub(super) total: Total,
    pub(super) account: Health,
}

/// How it is known what was counted so far, which is what `absolute` is about.
pub(super) enum Total {
    /// The series knows; one at a time asks it.
    OfSeries(Mutex<()>),
    /// Of a sum, which has units of its own.
    Kept(AtomicU64),
    /// Other handles count in the same series.
    Unknown,
}

impl CounterHandle {
    fn add(&self, count: u64) {
        if self.is_sum {
            let number = Number::Unsigned(count.saturating_mul(self.scale));
            self.series.record(number, 1);
        } else {
            self.series.add(count);
        }
    }
}

impl CounterFn for CounterHandle {
    fn increment(&self, value: u64) {
        if let Total::Kept(total) = &self.total {
            total.fetch_add(value, Ordering::Relaxed);
        }
        self.add(value);
    }

    fn absolute(&self, value: u64) {
        match &self.total {
            Total::OfSeries(lock) => {
                let _one_at_a_time = lock.lock().unwrap_or_else(PoisonError::into_inner);
                // What is being added meanwhile comes on top, as if it came after.
                self.add(value.saturating_sub(self.series.count()));
            }
            Total::Kept(total) => {
                let before = total.fetch_max(value, Ordering::Relaxed);
                if value > before {
                    self.add(value - before);
                }
            }
            // Of which of the series that are counted here?
            Total::Unknown => self.account.dropped(1),
        }
    }
}

/// A gauge. Steps are resolved here, so that reporters get values.
pub(super) struct GaugeHandle {
    pub(super) series: LateSeries,
    pub(super) scale: f64,
    /// As the aggregator has it, and under the lock in the same order. None if other handles set
    /// the same series.
    pub(super) value: Option<Mutex<f64>>,
    pub(super) account: Health,
}

impl GaugeHandle {
    fn change(&self, change: impl FnOnce(f64) -> f64) {
        let Some(value) = &self.value else {
            return self.account.dropped(1);
        };
        let mut value = value.lock().unwrap_or_else(PoisonError::into_inner);
        let new = change(*value);
        // The series counts what is not.
        if new.is_finite() {
            *value = new;
        }
        self.series.record(Number::Float(new * self.scale), 1);
    }
}

impl GaugeFn for GaugeHandle {
    fn increment(&self, step: f64) {
        self.change(|value| value + step);
    }

    fn decrement(&self, step: f64) {
        self.change(|value| value - step);
    }

    fn set(&self, new: f64) {
        if self.value.is_some() {
            self.change(|_| new);
        } else {
            self.series.record(Number::Float(new * self.scale), 1);
        }
    }
}

/// A histogram.
pub(super) struct HistogramHandle {
    pub(super) series: LateSeries,
    pub(super) scale: f64,
}

impl HistogramFn for HistogramHandle {
    fn record(&self, value: f64) {
        self.series.record(Number::Float(value * self.scale), 1);
    }

    fn record_many(&self, value: f64, count: usize) {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        self.series.record(Number::Float(value * self.scale), count);
    }
}

/// For what has no place: each number is counted as dropped.
pub(super) struct Refused(pub(super) Health);

impl Refused {
    pub(super) fn handle(account: &Health) -> Arc<Self> {
        Arc::new(Self(account.clone()))
    }
}

impl CounterFn for Refused {
    fn increment(&self, _: u64) {
        self.0.dropped(1);
    }

    fn absolute(&self, _: u64) {
        self.0.dropped(1);
    }
}

impl GaugeFn for Refused {
    fn increment(&self, _: f64) {
        self.0.dropped(1);
    }

    fn decrement(&self, _: f64) {
        self.0.dropped(1);
    }

    fn set(&self, _: f64) {
        self.0.dropped(1);
    }
}

impl HistogramFn for Refused {
    fn record(&self, _: f64) {
        self.0.dropped(1);
    }

    fn record_many(&self, _: f64, count: usize) {
        self.0.dropped(u64::try_from(count).unwrap_or(u64::MAX));
    }
}
