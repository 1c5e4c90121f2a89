//! [`PrometheusBridge`]: `metrics-exporter-prometheus`, fed and read under one lock.

mod names;

use std::fmt;
use std::time::{Duration, Instant};

use metrics::Label;
use metrics_exporter_prometheus::{
    Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};
use telemetry_metrics::push::{FlushError, Push};
use telemetry_metrics::{Aggregator, Definition, Kind};

use crate::bridge::{LONGEST, check_interval, start};
use crate::feed::{Feeder, Outcome, Plan, Shared, Target};
use crate::isolate::isolated;
use crate::notice;
use crate::problem::BridgeError;
use names::{Samples, check_labels, family, sanitise, unit};

/// How long a scrape may feed before it renders what there is.
const RENDER_FEEDS: Duration = Duration::from_secs(5);

/// Feeds a recorder of `metrics-exporter-prometheus`, and renders it.
///
/// The exporter loses samples when it is read while somebody records, keeps every sample of a
/// histogram until it is read, and forgets all but the newest 64 of a burst when it works out
/// quantiles. None of that happens here: it is fed by one thread at a time, never while it is read,
/// and drained with each feed.
///
/// To be shared behind an `Arc`. Dropping it feeds once more and stops its thread.
///
/// ```
/// use telemetry_bridge::PrometheusBridge;
/// use telemetry_metrics::{Aggregator, counter};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let metrics = [counter("shop.parcel.weighed.count").description("Parcels on the scales")];
/// let aggregator = Aggregator::builder().metrics(metrics).start()?;
/// let bridge = PrometheusBridge::builder(&aggregator).start()?;
///
/// telemetry::execute!("shop.parcel.weighed");
/// assert!(bridge.render().contains("shop_parcel_weighed_count_total 1\n"));
/// # Ok(()) }
/// ```
#[must_use = "dropping it ends the reporting"]
pub struct PrometheusBridge {
    push: Push,
    shared: Shared<Exporter>,
}

impl PrometheusBridge {
    /// The content type of [`render`](Self::render)'s text.
    pub const CONTENT_TYPE: &'static str = "text/plain; version=0.0.4; charset=utf-8";

    /// Begins with a feed every five seconds.
    pub fn builder(aggregator: &Aggregator) -> PrometheusBridgeBuilder<'_> {
        PrometheusBridgeBuilder {
            aggregator,
            interval: Duration::from_secs(5),
            quantiles: None,
        }
    }

    /// Feeds what has been counted, and renders everything in the text format 0.0.4. Nothing is fed
    /// meanwhile.
    ///
    /// It may wait for a feed that is going on. A backlog of more than five seconds is left to the
    /// next feeds. Should the exporter panic, the text is empty.
    #[must_use]
    pub fn render(&self) -> String {
        let mut feeder = self.shared.lock();
        // Its failure is counted, and said on standard error.
        let _ = feeder.feed(Instant::now() + RENDER_FEEDS);
        isolated(|| feeder.target().handle.render()).unwrap_or_default()
    }

    /// Feeds now what has been counted since the last time, and waits for it at most `timeout`.
    ///
    /// # Errors
    ///
    /// A [`FlushError`] if not all was recorded by then. What was not stays, and is part of the next
    /// feed.
    pub fn flush(&self, timeout: Duration) -> Result<(), FlushError> {
        self.push.flush(timeout.min(LONGEST))
    }

    /// Feeds once more and stops, within `timeout`.
    ///
    /// # Errors
    ///
    /// A [`FlushError`] if not all was recorded by then.
    pub fn stop(self, timeout: Duration) -> Result<(), FlushError> {
        self.push.stop(timeout.min(LONGEST))
    }
}

impl fmt::Debug for PrometheusBridge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrometheusBridge")
            .field("push", &self.push)
            .finish_non_exhaustive()
    }
}

/// Collects the settings of a [`PrometheusBridge`]; made by [`PrometheusBridge::builder`].
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `start`"]
pub struct PrometheusBridgeBuilder<'a> {
    aggregator: &'a Aggregator,
    interval: Duration,
    quantiles: Option<Vec<f64>>,
}

impl PrometheusBridgeBuilder<'_> {
    /// How often to feed, five seconds by default. Scrapes feed, too; the interval is for the
    /// quantiles, which are of the last minute.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// The quantiles of summaries, 0 to 1. By default the exporter's own: 0, 0.5, 0.9, 0.95, 0.99,
    /// 0.999 and 1.
    pub fn quantiles(mut self, quantiles: impl IntoIterator<Item = f64>) -> Self {
        self.quantiles = Some(quantiles.into_iter().collect());
        self
    }

    /// Checks settings, names and labels, makes the exporter's recorder, and starts the thread.
    ///
    /// # Errors
    ///
    /// [`BridgeError::Settings`] with everything for which the text would be invalid,
    /// [`BridgeError::Exporter`] if the exporter refuses a setting, [`BridgeError::Thread`] if the
    /// system refuses a thread.
    pub fn start(self) -> Result<PrometheusBridge, BridgeError> {
        let mut problems = Vec::new();
        check_interval(self.interval, &mut problems);
        if let Some(quantiles) = &self.quantiles {
            let bad = quantiles.iter().any(|q| !(0.0..=1.0).contains(q));
            if bad || quantiles.is_empty() {
                problems.push("quantiles are numbers from 0 to 1, and at least one".into());
            }
        }
        check(self.aggregator, &mut problems);
        if !problems.is_empty() {
            return Err(BridgeError::Settings(problems));
        }
        let refused = |error: metrics_exporter_prometheus::BuildError| {
            BridgeError::Exporter(error.to_string())
        };
        let mut builder = PrometheusBuilder::new();
        if let Some(quantiles) = &self.quantiles {
            builder = builder.set_quantiles(quantiles).map_err(refused)?;
        }
        for definition in self.aggregator.definitions() {
            if definition.kind() == Kind::Distribution {
                let bounds: Vec<f64> = definition.bounds_in(unit(definition)).collect();
                let name = Matcher::Full(family(definition));
                builder = builder
                    .set_buckets_for_metric(name, &bounds)
                    .map_err(refused)?;
            }
        }
        let recorder = builder.build_recorder();
        let exporter = Exporter {
            handle: recorder.handle(),
            recorder,
            samples: Samples::default(),
            accepted: Outcome::default(),
        };
        let shared = Shared::new(Feeder::new(self.aggregator, exporter, "bridge-prometheus"));
        let push = start("telemetry-bridge-prometheus", self.interval, &shared)?;
        Ok(PrometheusBridge { push, shared })
    }
}

fn check(aggregator: &Aggregator, problems: &mut Vec<String>) {
    let tags = || aggregator.constant_tags().iter().map(|(key, _)| &**key);
    check_labels("constant tags", None, tags(), &[], problems);
    let constant: Vec<String> = tags().map(sanitise).collect();
    let mut samples = Samples::default();
    for definition in aggregator.definitions() {
        let owner = format!("{} `{}`", definition.kind(), definition.name());
        if let Err(problem) = samples.claim(definition, &family(definition)) {
            problems.push(problem);
        }
        let tags = definition.tags().iter().map(String::as_str);
        check_labels(&owner, Some(definition.kind()), tags, &constant, problems);
    }
}

struct Exporter {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    samples: Samples,
    accepted: Outcome,
}

impl Target for Exporter {
    type Recorder = PrometheusRecorder;

    /// Of a burst, a summary without a window drops all but the newest block of 64. One number
    /// makes the window.
    const PRIMES: bool = true;

    fn recorder(&self) -> &PrometheusRecorder {
        &self.recorder
    }

    /// Definitions were checked; one that came later can only be left out.
    fn plan(&mut self, definition: &Definition) -> Option<Plan> {
        let name = family(definition);
        if let Err(problem) = self.samples.claim(definition, &name) {
            notice::line(format_args!(
                "left out of the exporter's text, and counted as dropped: {problem}"
            ));
            return None;
        }
        let (unit, described) = crate::unit::out(unit(definition));
        Some(Plan {
            name: name.into(),
            unit,
            described,
            hint: None,
        })
    }

    /// The exporter takes two backslashes for one that was escaped already, and one for one that was
    /// not: two different values would be the same series, twice.
    fn label(&self, key: &str, value: &str) -> Label {
        Label::new(key.to_owned(), value.replace('\\', "\\\\"))
    }

    fn recorded(&mut self, ticket: usize, count: u64) {
        self.accepted.settle(ticket, count);
        self.accepted.sent += 1;
    }

    fn drain(&mut self) {
        // What it has not digested now, it will the next time.
        isolated(|| self.handle.run_upkeep());
    }

    fn end(&mut self) -> Outcome {
        std::mem::take(&mut self.accepted)
    }
}
