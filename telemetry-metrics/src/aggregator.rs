//! [`Aggregator`]: keeps every number of every definition up to date, in place.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use telemetry::AttachGuard;

use crate::cells::Wanted;
use crate::check::{self, Check};
use crate::definition::Definition;
use crate::group;
use crate::health::{Board, Health, HealthReport};
use crate::late::{Added, Late};
use crate::metric::Metric;
use crate::problem::{DefinitionProblem, Problem, StartError};
use crate::reader::{Needs, Reader};
use crate::readers::Readers;
use crate::record::Recorder;
use crate::shared::Shared;
use crate::snapshot::{self, Snapshot};
use crate::{resolve, self_metrics};

static LAST_AGGREGATOR: AtomicU64 = AtomicU64::new(0);

/// Collects the definitions of an [`Aggregator`]; made by [`Aggregator::builder`].
#[derive(Debug, Clone, Default)]
#[must_use = "a builder does nothing until `start`"]
pub struct AggregatorBuilder {
    metrics: Vec<Metric>,
    constant_tags: Vec<(String, String)>,
    check: Check,
    expire_after: Option<Duration>,
}

impl AggregatorBuilder {
    /// Adds definitions; may be called several times.
    pub fn metrics(mut self, metrics: impl IntoIterator<Item = Metric>) -> Self {
        self.metrics.extend(metrics);
        self
    }

    /// Adds a tag that every series carries.
    pub fn constant_tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.constant_tags.push((key.into(), value.into()));
        self
    }

    /// Lets a series go in which nothing was counted for so long; off by default.
    ///
    /// Of use where tags have values that come and go, such as the names of short-lived jobs. A
    /// series that comes back begins at zero, with a new start time, which is how Prometheus and
    /// OpenTelemetry expect it. Series without tags stay.
    ///
    /// What was counted is not lost to a [`Reader`]: the series goes when all readers have taken
    /// their last delta of it. Only a reader that has not read for ten times as long is not waited
    /// for; that is counted in `telemetry.reader.let_go`.
    ///
    /// There is no thread for it: it happens when somebody reads, a snapshot or a delta. A snapshot
    /// does not show what was counted in a series that went since the one before, so the time should
    /// be several times as long as the interval at which Prometheus scrapes. A time of zero is an
    /// error at the start.
    pub fn expire_after(mut self, idle: Duration) -> Self {
        self.expire_after = Some(idle);
        self
    }

    /// What to do with definitions of which nothing in the program emits the event, gives the
    /// measurement or has a tag: a typo, or an event that was renamed. [`Check::Warn`] by default.
    ///
    /// The definitions are compared to [`telemetry::catalogue`], the list of all the places that
    /// emit, when the aggregator starts. There is one warning per definition: an event
    /// ([`DEFINITION_WARNING`](crate::DEFINITION_WARNING)), or a line on standard error if nobody
    /// listens to that. [`Aggregator::warnings`] has them all. A test that denies them is a good
    /// place to find out:
    ///
    /// ```
    /// use telemetry_metrics::{Aggregator, Check, Metric, summary};
    ///
    /// fn metrics() -> Vec<Metric> {
    ///     vec![summary("shop.endpoint.stop.durtion")]
    /// }
    ///
    /// let error = Aggregator::builder()
    ///     .metrics(metrics())
    ///     .check_definitions(Check::Deny)
    ///     .start()
    ///     .unwrap_err();
    /// assert!(error.to_string().ends_with(
    ///     "`shop.endpoint.stop.durtion`: no callsite of `shop.endpoint.stop` measures `durtion`, \
    ///      did you mean `duration`?"
    /// ));
    ///
    /// # let duration = std::time::Duration::ZERO;
    /// telemetry::execute!("shop.endpoint.stop", { duration });
    /// ```
    ///
    /// It says nothing where it cannot know:
    ///
    /// - a counter needs no measurement, so only its event and tags are looked at;
    /// - [`measure_with`](Metric::measure_with) and [`tag_values`](Metric::tag_values) make what they
    ///   like;
    /// - if a definition has several events, one that has the key is enough;
    /// - the end of a span has what was added while it ran, so only a slip of the pen in a listed
    ///   key is reported (`duraton`, `rout`; not `items`, nor `routes`);
    /// - a library that emits under a prefix chosen by its user may emit every event that ends as
    ///   its own do, and one whose names are chosen altogether at run time every event; of those,
    ///   too, only a slip of the pen in one segment of a name that is written out somewhere is
    ///   reported (`shop.chekout.stop`; not `shop.checkouts.stop`, nor `wob` for `web`, as `app` and
    ///   `api` are no further apart);
    /// - on targets where [the catalogue is not complete](telemetry::catalogue_is_complete), nothing
    ///   is checked, nor denied.
    ///
    /// What [`telemetry::emit`] emits and code that is loaded while the program runs are not in the
    /// catalogue: say [`unchecked`](Metric::unchecked) of definitions that need them. A program that
    /// is linked from Rust dynamic libraries (`prefer-dynamic`) has parts that the catalogue does not
    /// list although it counts as complete: there, choose [`Check::Off`].
    pub fn check_definitions(mut self, check: Check) -> Self {
        self.check = check;
        self
    }

    /// Checks all definitions and attaches to their events.
    ///
    /// # Errors
    ///
    /// [`StartError::Definitions`] with everything that is wrong with the definitions; nothing is
    /// attached then.
    pub fn start(self) -> Result<Aggregator, StartError> {
        let (definitions, mut problems) = resolve::resolve(self.metrics, &self.constant_tags);
        let mut warnings = match self.check {
            Check::Off => Vec::new(),
            Check::Warn | Check::Deny => check::check(&definitions),
        };
        if self.check == Check::Deny {
            problems.append(&mut warnings);
        }
        if self.expire_after.is_some_and(|idle| idle.is_zero()) {
            problems.push(DefinitionProblem {
                metric: "expire_after".into(),
                problem: Problem::NoTime,
            });
        }
        if !problems.is_empty() {
            return Err(StartError::Definitions(problems));
        }
        let definitions: Vec<_> = definitions.into_iter().map(Arc::new).collect();
        self_metrics::begin();
        let wanted = Arc::new(Wanted::default());
        let (groups, places) = group::make(&definitions, &wanted);

        // One handler per event, for all groups that count it.
        let by_event = group::by_event(&groups);
        let number = LAST_AGGREGATOR.fetch_add(1, Ordering::Relaxed) + 1;
        let mut guards = Vec::with_capacity(by_event.len());
        for (event, groups) in by_event {
            let id = format!("telemetry-metrics-{number}:{event}");
            // An error drops the guards of the events before.
            let attached = Recorder::new(groups)
                .attach(id, &event)
                .map_err(StartError::Attach)?;
            guards.push(attached.guard());
        }
        // Only now, so that these definitions may count it.
        check::tell(&warnings);
        Ok(Aggregator {
            shared: Arc::new(Shared {
                definitions,
                groups,
                places,
                constant_tags: self.constant_tags,
                wanted,
                readers: Readers::default(),
                expire_after: self.expire_after,
                health: Board::default(),
                late: Added::default(),
            }),
            warnings,
            _guards: guards,
        })
    }
}

/// Keeps the numbers of a list of definitions.
///
/// It attaches one handler per event. The emitting thread pays for one lookup of the tags and a
/// few additions, whatever number of reporters reads: pull reporters take
/// [`snapshot`](Self::snapshot)s, push reporters register a [`reader`](Self::reader).
///
/// Dropping it detaches the handlers. What was counted stays readable for reporters that are still
/// there, so that their last flush is complete.
///
/// ```
/// use telemetry_metrics::{Aggregator, Data, counter};
///
/// let aggregator =
///     Aggregator::builder().metrics([counter("shop.order.placed.count")]).start()?;
/// telemetry::execute!("shop.order.placed");
/// let snapshot = aggregator.snapshot();
/// assert_eq!(snapshot.find("shop.order.placed.count", &[]), Some(&Data::Counter(1)));
/// # Ok::<(), telemetry_metrics::StartError>(())
/// ```
#[must_use = "dropping it ends the counting: keep it until the end of `main`"]
pub struct Aggregator {
    shared: Arc<Shared>,
    warnings: Vec<DefinitionProblem>,
    _guards: Vec<AttachGuard>,
}

impl Aggregator {
    /// Begins with no definitions.
    pub fn builder() -> AggregatorBuilder {
        AggregatorBuilder::default()
    }

    /// The checked definitions, in the order in which they were given.
    #[must_use]
    pub fn definitions(&self) -> &[Arc<Definition>] {
        &self.shared.definitions
    }

    /// What [the check of the definitions](AggregatorBuilder::check_definitions) found when this was
    /// started, in the order of the definitions.
    #[must_use]
    pub fn warnings(&self) -> &[DefinitionProblem] {
        &self.warnings
    }

    /// The tags that every series carries.
    #[must_use]
    pub fn constant_tags(&self) -> &[(String, String)] {
        &self.shared.constant_tags
    }

    /// All numbers as they are now, since the start. Never blocks an emitter.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        snapshot::take(&self.shared, false)
    }

    /// Something to take snapshots with, for a reporter that outlives this value.
    #[must_use]
    pub fn snapshots(&self) -> Snapshots {
        Snapshots {
            shared: self.shared.clone(),
            exponential: false,
        }
    }

    /// Registers a reader with its own cursor. What was counted before is included in its first
    /// delta.
    #[must_use]
    pub fn reader(&self, needs: Needs) -> Reader {
        Reader::new(self.shared.clone(), needs)
    }

    /// From now on, keeps an example of a number for each bucket of the distributions, where the
    /// number was counted within a sampled span.
    ///
    /// For reporters that show exemplars; without one, emitters need not pay for them.
    pub fn keep_exemplars(&self) {
        self.shared.wanted.want_exemplars();
    }

    /// Something to add families with while it runs, for numbers that are no events.
    #[must_use]
    pub fn late(&self) -> Late {
        Late {
            shared: self.shared.clone(),
        }
    }

    /// Registers a reporter under a name, for it to tell how it fares.
    #[must_use]
    pub fn register_health(&self, reporter: &str) -> Health {
        self.shared.health.register(reporter)
    }

    /// How the reporters fare.
    #[must_use]
    pub fn health(&self) -> Vec<HealthReport> {
        self.shared.health.reports()
    }
}

impl fmt::Debug for Aggregator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Aggregator")
            .field("definitions", &self.shared.definitions)
            .finish_non_exhaustive()
    }
}

/// Reads an aggregator that may be gone; made by [`Aggregator::snapshots`].
#[derive(Debug, Clone)]
pub struct Snapshots {
    shared: Arc<Shared>,
    exponential: bool,
}

impl Snapshots {
    /// As [`Aggregator::snapshot`].
    #[must_use]
    pub fn take(&self) -> Snapshot {
        snapshot::take(&self.shared, self.exponential)
    }

    /// From now on these snapshots have the numbers of distributions
    /// [by exponential buckets](crate::Distribution::exponential), too.
    ///
    /// For that distributions keep values, which costs memory per series, and emitters an addition.
    /// Numbers that were counted before are told as their mean.
    #[must_use]
    pub fn with_exponential(mut self) -> Self {
        self.shared.wanted.want_values();
        self.exponential = true;
        self
    }

    /// As [`Aggregator::health`].
    #[must_use]
    pub fn health(&self) -> Vec<HealthReport> {
        self.shared.health.reports()
    }
}
