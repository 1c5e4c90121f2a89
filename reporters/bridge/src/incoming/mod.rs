//! [`MetricsRecorder`]: takes in what others record through `metrics`.

mod families;
mod fold;
mod handles;

use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use papaya::HashMap;
use telemetry_metrics::{Aggregator, DEFAULT_MAX_SERIES, Health};

use families::{Choices, Families, Found, Theirs};
use handles::{CounterHandle, GaugeHandle, HistogramHandle, Refused, Total};

/// The longest key, with its labels, for which a handle is kept.
const MAX_KEY: usize = 4_096;

/// Takes what other people's code records with `metrics::counter!`, `gauge!` and `histogram!` into
/// an aggregator, where every reporter finds it beside the definitions.
///
/// ```
/// use telemetry_bridge::MetricsRecorder;
/// use telemetry_metrics::{Aggregator, Data};
///
/// let aggregator = Aggregator::builder().start()?;
/// let recorder = MetricsRecorder::builder(&aggregator).build();
/// // In an application: `recorder.install()?`, once, before anything records.
/// metrics::with_local_recorder(&recorder, || {
///     metrics::counter!("cache_hits", "cache" => "users").increment(3);
/// });
/// let snapshot = aggregator.snapshot();
/// assert_eq!(snapshot.find("cache_hits", &[("cache", "users")]), Some(&Data::Counter(3)));
/// # Ok::<(), telemetry_metrics::StartError>(())
/// ```
///
/// Clones are one recorder. It outlives the aggregator, to no effect.
#[derive(Clone)]
pub struct MetricsRecorder {
    inner: Arc<Inner>,
}

struct Inner {
    families: Mutex<Families>,
    counters: Known<CounterHandle>,
    gauges: Known<GaugeHandle>,
    histograms: Known<HistogramHandle>,
    /// How many handles of a kind are kept.
    max_handles: usize,
    account: Health,
}

/// Handles by key: the macros ask for them with each number.
type Known<H> = HashMap<Key, Arc<H>>;

/// Collects the settings of a [`MetricsRecorder`]; made by [`MetricsRecorder::builder`].
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `build`"]
pub struct MetricsRecorderBuilder<'a> {
    aggregator: &'a Aggregator,
    choices: Choices,
}

impl MetricsRecorderBuilder<'_> {
    /// What stands in front of every name, with a dot between. Nothing by default. What is not a
    /// letter, a digit, `_`, `-` or a dot between segments becomes `_`.
    pub fn prefix(mut self, prefix: &str) -> Self {
        self.choices.prefix = fold::name("", prefix).unwrap_or_default();
        self.choices.prefix.truncate(100);
        self
    }

    /// How many metrics there may be, 1,000 by default. The numbers of what comes beyond are
    /// counted as dropped.
    pub fn max_metrics(mut self, limit: usize) -> Self {
        self.choices.max_metrics = limit;
        self
    }

    /// How many series a metric may have, [`DEFAULT_MAX_SERIES`] by default. What comes beyond is
    /// counted in one overflow series.
    pub fn max_series(mut self, limit: usize) -> Self {
        self.choices.max_series = limit.max(1);
        self
    }

    /// Makes histograms of this name distributions with these upper bounds, instead of summaries;
    /// `rpc_*` is all that begin so. The bounds are in the histogram's own unit, ascending and
    /// finite; others are left out. The first that matches counts.
    pub fn buckets(
        mut self,
        name: impl Into<String>,
        bounds: impl IntoIterator<Item = f64>,
    ) -> Self {
        let mut bounds: Vec<f64> = bounds
            .into_iter()
            .filter(|bound| bound.is_finite())
            .collect();
        bounds.sort_by(f64::total_cmp);
        bounds.dedup();
        if !bounds.is_empty() {
            self.choices.buckets.push((name.into(), bounds));
        }
        self
    }

    /// Makes the recorder.
    #[must_use]
    pub fn build(self) -> MetricsRecorder {
        let max_handles = self
            .choices
            .max_series
            .saturating_mul(4)
            .clamp(10_000, 100_000);
        MetricsRecorder {
            inner: Arc::new(Inner {
                account: self.aggregator.register_health("metrics-recorder"),
                families: Mutex::new(Families::new(self.aggregator, self.choices)),
                counters: Known::new(),
                gauges: Known::new(),
                histograms: Known::new(),
                max_handles,
            }),
        }
    }
}

impl MetricsRecorder {
    /// Begins with no prefix, 1,000 metrics of 2,000 series, and summaries for all histograms.
    pub fn builder(aggregator: &Aggregator) -> MetricsRecorderBuilder<'_> {
        MetricsRecorderBuilder {
            aggregator,
            choices: Choices {
                prefix: String::new(),
                max_metrics: 1_000,
                max_series: DEFAULT_MAX_SERIES,
                buckets: Vec::new(),
            },
        }
    }

    /// Makes it the recorder of the whole program, in which there can be one only.
    ///
    /// # Errors
    ///
    /// If there is one already.
    pub fn install(self) -> Result<(), AlreadyInstalled> {
        metrics::set_global_recorder(self).map_err(|_| AlreadyInstalled)
    }
}

impl fmt::Debug for MetricsRecorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetricsRecorder").finish_non_exhaustive()
    }
}

/// The program has a recorder already, and can have one only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlreadyInstalled;

impl fmt::Display for AlreadyInstalled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the program has a `metrics` recorder already; install this one first, or put both \
             behind a fanout",
        )
    }
}

impl std::error::Error for AlreadyInstalled {}

impl Inner {
    /// The handle of a key: one that is kept, or a new one, which is kept if it is the only one of
    /// its series and there is room.
    fn handle<H>(
        &self,
        known: &Known<H>,
        kind: Theirs,
        key: &Key,
        make: impl FnOnce(Found, bool) -> H,
    ) -> Option<Arc<H>> {
        if let Some(handle) = get(known, key) {
            return Some(handle);
        }
        let mut families = self.families.lock().unwrap_or_else(PoisonError::into_inner);
        // Another thread may have made it meanwhile.
        if let Some(handle) = get(known, key) {
            return Some(handle);
        }
        let found = families.find(kind, key)?;
        let labels = key
            .labels()
            .map(|label| label.key().len() + label.value().len());
        let length = key.name().len() + labels.sum::<usize>();
        let keeps = is_alive()
            && !found.series.is_overflow()
            && length <= MAX_KEY
            && known.len() < self.max_handles;
        let handle = Arc::new(make(found, keeps));
        if keeps {
            known.pin().insert(key.to_retained(), handle.clone());
        }
        Some(handle)
    }

    fn describe(&self, kind: Theirs, name: &KeyName, unit: Option<Unit>, text: &SharedString) {
        let mut families = self.families.lock().unwrap_or_else(PoisonError::into_inner);
        families.describe(kind, name, unit, text);
    }
}

fn get<H>(known: &Known<H>, key: &Key) -> Option<Arc<H>> {
    if is_alive() {
        known.pin().get(key).cloned()
    } else {
        known.pin_owned().get(key).cloned()
    }
}

/// Is there until the thread's locals are dropped.
struct Alive;

impl Drop for Alive {
    fn drop(&mut self) {}
}

thread_local! {
    /// Thread locals are dropped in the reverse order of their making. The map's own is made before
    /// this one, so as long as this one is there, the map can be used as usual.
    static ALIVE: Alive = {
        HashMap::<(), ()>::new().pin();
        Alive
    };
}

/// Whether this thread is not about to end. If it is, the destructor of some thread local records.
fn is_alive() -> bool {
    ALIVE.try_with(|_| ()).is_ok()
}

impl Recorder for MetricsRecorder {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, text: SharedString) {
        self.inner.describe(Theirs::Counter, &key, unit, &text);
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, text: SharedString) {
        self.inner.describe(Theirs::Gauge, &key, unit, &text);
    }

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, text: SharedString) {
        self.inner.describe(Theirs::Histogram, &key, unit, &text);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let inner = &*self.inner;
        let make = |found: Found, is_only: bool| CounterHandle {
            series: found.series,
            is_sum: found.is_sum,
            scale: found.scale,
            total: match (is_only, found.is_sum) {
                (false, _) => Total::Unknown,
                (true, false) => Total::OfSeries(Mutex::default()),
                (true, true) => Total::Kept(AtomicU64::new(0)),
            },
            account: inner.account.clone(),
        };
        match inner.handle(&inner.counters, Theirs::Counter, key, make) {
            Some(handle) => Counter::from_arc(handle),
            None => Counter::from_arc(Refused::handle(&inner.account)),
        }
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        let inner = &*self.inner;
        let make = |found: Found, is_only: bool| GaugeHandle {
            series: found.series,
            scale: found.scale as f64,
            value: is_only.then(|| Mutex::new(0.0)),
            account: inner.account.clone(),
        };
        match inner.handle(&inner.gauges, Theirs::Gauge, key, make) {
            Some(handle) => Gauge::from_arc(handle),
            None => Gauge::from_arc(Refused::handle(&inner.account)),
        }
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        let inner = &*self.inner;
        let make = |found: Found, _: bool| HistogramHandle {
            series: found.series,
            scale: found.scale as f64,
        };
        match inner.handle(&inner.histograms, Theirs::Histogram, key, make) {
            Some(handle) => Histogram::from_arc(handle),
            None => Histogram::from_arc(Refused::handle(&inner.account)),
        }
    }
}
