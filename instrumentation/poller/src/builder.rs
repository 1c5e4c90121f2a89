//! [`PollerBuilder`]: what to measure, and how often.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::error::PollerError;
use crate::measurement::Measurement;
use crate::poller::Poller;
use crate::shared::Shared;
use crate::state::State;
use crate::ticks::Ticks;

/// Configures a [`Poller`]; made by [`Poller::builder`].
#[must_use = "nothing runs before `start`"]
pub struct PollerBuilder {
    name: String,
    period: Duration,
    timeout: Duration,
    init_delay: Duration,
    max_rest: u32,
    stop_timeout: Duration,
    measurements: Vec<Measurement>,
}

impl PollerBuilder {
    pub(crate) fn new() -> Self {
        Self {
            // Linux shows fifteen bytes of a thread's name.
            name: "telemetry-poll".to_owned(),
            period: Duration::from_secs(5),
            timeout: Duration::from_secs(5),
            init_delay: Duration::ZERO,
            max_rest: 32,
            stop_timeout: Duration::from_secs(2),
            measurements: Vec::new(),
        }
    }

    /// The time from one tick to the next; 5 seconds unless told otherwise.
    pub fn period(mut self, period: Duration) -> Self {
        self.period = period;
        self
    }

    /// How long a run may take before it counts as a failure, where the measurement itself does not
    /// say; 5 seconds unless told otherwise, and `Duration::MAX` is for ever.
    ///
    /// A function that takes longer cannot be interrupted: it is shown as
    /// [`hanging`](crate::MeasurementInfo::hanging), and not started again before it has returned.
    /// The future of an asynchronous measurement is dropped. The others of the poller wait for
    /// neither, and not for the timeout.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The time from [`start`](Self::start) to the first tick; none unless told otherwise.
    pub fn init_delay(mut self, delay: Duration) -> Self {
        self.init_delay = delay;
        self
    }

    /// The name of the poller's threads; `telemetry-poll` unless told otherwise. Linux shows its
    /// first fifteen bytes.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// For how many periods at most a measurement that keeps failing is skipped; 32 unless told
    /// otherwise, and with 0 it runs at every tick.
    pub fn max_rest(mut self, periods: u32) -> Self {
        self.max_rest = periods;
        self
    }

    /// How long [`Poller::stop`], and dropping the poller, wait for a measurement that is running;
    /// 2 seconds unless told otherwise.
    pub fn stop_timeout(mut self, timeout: Duration) -> Self {
        self.stop_timeout = timeout;
        self
    }

    /// Adds a measurement: a function that emits events.
    ///
    /// It is called again after a panic, so it should not leave its captures half-changed. What
    /// can fail in an ordinary way goes into [`try_measurement`](Self::try_measurement), which
    /// keeps the panic hook out of it.
    ///
    /// ```
    /// # use std::sync::{Arc, Mutex};
    /// # use telemetry_poller::Poller;
    /// let queue = Arc::new(Mutex::new(vec![1, 2, 3]));
    /// let poller = Poller::builder()
    ///     .measurement("shop.queue", move || {
    ///         telemetry::execute!("shop.queue", { length: queue.lock().unwrap().len() });
    ///     })
    ///     .start()?;
    /// # Ok::<(), telemetry_poller::PollerError>(())
    /// ```
    pub fn measurement(
        self,
        name: impl Into<String>,
        function: impl FnMut() + Send + 'static,
    ) -> Self {
        self.with(Measurement::new(name, function))
    }

    /// Adds a measurement that can fail. An error counts as a panic does: the measurement is kept,
    /// counted and backed off.
    ///
    /// ```
    /// # use telemetry_poller::Poller;
    /// let poller = Poller::builder()
    ///     .try_measurement("shop.disk", || -> std::io::Result<()> {
    ///         let bytes = std::fs::metadata("orders.log")?.len();
    ///         telemetry::execute!("shop.disk", { bytes });
    ///         Ok(())
    ///     })
    ///     .start()?;
    /// # Ok::<(), telemetry_poller::PollerError>(())
    /// ```
    pub fn try_measurement<E: fmt::Display>(
        self,
        name: impl Into<String>,
        function: impl FnMut() -> Result<(), E> + Send + 'static,
    ) -> Self {
        self.with(Measurement::fallible(name, function))
    }

    /// Adds a [`Measurement`], which may have a timeout and a period of its own.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use telemetry_poller::{Measurement, Poller};
    /// let rare = Measurement::new("shop.catalogue", || telemetry::execute!("shop.catalogue", { size: 3 }));
    /// let poller = Poller::builder()
    ///     .period(Duration::from_secs(5))
    ///     .with(rare.every(12).timeout(Duration::from_secs(30)))
    ///     .start()?;
    /// # Ok::<(), telemetry_poller::PollerError>(())
    /// ```
    pub fn with(mut self, measurement: Measurement) -> Self {
        self.measurements.push(measurement);
        self
    }

    /// Starts the poller on threads of its own: one that keeps the time, one that measures. The
    /// first poll is at once, or after the [`init_delay`](Self::init_delay).
    ///
    /// # Errors
    ///
    /// A [`PollerError`] if the period or a timeout is zero, two measurements have one name, an
    /// asynchronous one has no runtime, a prefix is not a name, the thread's name contains a zero
    /// byte, or the operating system gives no thread.
    pub fn start(self) -> Result<Poller, PollerError> {
        self.start_with(None)
    }

    /// `stack` is the size of the clock's stack, so that a test can ask for too much.
    fn start_with(self, stack: Option<usize>) -> Result<Poller, PollerError> {
        if self.period.is_zero() {
            return Err(PollerError::ZeroPeriod);
        }
        if self.timeout.is_zero() {
            return Err(PollerError::ZeroTimeout);
        }
        // `thread::Builder` would panic.
        if self.name.contains('\0') {
            return Err(PollerError::ThreadName { name: self.name });
        }
        let ticks = Ticks::new(Instant::now(), self.init_delay, self.period);
        let mut state = State::new(ticks, self.max_rest, self.timeout);
        let mut names = HashSet::new();
        for measurement in self.measurements {
            let measurement = measurement.check()?;
            if !names.insert(measurement.name.clone()) {
                let name = measurement.name;
                return Err(PollerError::DuplicateMeasurement { name });
            }
            state.push(measurement);
        }
        let worker = state.hire();
        let shared = Arc::new(Shared::new(self.name, self.period, state));
        shared
            .spawn_worker(worker)
            .and_then(|()| shared.spawn_clock(stack))
            .map_err(|error| {
                // Nothing has been queued, for there is no clock. The worker ends by itself.
                shared.stop();
                let (functions, _) = shared.lock().clear();
                drop(functions);
                PollerError::Spawn { error }
            })?;
        Ok(Poller {
            shared,
            stop_timeout: self.stop_timeout,
        })
    }
}

impl fmt::Debug for PollerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.measurements.iter().map(Measurement::name).collect();
        f.debug_struct("PollerBuilder")
            .field("name", &self.name)
            .field("period", &self.period)
            .field("timeout", &self.timeout)
            .field("init_delay", &self.init_delay)
            .field("max_rest", &self.max_rest)
            .field("stop_timeout", &self.stop_timeout)
            .field("measurements", &names)
            .finish()
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_cannot_be_had_is_an_error() {
        let kept = Arc::new(());
        let captured = kept.clone();
        let builder = Poller::builder().measurement("m", move || drop(captured.clone()));
        let error = builder.start_with(Some(isize::MAX as usize)).unwrap_err();
        assert!(matches!(error, PollerError::Spawn { .. }), "{error:?}");
        assert_eq!(Arc::strong_count(&kept), 1, "the measurements are dropped");
    }
}
