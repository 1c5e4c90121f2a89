//! [`OpenTelemetry`]: the handle of a running reporter.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use telemetry_metrics::push::{DROP_TIMEOUT, FlushError};
use telemetry_metrics::{Aggregator, HealthReport};

use crate::builder::OpenTelemetryBuilder;
use crate::spans::SpanQueue;
use crate::worker::{Account, Worker};

/// A running OpenTelemetry reporter. Dropping it sends what there is, for at most two seconds, and
/// stops it.
///
/// ```
/// use std::time::Duration;
/// use telemetry_metrics::{Aggregator, counter};
/// use telemetry_opentelemetry::OpenTelemetry;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let orders = counter("shop.order.placed.count").tags(["currency"]);
/// let aggregator = Aggregator::builder().metrics([orders]).start()?;
/// let otel = OpenTelemetry::builder(&aggregator)
///     .endpoint("http://127.0.0.1:9") // where nobody listens
///     .service_name("shop")
///     .start()?;
///
/// telemetry::span!("shop.checkout").finish();
/// assert!(otel.flush(Duration::from_millis(100)).is_err());
///
/// let health = otel.health();
/// assert_eq!(health.traces.unwrap().sent, 0);
/// assert_eq!(health.queued_spans, 1); // it is tried again
/// # let _ = otel.stop(Duration::from_millis(1));
/// # Ok(()) }
/// ```
#[must_use = "dropping it ends the reporting"]
pub struct OpenTelemetry {
    /// None if there is nothing to do.
    worker: Option<Worker>,
    accounts: Accounts,
}

/// What the reporter is asked about itself.
#[derive(Default)]
pub(crate) struct Accounts {
    pub(crate) traces: Option<(Arc<Account>, Arc<SpanQueue>)>,
    pub(crate) metrics: Option<Arc<Account>>,
}

/// How the reporter fares.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OpenTelemetryHealth {
    /// In spans; failures are attempts to deliver that failed, each of some spans. `None` without
    /// traces.
    pub traces: Option<HealthReport>,
    /// In points; failures are attempts to deliver that failed, each of some points. `None` without
    /// metrics.
    pub metrics: Option<HealthReport>,
    /// How many spans wait, those that are being sent included.
    pub queued_spans: usize,
}

impl OpenTelemetry {
    /// Begins with OTLP over HTTP to `http://localhost:4318`.
    pub fn builder(aggregator: &Aggregator) -> OpenTelemetryBuilder<'_> {
        OpenTelemetryBuilder::new(aggregator)
    }

    pub(crate) fn new(worker: Option<Worker>, accounts: Accounts) -> Self {
        Self { worker, accounts }
    }

    /// What was sent, failed and was dropped so far. The same is in
    /// [`Aggregator::health`], as `otlp-traces` and `otlp-metrics`.
    ///
    /// Spans are either sent, dropped or queued: of those that ended before, none is missing.
    #[must_use]
    pub fn health(&self) -> OpenTelemetryHealth {
        let Accounts { traces, metrics } = &self.accounts;
        // First: what leaves the queue between the two looks is seen twice, and not never.
        let queued_spans = traces.as_ref().map_or(0, |(_, queue)| queue.queued());
        OpenTelemetryHealth {
            traces: traces.as_ref().map(|(account, _)| account.report()),
            metrics: metrics.as_ref().map(|account| account.report()),
            queued_spans,
        }
    }

    /// Sends now what ended and was counted before, and waits at most `timeout` until all of it is
    /// delivered. It blocks the thread; in async code there is [`flush_async`](Self::flush_async).
    ///
    /// # Errors
    ///
    /// [`FlushError::Failed`] if the receiver refused some of it, or could not be reached in time; what
    /// was not refused stays, and is tried again. [`FlushError::Timeout`] if there was no answer yet.
    pub fn flush(&self, timeout: Duration) -> Result<(), FlushError> {
        match &self.worker {
            Some(worker) => worker.flush(timeout),
            None => Ok(()),
        }
    }

    /// As [`flush`](Self::flush), without blocking a thread. It needs no runtime, of no kind; the
    /// reporter's own thread keeps the time. It begins when this is called.
    ///
    /// # Errors
    ///
    /// As [`flush`](Self::flush).
    pub fn flush_async(
        &self,
        timeout: Duration,
    ) -> impl Future<Output = Result<(), FlushError>> + Send + use<> {
        let asked = self.worker.as_ref().map(|worker| worker.ask(timeout));
        async {
            match asked {
                Some(answer) => answer.await,
                None => Ok(()),
            }
        }
    }

    /// Observes no more spans, sends what there is within `timeout`, and stops. It blocks the thread; in
    /// async code there is [`stop_async`](Self::stop_async).
    ///
    /// # Errors
    ///
    /// A [`FlushError`] if not all was delivered by then. The rest is dropped, and counted.
    pub fn stop(mut self, timeout: Duration) -> Result<(), FlushError> {
        match self.worker.take() {
            Some(worker) => worker.stop(timeout),
            None => Ok(()),
        }
    }

    /// As [`stop`](Self::stop), without blocking a thread. It begins when this is called.
    ///
    /// # Errors
    ///
    /// As [`stop`](Self::stop).
    pub fn stop_async(
        mut self,
        timeout: Duration,
    ) -> impl Future<Output = Result<(), FlushError>> + Send + use<> {
        let asked = self.worker.take().map(|worker| worker.ask_to_stop(timeout));
        async {
            match asked {
                Some(answer) => answer.await,
                None => Ok(()),
            }
        }
    }
}

impl Drop for OpenTelemetry {
    fn drop(&mut self) {
        if let Some(worker) = self.worker.take() {
            // There is nobody to tell; what was not delivered is counted.
            let _ = worker.stop(DROP_TIMEOUT);
        }
    }
}

impl fmt::Debug for OpenTelemetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenTelemetry")
            .field("health", &self.health())
            .finish_non_exhaustive()
    }
}
