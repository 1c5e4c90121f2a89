//! [`PrometheusBuilder`]: choices, checked against the aggregator's definitions.

use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::time::Duration;

use telemetry_metrics::Aggregator;

use crate::about::{About, Build};
use crate::check::check;
use crate::encode::{Options, Plan};
use crate::family::{Family, Type, constant_labels};
use crate::late::LateFamilies;
use crate::name::sanitise;
use crate::problem::PrometheusError;
use crate::reporter::{Inner, Prometheus};
#[cfg(feature = "http")]
use crate::token::BearerToken;
use crate::window::{self, MAX_QUANTILES};

/// Makes a [`Prometheus`]; made by [`Prometheus::builder`].
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `build`"]
pub struct PrometheusBuilder<'a> {
    aggregator: &'a Aggregator,
    verbatim: bool,
    options: Options,
    quantiles: Vec<f64>,
    window: Duration,
    start: bool,
    build: Option<Build>,
    #[cfg(feature = "http")]
    token: Option<Given>,
}

/// What was given as a token.
#[cfg(feature = "http")]
#[derive(Debug, Clone)]
enum Given {
    Token(BearerToken),
    SomethingElse,
}

impl<'a> PrometheusBuilder<'a> {
    pub(crate) fn new(aggregator: &'a Aggregator) -> Self {
        Self {
            aggregator,
            verbatim: false,
            options: Options {
                created: false,
                exemplars: true,
            },
            quantiles: window::QUANTILES.into(),
            window: window::WINDOW,
            start: true,
            build: None,
            #[cfg(feature = "http")]
            token: None,
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

    /// Whether OpenMetrics shows exemplars: for each bucket of a histogram a number that was counted
    /// in a sampled span, with its trace and span id. It is the first since the scrape before, and
    /// stays until there is another. On unless switched off; then the aggregator does not keep them
    /// for this reporter, and emitters do not pay for it.
    ///
    /// A Prometheus server stores them if it runs with `--enable-feature=exemplar-storage`.
    pub fn exemplars(mut self, shown: bool) -> Self {
        self.options.exemplars = shown;
        self
    }

    /// Whether OpenMetrics has a sample `x_created` for each series of a counter, a histogram and a
    /// summary: the time since when it has been counted. Off unless switched on, because servers
    /// that know nothing of it (Prometheus 2 is one) store it as a series of its own, which doubles
    /// the number of a counter's.
    ///
    /// ```
    /// use telemetry_metrics::{Aggregator, counter};
    /// use telemetry_prometheus::Prometheus;
    ///
    /// let aggregator = Aggregator::builder().metrics([counter("shop.visit.count")]).start()?;
    /// let prometheus = Prometheus::builder(&aggregator).created_samples(true).build()?;
    /// assert!(prometheus.render_openmetrics().contains("\nshop_visit_count_created 1"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn created_samples(mut self, shown: bool) -> Self {
        self.options.created = shown;
        self
    }

    /// Which quantiles a summary shows: 0.5, 0.9, 0.95 and 0.99 unless told otherwise, and none if
    /// there are none here. Each is a series per summary.
    ///
    /// They are those of a recent [window](Self::quantile_window), at most 1.083 % off. Of several
    /// instances they cannot be added up, nor averaged: where that matters, a distribution is the
    /// better definition.
    ///
    /// ```
    /// use std::time::Duration;
    /// use telemetry_metrics::{Aggregator, summary};
    /// use telemetry_prometheus::Prometheus;
    ///
    /// let aggregator =
    ///     Aggregator::builder().metrics([summary("shop.query.total_time")]).start()?;
    /// let prometheus = Prometheus::builder(&aggregator)
    ///     .quantiles([0.5, 0.999])
    ///     .quantile_window(Duration::from_secs(300))
    ///     .build()?;
    /// telemetry::execute!("shop.query", { total_time: Duration::from_millis(250) });
    /// let text = prometheus.render();
    /// assert!(text.contains("shop_query_total_time_seconds{quantile=\"0.999\"} 0.25\n"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn quantiles(mut self, quantiles: impl IntoIterator<Item = f64>) -> Self {
        // One more than may be is enough to refuse them all.
        self.quantiles = quantiles.into_iter().take(MAX_QUANTILES + 1).collect();
        self
    }

    /// Over how long the quantiles of summaries look back, a second to a day; 60 seconds unless told
    /// otherwise. Scrapes should be more frequent than that.
    ///
    /// The reporter has no thread: it learns of the past at each scrape, whoever asks, so between two
    /// scrapes the window may reach back a little further, and at least to the scrape before. What
    /// it remembers takes 16 MiB at most; a summary that does not fit in shows the quantiles of
    /// everything since its start.
    pub fn quantile_window(mut self, window: Duration) -> Self {
        self.window = window;
        self
    }

    /// Whether the gauge `process_start_time_seconds` is shown, by which rules and dashboards see that a
    /// process was started anew; it has the name that Prometheus's own client libraries give it. On
    /// unless switched off. A definition whose samples have this name is shown instead, and there is
    /// none in a [textfile](Prometheus::write_textfile).
    ///
    /// On Linux it is what the system says; elsewhere, when the first reporter of the process was built.
    pub fn process_start_time(mut self, shown: bool) -> Self {
        self.start = shown;
        self
    }

    /// Shows what the program was built from: the sample `<program>_build_info`, with the value 1 and
    /// these labels, of which there may be 32. An empty value is left out.
    ///
    /// The name is what Prometheus and its exporters call it (`prometheus_build_info`), and so are
    /// the labels `version` and `revision`. By it a dashboard marks when a new version came, and a
    /// query joins the version to anything else:
    /// `up * on (instance) group_left (version) shop_build_info`.
    ///
    /// ```
    /// use telemetry_metrics::Aggregator;
    /// use telemetry_prometheus::Prometheus;
    ///
    /// let aggregator = Aggregator::builder().start()?;
    /// let revision = option_env!("GIT_REVISION").unwrap_or("");
    /// let prometheus = Prometheus::builder(&aggregator)
    ///     .build_info("shop", [("version", "1.2.0"), ("revision", revision)])
    ///     .build()?;
    /// assert!(prometheus.render().contains("\nshop_build_info{version=\"1.2.0\"} 1\n"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn build_info<K: Into<String>, V: Into<String>>(
        mut self,
        program: impl AsRef<str>,
        labels: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let labels = labels.into_iter();
        let labels = labels.map(|(tag, value)| (tag.into(), value.into()));
        self.build = Some(Build::new(program.as_ref(), labels));
        self
    }

    /// Lets only those read the metrics who send `Authorization: Bearer` with this token, by the axum
    /// route, the [listener](Prometheus::listen) and [`respond`](Prometheus::respond); others get
    /// 401, and are counted as failed in the account of the reporter `prometheus`.
    ///
    /// It is compared in a time that says nothing about it but, at most, its length. In Prometheus's
    /// configuration it is `authorization: {credentials: ..}`.
    ///
    /// ```
    /// # use telemetry_metrics::Aggregator;
    /// # use telemetry_prometheus::{Prometheus, PrometheusError};
    /// # let aggregator = Aggregator::builder().start()?;
    /// let prometheus = Prometheus::builder(&aggregator).bearer_token("c2NyYXBl").build()?;
    /// // An unset variable is not a token.
    /// let empty = Prometheus::builder(&aggregator).bearer_token("").build();
    /// assert_eq!(empty.unwrap_err(), PrometheusError::Token);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "http")]
    pub fn bearer_token(mut self, token: impl AsRef<str>) -> Self {
        let token = BearerToken::new(token.as_ref());
        self.token = Some(token.map_or(Given::SomethingElse, Given::Token));
        self
    }

    /// Checks everything and makes the reporter.
    ///
    /// # Errors
    ///
    /// [`PrometheusError::Definitions`] with everything for which the text would be invalid; another
    /// [`PrometheusError`] for a setting that cannot be.
    pub fn build(self) -> Result<Prometheus, PrometheusError> {
        #[cfg(feature = "http")]
        let token = match self.token {
            Some(Given::SomethingElse) => return Err(PrometheusError::Token),
            Some(Given::Token(token)) => Some(token),
            None => None,
        };
        let quantiles = window::check(self.quantiles, self.window)?;
        let own = self.aggregator.definitions().len();
        let constant_tags = self.aggregator.constant_tags();
        let constant = constant_labels(constant_tags);
        // The self-metrics are only found in a snapshot. They are named by the rules always: they
        // have no history that somebody's dashboards depend on.
        let snapshot = self.aggregator.snapshot();
        let families: Vec<Family> = snapshot
            .families
            .iter()
            .filter(|family| !LateFamilies::is_late(family))
            .enumerate()
            .map(|(at, family)| {
                Family::new(&family.definition, self.verbatim && at < own, &constant)
            })
            .collect();
        let mut problems = check(&families, own, constant_tags);
        let build = self.build.iter();
        problems.extend(build.flat_map(|build| build.problems(&families, constant_tags)));
        if !problems.is_empty() {
            return Err(PrometheusError::Definitions(problems));
        }
        if self.options.exemplars {
            self.aggregator.keep_exemplars();
        }
        // Some summaries may come later.
        let windows = (!quantiles.is_empty()).then(|| window::begin(self.window, &snapshot));
        let has_summaries = families.iter().any(|family| family.kind == Type::Summary);
        let constant_labels = constant_tags.iter().map(|(tag, _)| sanitise(tag)).collect();
        let about = About::new(self.start, self.build, &families, &constant);
        let late = LateFamilies::new(
            &families,
            about.names(),
            self.verbatim,
            constant,
            constant_labels,
        );
        Ok(Prometheus::from_inner(Inner {
            snapshots: self.aggregator.snapshots(),
            plan: Plan::new(families, late, quantiles, self.options, about),
            windows,
            has_summaries: AtomicBool::new(has_summaries),
            #[cfg(feature = "http")]
            token,
            health: self.aggregator.register_health("prometheus"),
            last_len: AtomicUsize::new(0),
        }))
    }
}
