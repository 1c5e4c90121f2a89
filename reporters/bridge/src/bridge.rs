//! [`Bridge`]: feeds any recorder.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use metrics::Recorder;
use telemetry_metrics::push::{FlushError, Push};
use telemetry_metrics::{Aggregator, Definition};

use crate::feed::{Feeder, Outcome, Plan, Shared, Target};
use crate::problem::BridgeError;
use crate::unit;

/// What clocks can be asked for without trouble; whoever waits longer waits for ever.
pub(crate) const LONGEST: Duration = Duration::from_secs(365 * 24 * 3_600);

/// Feeds a [`metrics::Recorder`] with what an aggregator counts, from a thread of its own.
///
/// Dropping it feeds once more, for at most
/// [`DROP_TIMEOUT`](telemetry_metrics::push::DROP_TIMEOUT), and stops it.
///
/// ```
/// use std::time::Duration;
/// use metrics::Recorder;
/// use telemetry_bridge::Bridge;
/// use telemetry_metrics::{Aggregator, counter};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # fn some_exporter() -> impl Recorder + Send + 'static { metrics::NoopRecorder }
/// let orders = counter("shop.order.placed.count").tags(["currency"]);
/// let aggregator = Aggregator::builder().metrics([orders]).start()?;
/// let bridge = Bridge::builder(&aggregator, some_exporter())
///     .interval(Duration::from_secs(10))
///     .start()?;
///
/// telemetry::execute!("shop.order.placed", {}, { currency: "EUR" });
/// bridge.flush(Duration::from_secs(1))?; // the recorder's counter is one higher now
/// # Ok(()) }
/// ```
#[must_use = "dropping it ends the reporting"]
pub struct Bridge<R: Recorder + Send + 'static> {
    push: Push,
    shared: Shared<Any<R>>,
}

impl<R: Recorder + Send + 'static> Bridge<R> {
    /// Begins with a feed every ten seconds.
    ///
    /// The recorder must not be, or forward to, one that takes numbers into the same aggregator
    /// ([`MetricsRecorder`](crate::MetricsRecorder)): they would go round in circles.
    pub fn builder(aggregator: &Aggregator, recorder: R) -> BridgeBuilder<'_, R> {
        BridgeBuilder {
            aggregator,
            recorder,
            name: "bridge".into(),
            interval: Duration::from_secs(10),
            histogram_values: None,
        }
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

    /// Feeds now, on this thread, and then calls `read` with the recorder before anything else is
    /// fed: for exporters whose reading must not meet a recording. What cannot be fed within
    /// `timeout` stays for the next feed.
    pub fn read<T>(&self, timeout: Duration, read: impl FnOnce(&R) -> T) -> T {
        let mut feeder = self.shared.lock();
        // Its failure is counted, and said on standard error.
        let _ = feeder.feed(Instant::now() + timeout.min(LONGEST));
        read(&feeder.target().recorder)
    }

    /// Feeds once more and stops, within `timeout`.
    ///
    /// # Errors
    ///
    /// A [`FlushError`] if not all was recorded by then; there is no later feed that could do it.
    pub fn stop(self, timeout: Duration) -> Result<(), FlushError> {
        self.push.stop(timeout.min(LONGEST))
    }
}

impl<R: Recorder + Send + 'static> fmt::Debug for Bridge<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bridge")
            .field("push", &self.push)
            .finish_non_exhaustive()
    }
}

/// Collects the settings of a [`Bridge`]; made by [`Bridge::builder`].
#[must_use = "a builder does nothing until `start`"]
pub struct BridgeBuilder<'a, R> {
    aggregator: &'a Aggregator,
    recorder: R,
    name: String,
    interval: Duration,
    histogram_values: Option<RangeInclusive<f64>>,
}

impl<R: Recorder + Send + 'static> BridgeBuilder<'_, R> {
    /// The name of its account in [`Aggregator::health`], `bridge` by default.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// How often to feed, ten seconds by default; at most a year.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// What the recorder takes for histograms. Other numbers are kept away from it and counted as
    /// dropped.
    ///
    /// All finite ones by default. An exporter that turns seconds into a [`Duration`] panics at
    /// those below zero and above some 10¹⁹; `0.0..=1e15` is safe for it.
    pub fn histogram_values(mut self, range: RangeInclusive<f64>) -> Self {
        self.histogram_values = Some(range);
        self
    }

    /// Describes the definitions to the recorder, and starts the thread.
    ///
    /// # Errors
    ///
    /// [`BridgeError::Settings`] if the interval is zero, [`BridgeError::Thread`] if the system
    /// refuses a thread.
    pub fn start(self) -> Result<Bridge<R>, BridgeError> {
        let mut problems = Vec::new();
        check_interval(self.interval, &mut problems);
        if !problems.is_empty() {
            return Err(BridgeError::Settings(problems));
        }
        let target = Any {
            recorder: self.recorder,
            histogram_values: self.histogram_values,
            accepted: Outcome::default(),
        };
        let shared = Shared::new(Feeder::new(self.aggregator, target, &self.name));
        let push = start("telemetry-bridge", self.interval, &shared)?;
        Ok(Bridge { push, shared })
    }
}

impl<R> fmt::Debug for BridgeBuilder<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BridgeBuilder")
            .field("name", &self.name)
            .field("interval", &self.interval)
            .field("histogram_values", &self.histogram_values)
            .finish_non_exhaustive()
    }
}

pub(crate) fn check_interval(interval: Duration, problems: &mut Vec<String>) {
    if interval.is_zero() {
        problems.push("the interval is zero; write how often to feed".into());
    }
}

pub(crate) fn start<T: Target>(
    thread: &str,
    interval: Duration,
    shared: &Shared<T>,
) -> Result<Push, BridgeError> {
    Push::start(thread, interval.min(LONGEST), shared.clone()).map_err(BridgeError::Thread)
}

/// A recorder of which nothing is known.
struct Any<R> {
    recorder: R,
    histogram_values: Option<RangeInclusive<f64>>,
    accepted: Outcome,
}

impl<R: Recorder + Send + 'static> Target for Any<R> {
    type Recorder = R;

    fn recorder(&self) -> &R {
        &self.recorder
    }

    fn plan(&mut self, definition: &Definition) -> Option<Plan> {
        let (unit, described) = unit::out(definition.unit());
        Some(Plan {
            name: definition.name().to_owned().into(),
            unit,
            described,
            hint: None,
        })
    }

    fn takes(&self, value: f64) -> bool {
        self.histogram_values
            .as_ref()
            .is_none_or(|range| range.contains(&value))
    }

    /// A recorder acknowledges by returning.
    fn recorded(&mut self, ticket: usize, count: u64) {
        self.accepted.settle(ticket, count);
        self.accepted.sent += 1;
    }

    fn end(&mut self) -> Outcome {
        std::mem::take(&mut self.accepted)
    }
}
