//! What the samples of a definition are called, for whoever writes queries: rules, dashboards.

use telemetry_metrics::Kind;

use crate::family::Family;
use crate::reporter::Prometheus;

impl Prometheus {
    /// What the samples of a definition are called, or those of one of the library's own numbers,
    /// such as `telemetry.reporter.failed`. It is what a query asks for: with `_bucket`, `_sum` or
    /// `_count` behind it if the definition is a distribution or a summary, and as it stands for
    /// every other.
    ///
    /// If definitions of several kinds share the name, it is that of the first;
    /// [`family_name_of`](Self::family_name_of) tells them apart. `None` if there was no such
    /// definition when the reporter was built.
    ///
    /// ```
    /// use telemetry_metrics::{Aggregator, counter, distribution};
    /// use telemetry_prometheus::Prometheus;
    ///
    /// let aggregator = Aggregator::builder()
    ///     .metrics([counter("shop.web.stop.count"), distribution("shop.web.stop.duration")])
    ///     .start()?;
    /// let prometheus = Prometheus::new(&aggregator)?;
    /// let name = |definition| prometheus.family_name(definition);
    ///
    /// assert_eq!(name("shop.web.stop.count").as_deref(), Some("shop_web_stop_count_total"));
    /// let duration = name("shop.web.stop.duration").unwrap();
    /// let query = format!("histogram_quantile(0.95, sum by (le) (rate({duration}_bucket[5m])))");
    /// assert!(query.contains("(shop_web_stop_duration_seconds_bucket["));
    /// assert_eq!(name("shop.web.start.count"), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn family_name(&self, definition: &str) -> Option<String> {
        self.find_family(|family| family.definition.name() == definition)
    }

    /// The same of the definition that has this kind.
    ///
    /// ```
    /// # use telemetry_metrics::{Aggregator, Kind, counter, distribution};
    /// # use telemetry_prometheus::Prometheus;
    /// let aggregator = Aggregator::builder()
    ///     .metrics([counter("shop.web.duration"), distribution("shop.web.duration")])
    ///     .start()?;
    /// let prometheus = Prometheus::new(&aggregator)?;
    /// let name = |kind| prometheus.family_name_of("shop.web.duration", kind);
    /// assert_eq!(name(Kind::Distribution).as_deref(), Some("shop_web_duration_seconds"));
    /// assert_eq!(name(Kind::Summary), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn family_name_of(&self, definition: &str, kind: Kind) -> Option<String> {
        self.find_family(|family| {
            family.definition.name() == definition && family.definition.kind() == kind
        })
    }

    fn find_family(&self, fits: impl Fn(&Family) -> bool) -> Option<String> {
        let found = self.families().iter().find(|family| fits(family));
        found.map(|family| family.name.clone())
    }
}

#[cfg(test)]
mod tests {
    use telemetry_metrics::{Aggregator, counter, distribution, last_value, summary};

    use super::*;

    #[test]
    fn what_is_looked_up_is_what_is_shown() {
        let aggregator = Aggregator::builder()
            .metrics([
                counter("lookup_test.web.total_time").event("lookup_test.web"),
                distribution("lookup_test.web.total_time"),
                summary("lookup_test.db.items"),
            ])
            .start()
            .unwrap();
        let prometheus = Prometheus::new(&aggregator).unwrap();
        let first = prometheus.family_name("lookup_test.web.total_time");
        assert_eq!(first.as_deref(), Some("lookup_test_web_total_time_total"));
        assert_eq!(prometheus.family_name("lookup_test.web"), None);
        let text = prometheus.render();
        for (name, kind, ending) in [
            ("lookup_test.web.total_time", Kind::Counter, ""),
            ("lookup_test.web.total_time", Kind::Distribution, "_bucket{"),
            ("telemetry.reporter.failed", Kind::Counter, "{"),
        ] {
            let name = prometheus.family_name_of(name, kind).unwrap();
            let sample = format!("{name}{ending}");
            let shown = text.lines().any(|line| line.starts_with(&sample));
            assert!(shown, "{sample}\n{text}");
        }
    }

    #[test]
    fn verbatim_names_are_looked_up_verbatim() {
        let metrics = [last_value("lookup_test.pool.total")];
        let aggregator = Aggregator::builder().metrics(metrics).start().unwrap();
        let name = |builder: crate::PrometheusBuilder<'_>| {
            let prometheus = builder.build().unwrap();
            prometheus.family_name("lookup_test.pool.total").unwrap()
        };
        let builder = || Prometheus::builder(&aggregator);
        assert_eq!(name(builder()), "lookup_test_pool");
        assert_eq!(name(builder().verbatim_names()), "lookup_test_pool_total");
    }
}
