//! [`Measurement`]: a function to run now and then, its name, and how it is to be run.

use std::fmt;
use std::time::Duration;

#[cfg(feature = "tokio")]
use tokio::runtime::Handle;

use crate::error::PollerError;

/// How a run ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Done,
    Failed(String),
    /// It took longer than its timeout, and ended before the clock's thread saw that.
    Late,
    /// What is measured is gone for good: the measurement removes itself.
    Gone,
    /// An asynchronous run was dropped before its end.
    #[cfg(feature = "tokio")]
    Dropped,
}

impl Ending {
    fn of<E: fmt::Display>(result: Result<(), E>) -> Self {
        match result {
            Ok(()) => Self::Done,
            Err(error) => Self::Failed(error.to_string()),
        }
    }
}

pub(crate) type OnThread = Box<dyn FnMut() -> Ending + Send>;

#[cfg(feature = "tokio")]
pub(crate) type Running = std::pin::Pin<Box<dyn Future<Output = Ending> + Send>>;

#[cfg(feature = "tokio")]
pub(crate) type OnRuntime = Box<dyn FnMut() -> Running + Send>;

/// What is called, and where.
pub(crate) enum Function {
    Thread(OnThread),
    #[cfg(feature = "tokio")]
    Runtime(Handle, OnRuntime),
    /// Made outside of any runtime, and not yet told which; never in one that was added.
    #[cfg(feature = "tokio")]
    Homeless(OnRuntime),
    /// Why it cannot be run; never in one that was added.
    Impossible(PollerError),
}

/// A measurement to give to [`PollerBuilder::with`](crate::PollerBuilder::with) before the start, or
/// to [`Poller::add`](crate::Poller::add) after it.
///
/// ```
/// use std::time::Duration;
/// use telemetry_poller::{Measurement, Poller};
///
/// let poller = Poller::builder().period(Duration::from_secs(1)).start()?;
/// let size = || telemetry::execute!("shop.catalogue", { size: 3 });
/// // Once a minute, and a failure if it takes longer than ten seconds.
/// poller.add(Measurement::new("shop.catalogue", size).every(60).timeout(Duration::from_secs(10)))?;
/// assert!(poller.remove("shop.catalogue"));
/// # Ok::<(), telemetry_poller::PollerError>(())
/// ```
#[must_use = "it is not run before it is added to a poller"]
pub struct Measurement {
    pub(crate) name: String,
    pub(crate) timeout: Option<Duration>,
    pub(crate) every: u32,
    pub(crate) function: Function,
}

impl Measurement {
    /// A function that emits events.
    ///
    /// It is called again after a panic, so it should not leave its captures half-changed.
    pub fn new(name: impl Into<String>, mut function: impl FnMut() + Send + 'static) -> Self {
        Self::on_thread(name, move || {
            function();
            Ending::Done
        })
    }

    /// A function that can fail. An error counts as a panic does, but keeps the panic hook out of
    /// it: the measurement is kept, counted and backed off.
    pub fn fallible<E: fmt::Display>(
        name: impl Into<String>,
        mut function: impl FnMut() -> Result<(), E> + Send + 'static,
    ) -> Self {
        Self::on_thread(name, move || Ending::of(function()))
    }

    pub(crate) fn on_thread(
        name: impl Into<String>,
        function: impl FnMut() -> Ending + Send + 'static,
    ) -> Self {
        Self::of(name.into(), Function::Thread(Box::new(function)))
    }

    pub(crate) fn of(name: String, function: Function) -> Self {
        Self {
            name,
            timeout: None,
            every: 1,
            function,
        }
    }

    /// How long a run may take before it counts as a failure; that of the poller unless told
    /// otherwise, see [`PollerBuilder::timeout`](crate::PollerBuilder::timeout).
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Runs it at every `n`-th tick of its poller only; `1`, every tick, unless told otherwise. The
    /// first run is at the first tick after it was added, the others at the ticks whose number,
    /// counted from zero, `n` divides.
    pub fn every(mut self, n: u32) -> Self {
        self.every = n;
        self
    }

    /// The name given.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What is wrong with it, if anything.
    pub(crate) fn check(self) -> Result<Self, PollerError> {
        if self.every == 0 {
            return Err(PollerError::ZeroEvery { name: self.name });
        }
        if self.timeout.is_some_and(|timeout| timeout.is_zero()) {
            return Err(PollerError::ZeroTimeout);
        }
        match self.function {
            Function::Impossible(error) => Err(error),
            #[cfg(feature = "tokio")]
            Function::Homeless(_) => Err(PollerError::NoRuntime { name: self.name }),
            _ => Ok(self),
        }
    }
}

/// Asynchronous measurements (feature `tokio`).
#[cfg(feature = "tokio")]
impl Measurement {
    /// A function whose future emits events, run as a task of a tokio runtime: of the one in whose
    /// context this is called, or of the one named with [`on`](Self::on).
    ///
    /// A future that takes longer than the [`timeout`](Self::timeout) is dropped at its next
    /// suspension.
    ///
    /// ```
    /// use telemetry_poller::{Measurement, Poller};
    /// # async fn orders_waiting() -> u64 { 3 }
    /// let runtime = tokio::runtime::Runtime::new()?;
    /// let poller = Poller::builder()
    ///     .with(Measurement::future("shop.orders", || async {
    ///         let waiting = orders_waiting().await;
    ///         telemetry::execute!("shop.orders", { waiting });
    ///     }).on(runtime.handle()))
    ///     .start()?;
    /// # poller.poll_now(std::time::Duration::from_secs(10))?;
    /// # assert!(poller.list_measurements()[0].runs >= 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn future<F>(
        name: impl Into<String>,
        mut function: impl FnMut() -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self::on_runtime(name.into(), move || {
            let future = function();
            Box::pin(async move {
                future.await;
                Ending::Done
            })
        })
    }

    /// As [`future`](Self::future), of a future that can fail.
    pub fn fallible_future<F, E>(
        name: impl Into<String>,
        mut function: impl FnMut() -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: fmt::Display,
    {
        Self::on_runtime(name.into(), move || {
            let future = function();
            Box::pin(async move { Ending::of(future.await) })
        })
    }

    /// Runs an asynchronous measurement on this runtime. Of no effect on one that is not.
    ///
    /// The handle does not keep the runtime from shutting down; after that the runs fail.
    pub fn on(mut self, handle: &Handle) -> Self {
        self.function = match self.function {
            Function::Runtime(_, function) | Function::Homeless(function) => {
                Function::Runtime(handle.clone(), function)
            }
            other => other,
        };
        self
    }

    fn on_runtime(name: String, function: impl FnMut() -> Running + Send + 'static) -> Self {
        let function: OnRuntime = Box::new(function);
        let function = match Handle::try_current() {
            Ok(handle) => Function::Runtime(handle, function),
            Err(_) => Function::Homeless(function),
        };
        Self::of(name, function)
    }
}

impl fmt::Debug for Measurement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Measurement")
            .field("name", &self.name)
            .field("timeout", &self.timeout)
            .field("every", &self.every)
            .finish_non_exhaustive()
    }
}
