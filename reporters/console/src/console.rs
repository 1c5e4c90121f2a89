//! [`Console`]: the handle.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use telemetry::{AttachGuard, Waited};
use telemetry_metrics::Aggregator;
use telemetry_metrics::push::{DROP_TIMEOUT, FlushError, Push};

use crate::account::{Account, Stats};
use crate::events::EventsBuilder;
use crate::lines::{LONGEST, Lines};
use crate::metrics::MetricsBuilder;

/// A running console reporter. Dropping it detaches it and writes what is left, for at most
/// [`DROP_TIMEOUT`].
///
/// ```
/// use telemetry_console::Console;
///
/// let console = Console::events().only(["shop.*"]).start()?;
/// telemetry::execute!("shop.cart.emptied", { items: 3 }, { user: "Ada" });
/// // 2026-11-21T09:55:12.123Z shop.cart.emptied items=3 user=Ada
/// assert_eq!(console.stats().written, 1);
/// # Ok::<(), telemetry_console::ConsoleError>(())
/// ```
#[must_use = "dropping it ends the reporting"]
pub struct Console {
    account: Arc<Account>,
    pub(crate) attached: Option<AttachGuard>,
    /// `None` once it is stopped.
    running: Option<Running>,
}

#[derive(Debug)]
pub(crate) enum Running {
    Lines(Lines),
    Metrics(Push),
}

impl Console {
    /// Begins with every event, as a readable line on standard output.
    pub fn events() -> EventsBuilder {
        EventsBuilder::new()
    }

    /// Begins with a table of what was counted, on standard output, every ten seconds.
    pub fn metrics(aggregator: &Aggregator) -> MetricsBuilder<'_> {
        MetricsBuilder::new(aggregator)
    }

    pub(crate) fn new(account: Arc<Account>, running: Running) -> Self {
        Self {
            account,
            attached: None,
            running: Some(running),
        }
    }

    /// What became of its lines so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.account.stats()
    }

    /// Waits at most `timeout` until everything that was emitted before is written and the output
    /// flushed; of metrics, writes what was counted since the last time.
    ///
    /// # Errors
    ///
    /// A [`FlushError`] if that did not happen, or not in time; it may still happen later then.
    pub fn flush(&self, timeout: Duration) -> Result<(), FlushError> {
        match &self.running {
            Some(Running::Lines(lines)) => lines.flush(timeout),
            Some(Running::Metrics(push)) => push.flush(timeout.min(LONGEST)),
            None => Err(FlushError::Stopped),
        }
    }

    /// Detaches, writes what is left, and lets go of the output, within `timeout`.
    ///
    /// # Errors
    ///
    /// A [`FlushError`] if not all was written in time. With [`FlushError::Timeout`] the output is let
    /// go of when it is no longer stuck.
    pub fn stop(mut self, timeout: Duration) -> Result<(), FlushError> {
        self.end(timeout)
    }

    fn end(&mut self, timeout: Duration) -> Result<(), FlushError> {
        let timeout = timeout.min(LONGEST);
        let deadline = Instant::now() + timeout;
        // Other handlers are waited for as well, which nobody here can tell apart; they may not use up
        // all of the time.
        let waited = self
            .attached
            .take()
            .map(|attached| attached.detach_and_wait(timeout / 2));
        let left = deadline.saturating_duration_since(Instant::now());
        let result = match self.running.take() {
            Some(Running::Lines(lines)) => lines.close(left),
            Some(Running::Metrics(push)) => push.stop(left),
            None => Err(FlushError::Stopped),
        };
        match waited {
            // An emitter has a line that came too late.
            Some(Waited::StillRunning) => result.and(Err(FlushError::Timeout)),
            _ => result,
        }
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        if self.running.is_some() {
            let _ = self.end(DROP_TIMEOUT);
        }
    }
}

impl fmt::Debug for Console {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Console")
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
