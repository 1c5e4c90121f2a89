//! [`Prometheus`]: takes a snapshot per scrape and renders it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use telemetry_metrics::history::Windows;
use telemetry_metrics::{Aggregator, Health, Kind, Snapshot, Snapshots};

use crate::about::{About, START};
use crate::builder::PrometheusBuilder;
use crate::encode::Plan;
use crate::family::Family;
use crate::format::Format;
use crate::problem::PrometheusError;
#[cfg(feature = "http")]
use crate::token::BearerToken;

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
pub(crate) struct Inner {
    pub(crate) snapshots: Snapshots,
    pub(crate) plan: Plan,
    /// What summaries were, for their quantiles; `None` if those are not shown.
    pub(crate) windows: Option<Mutex<Windows>>,
    /// Whether there are summaries, as far as is known: one may come later.
    pub(crate) has_summaries: AtomicBool,
    #[cfg(feature = "http")]
    pub(crate) token: Option<BearerToken>,
    pub(crate) health: Health,
    /// How long the last text was: a good guess at how long the next will be.
    pub(crate) last_len: AtomicUsize,
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

    pub(crate) fn from_inner(inner: Inner) -> Self {
        Self {
            inner: Arc::new(inner),
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
        self.render_as(Format::Text)
    }

    /// The same as OpenMetrics 1.0.
    ///
    /// ```
    /// use telemetry_metrics::{Aggregator, sum};
    /// use telemetry_prometheus::{Format, Prometheus};
    ///
    /// let metrics = [sum("shop.upload.size").bytes().description("What was uploaded")];
    /// let aggregator = Aggregator::builder().metrics(metrics).start()?;
    /// let prometheus = Prometheus::new(&aggregator)?;
    ///
    /// telemetry::execute!("shop.upload", { size: 512 });
    /// let text = prometheus.render_openmetrics();
    /// let head = "# TYPE shop_upload_size_bytes counter\n# UNIT shop_upload_size_bytes bytes\n";
    /// assert!(text.starts_with(head));
    /// assert!(text.contains("\nshop_upload_size_bytes_total 512\n"));
    /// assert!(text.ends_with("\n# EOF\n"));
    /// assert_eq!(text.len(), prometheus.render_as(Format::OpenMetrics).len());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn render_openmetrics(&self) -> String {
        self.render_as(Format::OpenMetrics)
    }

    /// The same in the format that a client asked for; send it with its
    /// [content type](Format::content_type).
    #[must_use]
    pub fn render_as(&self, format: Format) -> String {
        let text = self.text(format, false);
        self.sent();
        text
    }

    /// How many summaries showed, at the last scrape, quantiles of everything since their start
    /// instead of those of the [window](PrometheusBuilder::quantile_window), because the memory for
    /// the past was used up.
    #[must_use]
    pub fn summaries_without_window(&self) -> usize {
        let windows = self.inner.windows.as_ref();
        windows.map_or(0, |windows| lock(windows).left_out())
    }

    /// The text, not yet counted as delivered; `is_file` if it is not the answer to a scrape.
    pub(crate) fn text(&self, format: Format, is_file: bool) -> String {
        let inner = &*self.inner;
        let last_len = inner.last_len.load(Ordering::Relaxed);
        let mut text = String::with_capacity(last_len + last_len / 16);
        let left_out = match inner.windows_if_any() {
            Ok(snapshot) => inner
                .plan
                .write(&mut text, (format, is_file), &snapshot, None),
            Err(windows) => {
                // Scrapes wait for each other here, so that the newest is the newest for all.
                let mut windows = lock(windows);
                let now = Instant::now();
                let snapshot = inner.snapshots.take();
                windows.observe(now, &snapshot);
                inner
                    .plan
                    .write(&mut text, (format, is_file), &snapshot, Some(&windows))
            }
        };
        if left_out > 0 {
            inner.health.dropped(left_out);
        }
        inner.last_len.store(text.len(), Ordering::Relaxed);
        text
    }

    /// In the order of a snapshot's.
    pub(crate) fn families(&self) -> &[Family] {
        self.inner.plan.families()
    }

    /// What is said of the process.
    pub(crate) fn about(&self) -> &About {
        self.inner.plan.about()
    }

    /// Whether there is a sample of when the process was started, of a definition or ours.
    pub(crate) fn shows_start(&self) -> bool {
        let defined = self.families().iter().any(|family| family.name == START);
        defined || self.about().shows_start()
    }

    /// Which quantiles summaries show.
    pub(crate) fn quantiles(&self) -> Vec<f64> {
        self.inner.plan.quantiles()
    }

    /// The tags that every series carries.
    pub(crate) fn constant_tags(&self) -> Vec<(String, String)> {
        self.inner.snapshots.take().constant_tags
    }

    #[cfg(feature = "http")]
    pub(crate) fn token(&self) -> Option<&BearerToken> {
        self.inner.token.as_ref()
    }

    /// A scrape that was answered.
    pub(crate) fn sent(&self) {
        self.inner.health.sent(1);
    }

    /// A scrape that got no text.
    pub(crate) fn failed(&self) {
        self.inner.health.failed(1);
    }
}

impl Inner {
    /// The windows, if there are summaries that need them; or else a snapshot without any.
    fn windows_if_any(&self) -> Result<Snapshot, &Mutex<Windows>> {
        match &self.windows {
            None => Ok(self.snapshots.take()),
            Some(windows) if self.has_summaries.load(Ordering::Relaxed) => Err(windows),
            Some(windows) => {
                let snapshot = self.snapshots.take();
                let mut families = snapshot.families.iter();
                if families.any(|family| family.definition.kind() == Kind::Summary) {
                    self.has_summaries.store(true, Ordering::Relaxed);
                    return Err(windows);
                }
                Ok(snapshot)
            }
        }
    }
}

/// What was kept when something panicked is no worse for that.
fn lock(windows: &Mutex<Windows>) -> MutexGuard<'_, Windows> {
    windows.lock().unwrap_or_else(PoisonError::into_inner)
}
