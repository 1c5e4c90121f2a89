//! [`PollerBuilder`]: what to measure, and how often.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;

use crate::error::PollerError;
use crate::measurement::Measurement;
use crate::poller::Poller;
use crate::ticks::Ticks;
use crate::vm;
use crate::worker::{Shared, Worker};

/// Configures a [`Poller`]; made by [`Poller::builder`].
#[must_use = "nothing runs before `start`"]
pub struct PollerBuilder {
    name: String,
    period: Duration,
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

    /// The time from [`start`](Self::start) to the first tick; none unless told otherwise.
    pub fn init_delay(mut self, delay: Duration) -> Self {
        self.init_delay = delay;
        self
    }

    /// The name of the poller's thread; `telemetry-poll` unless told otherwise. Linux shows its
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
        mut function: impl FnMut() + Send + 'static,
    ) -> Self {
        self.add(Measurement::new(name, move || {
            function();
            Ok::<(), String>(())
        }))
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
        self.add(Measurement::new(name, function))
    }

    /// Adds all built-in measurements: `vm.memory`, `vm.cpu`, `vm.total_run_queue_lengths` and
    /// `vm.system_counts`.
    ///
    /// The tokio figures are of the runtime in whose context this is called; outside of any they
    /// are left out. [`vm_on`](Self::vm_on) names the runtime.
    pub fn vm(self) -> Self {
        let handle = Handle::try_current().ok();
        self.add_vm(handle)
    }

    /// Adds all built-in measurements, with the figures of this tokio runtime.
    ///
    /// ```
    /// # use telemetry_poller::Poller;
    /// let runtime = tokio::runtime::Runtime::new()?;
    /// let poller = Poller::builder().vm_on(runtime.handle().clone()).start()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn vm_on(self, handle: Handle) -> Self {
        self.add_vm(Some(handle))
    }

    fn add_vm(self, handle: Option<Handle>) -> Self {
        let builder = self.memory().cpu();
        let builder = match handle.clone() {
            Some(handle) => builder.run_queue(handle),
            None => builder,
        };
        builder.system_counts(handle)
    }

    /// Adds `vm.memory`. Does nothing where the platform has no figures (it needs Linux).
    pub fn memory(self) -> Self {
        self.add_if(vm::memory())
    }

    /// Adds `vm.cpu`. Does nothing where the platform has no figures (it needs Linux, macOS or
    /// FreeBSD).
    ///
    /// The first `time` is of the time since this call.
    pub fn cpu(self) -> Self {
        self.add_if(vm::cpu())
    }

    /// Adds `vm.total_run_queue_lengths`, of this tokio runtime.
    ///
    /// The handle does not keep the runtime from shutting down.
    pub fn run_queue(self, handle: Handle) -> Self {
        self.add(vm::run_queue(handle))
    }

    /// Adds `vm.system_counts`, with the tokio figures of this runtime; with `None`, without them.
    /// Does nothing where nothing can be counted (not on Linux, and no runtime).
    pub fn system_counts(self, handle: impl Into<Option<Handle>>) -> Self {
        self.add_if(vm::system_counts(handle.into()))
    }

    fn add(mut self, measurement: Measurement) -> Self {
        self.measurements.push(measurement);
        self
    }

    fn add_if(self, measurement: Option<Measurement>) -> Self {
        match measurement {
            Some(measurement) => self.add(measurement),
            None => self,
        }
    }

    /// Starts the poller on a thread of its own. The first poll is at once, or after the
    /// [`init_delay`](Self::init_delay).
    ///
    /// # Errors
    ///
    /// A [`PollerError`] if the period is zero, two measurements have one name, the thread's name
    /// contains a zero byte, or the operating system gives no thread.
    pub fn start(self) -> Result<Poller, PollerError> {
        self.start_on(thread::Builder::new())
    }

    fn start_on(self, thread: thread::Builder) -> Result<Poller, PollerError> {
        if self.period.is_zero() {
            return Err(PollerError::ZeroPeriod);
        }
        let mut names = HashSet::new();
        if let Some(twice) = self
            .measurements
            .iter()
            .find(|one| !names.insert(one.name()))
        {
            return Err(PollerError::DuplicateMeasurement {
                name: twice.name().to_owned(),
            });
        }
        // `thread::Builder` would panic.
        if self.name.contains('\0') {
            return Err(PollerError::ThreadName { name: self.name });
        }
        let shared = Arc::new(Shared::new(&self.measurements));
        let worker = Worker {
            shared: shared.clone(),
            ticks: Ticks::new(Instant::now(), self.init_delay, self.period),
            max_rest: self.max_rest,
            measurements: self.measurements,
        };
        let thread = thread
            .name(self.name)
            .spawn(|| worker.run())
            .map_err(|error| PollerError::Spawn { error })?
            .thread()
            .id();
        Ok(Poller {
            shared,
            thread,
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
        let greedy = thread::Builder::new().stack_size(isize::MAX as usize);
        let error = builder.start_on(greedy).unwrap_err();
        assert!(matches!(error, PollerError::Spawn { .. }), "{error:?}");
        assert_eq!(Arc::strong_count(&kept), 1, "the measurements are dropped");
    }
}
