//! What comes with the crate, as methods of [`PollerBuilder`].

#[cfg(feature = "tokio")]
use tokio::runtime::Handle;

use crate::builder::PollerBuilder;
use crate::depth::Depth;
use crate::measurement::Measurement;
use crate::vm;

/// The process, its runtime, queues and tables.
impl PollerBuilder {
    /// Adds all built-in measurements: `vm.memory`, `vm.cpu` and `vm.system_counts`, and inside of a
    /// tokio runtime `vm.total_run_queue_lengths` and `vm.tokio`.
    ///
    /// The tokio figures are of the runtime in whose context this is called; outside of any they
    /// are left out. [`vm_on`](Self::vm_on) names the runtime.
    #[cfg(feature = "tokio")]
    pub fn vm(self) -> Self {
        match Handle::try_current() {
            Ok(handle) => self.vm_on(handle),
            Err(_) => self.memory().cpu().system_counts(None),
        }
    }

    /// Adds all built-in measurements: `vm.memory`, `vm.cpu` and `vm.system_counts`. There are more
    /// with the feature `tokio`.
    #[cfg(not(feature = "tokio"))]
    pub fn vm(self) -> Self {
        self.memory().cpu().process_counts()
    }

    /// Adds all built-in measurements, with the figures of this tokio runtime.
    ///
    /// ```
    /// # use telemetry_poller::Poller;
    /// let runtime = tokio::runtime::Runtime::new()?;
    /// let poller = Poller::builder().vm_on(runtime.handle().clone()).start()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "tokio")]
    pub fn vm_on(self, handle: Handle) -> Self {
        self.memory()
            .cpu()
            .run_queue(handle.clone())
            .system_counts(handle.clone())
            .tokio(handle)
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
    #[cfg(feature = "tokio")]
    pub fn run_queue(self, handle: Handle) -> Self {
        self.with(vm::runtime::run_queue(handle))
    }

    /// Adds `vm.system_counts`, with the tokio figures of this runtime; with `None`, without them.
    /// Does nothing where nothing can be counted (not on Linux, and no runtime).
    #[cfg(feature = "tokio")]
    pub fn system_counts(self, handle: impl Into<Option<Handle>>) -> Self {
        match handle.into() {
            Some(handle) => self.with(vm::runtime::system_counts(handle)),
            None => self.process_counts(),
        }
    }

    /// Adds `vm.system_counts` without any tokio figures. Does nothing where nothing can be counted
    /// (it needs Linux).
    pub fn process_counts(self) -> Self {
        self.add_if(vm::process_counts())
    }

    /// Adds `vm.tokio`, of this runtime: how busy its workers are, and with
    /// `--cfg tokio_unstable` how its queues and its blocking threads fare.
    ///
    /// The first figures are of the time since this call. The handle does not keep the runtime from
    /// shutting down.
    #[cfg(feature = "tokio")]
    pub fn tokio(self, handle: Handle) -> Self {
        self.with(vm::runtime::tokio(handle))
    }

    /// Adds the depth of a queue; see [`Measurement::mailbox`].
    ///
    /// ```
    /// # use std::collections::VecDeque;
    /// # use std::sync::{Arc, Mutex};
    /// # use telemetry_poller::Poller;
    /// let orders: Arc<Mutex<VecDeque<u64>>> = Arc::default();
    /// let waiting = orders.clone();
    /// let poller = Poller::builder()
    ///     .mailbox("shop", "orders", move || waiting.lock().unwrap().len())
    ///     .start()?;
    /// # Ok::<(), telemetry_poller::PollerError>(())
    /// ```
    pub fn mailbox<R: Into<Depth>>(
        self,
        prefix: &str,
        name: impl Into<String>,
        probe: impl FnMut() -> R + Send + 'static,
    ) -> Self {
        self.with(Measurement::mailbox(prefix, name, probe))
    }

    /// Adds the size of a map; see [`Measurement::table`].
    pub fn table<R: Into<Option<usize>>>(
        self,
        prefix: &str,
        name: impl Into<String>,
        probe: impl FnMut() -> R + Send + 'static,
    ) -> Self {
        self.with(Measurement::table(prefix, name, probe))
    }

    fn add_if(self, measurement: Option<Measurement>) -> Self {
        match measurement {
            Some(measurement) => self.with(measurement),
            None => self,
        }
    }
}

/// Asynchronous measurements (feature `tokio`).
#[cfg(feature = "tokio")]
impl PollerBuilder {
    /// Adds a function whose future emits events; it runs on the tokio runtime in whose context
    /// this is called. [`Measurement::future`] says more, and how to name the runtime.
    pub fn async_measurement<F>(
        self,
        name: impl Into<String>,
        function: impl FnMut() -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.with(Measurement::future(name, function))
    }

    /// As [`async_measurement`](Self::async_measurement), of a future that can fail.
    pub fn try_async_measurement<F, E>(
        self,
        name: impl Into<String>,
        function: impl FnMut() -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: std::fmt::Display,
    {
        self.with(Measurement::fallible_future(name, function))
    }
}
