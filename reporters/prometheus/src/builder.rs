//! [`PrometheusBuilder`]: choices, checked against the aggregator's definitions.

use telemetry_metrics::Aggregator;

use crate::check::check;
use crate::family::{Family, constant_labels};
use crate::problem::PrometheusError;
use crate::reporter::Prometheus;
use crate::text::Plan;

/// Makes a [`Prometheus`]; made by [`Prometheus::builder`].
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `build`"]
pub struct PrometheusBuilder<'a> {
    aggregator: &'a Aggregator,
    verbatim: bool,
}

impl<'a> PrometheusBuilder<'a> {
    pub(crate) fn new(aggregator: &'a Aggregator) -> Self {
        Self {
            aggregator,
            verbatim: false,
        }
    }

    /// Names families as the definitions are named, with `_` for what a name cannot contain and
    /// nothing appended or taken off, for dashboards that exist already.
    ///
    /// Where a definition says its unit with `.unit(..)` (or `.seconds()`, `.bytes()`), its
    /// numbers are in that unit. An untagged series is shown once it was counted, not before; as a
    /// total of zero cannot be told from none, a sum is shown once it is not zero, unless it may
    /// fall. The families under `telemetry` keep their names.
    ///
    /// ```
    /// use telemetry_metrics::{Aggregator, Unit, last_value};
    /// use telemetry_prometheus::Prometheus;
    ///
    /// let size = last_value("shop.cache.total").unit((Unit::Byte, Unit::Megabyte));
    /// let aggregator = Aggregator::builder().metrics([size]).start()?;
    /// let prometheus = Prometheus::builder(&aggregator).verbatim_names().build()?;
    /// telemetry::execute!("shop.cache", { total: 76_500_000 });
    /// assert!(prometheus.render().contains("shop_cache_total 76.5\n"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn verbatim_names(mut self) -> Self {
        self.verbatim = true;
        self
    }

    /// Checks the definitions and makes the reporter.
    ///
    /// # Errors
    ///
    /// [`PrometheusError::Definitions`] with everything for which the text would be invalid.
    pub fn build(self) -> Result<Prometheus, PrometheusError> {
        let own = self.aggregator.definitions().len();
        let constant_tags = self.aggregator.constant_tags();
        // The self-metrics are only found in a snapshot. They are named by the rules always: they
        // have no history that somebody's dashboards depend on.
        let families: Vec<Family> = self
            .aggregator
            .snapshot()
            .families
            .iter()
            .enumerate()
            .map(|(at, family)| Family::new(&family.definition, self.verbatim && at < own))
            .collect();
        let problems = check(&families, own, constant_tags);
        if !problems.is_empty() {
            return Err(PrometheusError::Definitions(problems));
        }
        Ok(Prometheus::from_parts(
            self.aggregator.snapshots(),
            Plan::new(families, constant_labels(constant_tags)),
            self.aggregator.register_health("prometheus"),
        ))
    }
}
