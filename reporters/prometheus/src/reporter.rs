//! [`Prometheus`]: takes a snapshot per scrape and renders it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use telemetry_metrics::{Aggregator, Health, Snapshots};

use crate::builder::PrometheusBuilder;
use crate::problem::PrometheusError;
use crate::text::Plan;

/// Renders an aggregator's numbers as text for Prometheus.
///
/// It reads when it is asked and costs emitters nothing. Clones are one reporter. It may outlive
/// the aggregator, whose numbers then stand still.
///
/// ```
/// use telemetry_metrics::{Aggregator, counter};
/// use telemetry_prometheus::Prometheus;
///
/// let metrics = [counter("shop.parcel.sent.count").description("Parcels handed to a carrier")];
/// let aggregator = Aggregator::builder().metrics(metrics).constant_tag("env", "prod").start()?;
/// let prometheus = Prometheus::new(&aggregator)?;
///
/// telemetry::execute!("shop.parcel.sent");
/// let text = prometheus.render();
/// let mut lines = text.lines();
/// assert_eq!(lines.next(), Some("# HELP shop_parcel_sent_count_total Parcels handed to a carrier"));
/// assert_eq!(lines.next(), Some("# TYPE shop_parcel_sent_count_total counter"));
/// assert_eq!(lines.next(), Some("shop_parcel_sent_count_total{env=\"prod\"} 1"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Prometheus {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    snapshots: Snapshots,
    plan: Plan,
    health: Health,
    /// How long the last text was: a good guess at how long the next will be.
    last_len: AtomicUsize,
}

impl Prometheus {
    /// A reporter with names as Prometheus likes them.
    ///
    /// # Errors
    ///
    /// [`PrometheusError::Definitions`] with everything for which the text would be invalid.
    pub fn new(aggregator: &Aggregator) -> Result<Self, PrometheusError> {
        Self::builder(aggregator).build()
    }

    /// Begins with the defaults.
    pub fn builder(aggregator: &Aggregator) -> PrometheusBuilder<'_> {
        PrometheusBuilder::new(aggregator)
    }

    pub(crate) fn from_parts(snapshots: Snapshots, plan: Plan, health: Health) -> Self {
        Self {
            inner: Arc::new(Inner {
                snapshots,
                plan,
                health,
                last_len: AtomicUsize::new(0),
            }),
        }
    }

    /// All numbers as they are now, in the text format 0.0.4; send it with
    /// [`CONTENT_TYPE`](crate::CONTENT_TYPE).
    ///
    /// Families stand in the order of their definitions, series in the order in which they were
    /// met; a family without series is left out. Each call counts as a scrape answered, in the
    /// aggregator's account of the reporter `prometheus`.
    #[must_use]
    pub fn render(&self) -> String {
        let inner = &*self.inner;
        let snapshot = inner.snapshots.take();
        let last_len = inner.last_len.load(Ordering::Relaxed);
        let mut text = String::with_capacity(last_len + last_len / 16);
        inner.plan.write(&mut text, &snapshot);
        inner.last_len.store(text.len(), Ordering::Relaxed);
        inner.health.sent(1);
        text
    }

    /// A scrape that got no text.
    #[cfg(feature = "axum")]
    pub(crate) fn failed(&self) {
        self.inner.health.failed(1);
    }
}
