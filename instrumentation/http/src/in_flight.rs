//! [`InFlight`]: how many requests there are now.
//!
//! A prefix has one count, which is kept for ever, as its names are; so their number is bounded where
//! that of the names is. A request then needs no share in an `Arc`, which all threads would write to.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

use telemetry::{EventName, NameError, execute};

/// How many requests are in flight: begun, and not at the end of their answer.
///
/// Made by [`TelemetryLayer::in_flight`](crate::TelemetryLayer::in_flight). All layers of a prefix share
/// one count. It is of all requests, observed or not, and each is taken off exactly once, just before
/// its terminal event: however it ends.
///
/// ```
/// use axum::Router;
/// use telemetry_http::TelemetryLayer;
///
/// let layer = TelemetryLayer::new("shop.endpoint")?;
/// let in_flight = layer.in_flight();
/// let app: Router = Router::new().layer(layer);
/// assert_eq!(in_flight.count(), 0);
/// # Ok::<(), telemetry::NameError>(())
/// ```
#[derive(Clone, Copy)]
pub struct InFlight {
    name: EventName,
    counts: &'static Counts,
}

/// Alone on its cache line, so that the requests of one prefix do not slow down those of another.
#[derive(Default)]
#[repr(align(128))]
struct Counts {
    now: AtomicUsize,
    /// The most since the peak was last taken.
    peak: AtomicUsize,
}

impl InFlight {
    pub(crate) fn new(prefix: &str) -> Result<Self, NameError> {
        static ALL: LazyLock<Mutex<HashMap<&'static str, &'static Counts>>> =
            LazyLock::new(Mutex::default);
        let name = EventName::new(&format!("{prefix}.in_flight"))?;
        let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = all
            .entry(name.as_str())
            .or_insert_with(|| Box::leak(Box::default()));
        Ok(Self { name, counts })
    }

    /// How many requests there are at this moment.
    #[must_use]
    pub fn count(&self) -> usize {
        self.counts.now.load(Ordering::Relaxed)
    }

    /// The most that there were at once since the peak was last [taken](Self::take_peak).
    #[must_use]
    pub fn peak(&self) -> usize {
        self.counts.peak.load(Ordering::Relaxed).max(self.count())
    }

    /// As [`peak`](Self::peak), and begins anew: the next peak is at least the present count.
    pub fn take_peak(&self) -> usize {
        let peak = self.counts.peak.swap(0, Ordering::Relaxed);
        let count = self.count();
        self.counts.peak.fetch_max(count, Ordering::Relaxed);
        peak.max(count)
    }

    /// Emits `{prefix}.in_flight` with `count` and `peak`, and [takes](Self::take_peak) the peak: what
    /// happened between two calls is in the peak of the second.
    pub fn emit(&self) {
        if self.name.is_observed() {
            let (count, peak) = (self.count(), self.take_peak());
            execute!("*.in_flight" => self.name, { count, peak });
        }
    }

    /// A closure that [emits](Self::emit): the measurement of a poller.
    ///
    /// ```
    /// # let layer = telemetry_http::TelemetryLayer::new("shop.endpoint")?;
    /// let measurement = layer.in_flight().measurement();
    /// // With telemetry-poller: `Poller::builder().measurement("shop.endpoint.in_flight", measurement)`
    /// measurement();
    /// # Ok::<(), telemetry::NameError>(())
    /// ```
    pub fn measurement(&self) -> impl Fn() + Send + Sync + 'static + use<> {
        let this = *self;
        move || this.emit()
    }

    /// Counts one more, until what this returns is dropped.
    #[inline]
    pub(crate) fn enter(&self) -> Counted {
        let counts = self.counts;
        let now = counts.now.fetch_add(1, Ordering::Relaxed) + 1;
        // Mostly it is no new peak, and then a load is all.
        if now > counts.peak.load(Ordering::Relaxed) {
            counts.peak.fetch_max(now, Ordering::Relaxed);
        }
        Counted(counts)
    }
}

impl fmt::Debug for InFlight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InFlight")
            .field("name", &self.name)
            .field("count", &self.count())
            .field("peak", &self.peak())
            .finish()
    }
}

/// One request that is in flight as long as this lives.
pub(crate) struct Counted(&'static Counts);

impl Drop for Counted {
    #[inline]
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_the_most_since_it_was_taken() {
        let in_flight = InFlight::new("http_in_flight_unit").unwrap();
        let [one, two, three] = [(); 3].map(|()| in_flight.enter());
        drop((one, two));
        assert_eq!((in_flight.count(), in_flight.peak()), (1, 3));
        assert_eq!(in_flight.take_peak(), 3);
        assert_eq!(in_flight.peak(), 1, "the one that is left");
        let four = in_flight.enter();
        drop((three, four));
        assert_eq!((in_flight.count(), in_flight.take_peak()), (0, 2));
        assert_eq!(in_flight.take_peak(), 0);
    }

    #[test]
    fn a_prefix_has_one_count() {
        let [one, same, other] = ["shared", "shared", "other"]
            .map(|name| InFlight::new(&format!("http_in_flight_{name}")).unwrap());
        let counted = same.enter();
        assert_eq!((one.count(), same.count(), other.count()), (1, 1, 0));
        drop(counted);
        assert_eq!(one.count(), 0);
    }

    #[test]
    fn threads_leave_nothing_behind() {
        let in_flight = InFlight::new("http_in_flight_threads").unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..10_000 {
                        let _two = (in_flight.enter(), in_flight.enter());
                    }
                });
            }
        });
        assert_eq!(in_flight.count(), 0);
        assert!((2..=8).contains(&in_flight.peak()));
    }
}
