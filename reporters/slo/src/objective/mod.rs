//! [`Objective`]: what is promised, over which events.

mod count;
mod definitions;
mod good;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use telemetry::Event;
use telemetry_metrics::Metric;

pub use count::Count;
pub(crate) use definitions::NAV;

use crate::policy::{BurnAlert, Policy};

/// Thirty days.
const WINDOW: Duration = Duration::from_secs(30 * 24 * 3_600);

pub(crate) type Predicate = Arc<dyn Fn(&Event<'_>) -> bool + Send + Sync>;

/// What is promised: a share of good events among the valid ones.
///
/// Made by [`availability`](Self::availability), [`latency`](Self::latency) or [`ratio`](Self::ratio);
/// the further methods change what is said there. They never fail, so that a list of objectives reads
/// like a table: whatever is wrong is reported by [`check`](crate::check), and when
/// [`Slo`](crate::Slo) starts.
///
/// ```
/// use std::time::Duration;
/// use telemetry_slo::{Count, Objective, check};
///
/// let requests = ["shop.endpoint.stop", "shop.endpoint.exception"];
/// let objectives = [
///     Objective::availability("site", requests)
///         .valid(|event| !event.metadata_is("route", "/health"))
///         .label("team", "shop"),
///     Objective::latency("site-latency", requests, Duration::from_millis(250)).target(0.99),
///     Objective::ratio(
///         "mail",
///         Count::sum(["shop.mail.batch"], "delivered"),
///         Count::sum(["shop.mail.batch"], "handed_in"),
///     )
///     .target(0.95)
///     .description("What is mailed arrives"),
/// ];
/// check(&objectives, &[])?;
/// # Ok::<(), telemetry_slo::SloError>(())
/// ```
#[derive(Clone)]
#[must_use = "an objective does nothing until its definitions and it are handed on"]
pub struct Objective {
    pub(crate) name: String,
    pub(crate) what: What,
    pub(crate) target: f64,
    pub(crate) window: Duration,
    pub(crate) min_events: u64,
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) description: Option<String>,
    pub(crate) policy: Policy,
    /// Methods that were called although they are for other kinds of objectives.
    pub(crate) misplaced: Vec<&'static str>,
}

/// What is counted.
#[derive(Clone)]
pub(crate) enum What {
    Availability {
        events: Vec<String>,
        valid: Vec<Predicate>,
        /// The default if there is none.
        good: Vec<Predicate>,
    },
    Latency {
        events: Vec<String>,
        valid: Vec<Predicate>,
        measurement: String,
        threshold: Duration,
    },
    Ratio {
        good: Count,
        valid: Count,
    },
}

/// The names of the definitions that an objective is evaluated from.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Measured {
    /// Two counters or sums.
    Ratio {
        /// Counts what is good.
        good: String,
        /// Counts everything that matters.
        valid: String,
    },
    /// A distribution, of which those up to the threshold are good.
    Latency {
        /// The definition's name.
        duration: String,
        /// In seconds; one of its bounds.
        threshold: f64,
    },
}

impl Objective {
    /// The share of events that are not failures.
    ///
    /// A failure is an event whose `outcome` is `error`, `panic`, `exception` or `timeout`, whose
    /// `status` or `status_code` is 500 to 599, or whose name ends in `.exception`, unless
    /// [`good`](Self::good) says otherwise. Of a span, both ends should be listed: `.stop` and
    /// `.exception`.
    ///
    /// The name is of lower case ASCII letters, digits, `-` and `_`, begins with a letter and has at most
    /// 64 characters.
    pub fn availability<E: Into<String>>(
        name: impl Into<String>,
        events: impl IntoIterator<Item = E>,
    ) -> Self {
        Self::new(
            name,
            What::Availability {
                events: events.into_iter().map(Into::into).collect(),
                valid: Vec::new(),
                good: Vec::new(),
            },
        )
    }

    /// The share of events that took at most `threshold`, to the nanosecond.
    ///
    /// The time is the measurement `duration`, a [`Duration`], unless
    /// [`measurement`](Self::measurement) names another; events without it do not count. Failures count
    /// like all others: say `.valid(|event| event.metadata_is("outcome", "ok"))` if they should not.
    pub fn latency<E: Into<String>>(
        name: impl Into<String>,
        events: impl IntoIterator<Item = E>,
        threshold: Duration,
    ) -> Self {
        Self::new(
            name,
            What::Latency {
                events: events.into_iter().map(Into::into).collect(),
                valid: Vec::new(),
                measurement: "duration".to_owned(),
                threshold,
            },
        )
    }

    /// Any share: what is good among what is valid.
    ///
    /// Whatever is good has to be valid, too, and at the same time: of jobs, count those that ended well among
    /// those that ended. Among those that *began*, what is under way would look bad, and stay so: what was
    /// bad once is never taken back.
    pub fn ratio(name: impl Into<String>, good: Count, valid: Count) -> Self {
        Self::new(name, What::Ratio { good, valid })
    }

    fn new(name: impl Into<String>, what: What) -> Self {
        Self {
            name: name.into(),
            what,
            target: 0.999,
            window: WINDOW,
            min_events: 1,
            labels: Vec::new(),
            description: None,
            policy: Policy::standard(),
            misplaced: Vec::new(),
        }
    }

    /// Which share has to be good, above 0 and below 1; 0.999 unless it is called.
    pub fn target(mut self, share: f64) -> Self {
        self.target = share;
        self
    }

    /// Over which time; 30 days unless it is called.
    pub fn window(mut self, window: Duration) -> Self {
        self.window = window;
        self
    }

    /// How many events a window needs for its burn rate to mean anything; 1 unless it is called. Of a sum,
    /// so much of what it adds up.
    ///
    /// Of few events a single bad one is a large share, which wakes somebody for nothing, as at night. With
    /// fewer events than this a window says as much as one without traffic: nothing is wrong. So choose it well below the traffic of a quiet hour, or an outage in
    /// one goes unnoticed.
    pub fn min_events(mut self, events: u64) -> Self {
        self.min_events = events;
        self
    }

    /// A label of all its rules and of their alerts, such as the team that is to be told; a report has it,
    /// and events have not. It may not be called as one that rules set: `slo`, `severity` and others.
    pub fn label(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.push((key.into(), value.into()));
        self
    }

    /// What is promised, in words, for whoever is woken up.
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = Some(text.into());
        self
    }

    /// When somebody is told; [`Policy::standard`] unless it is called.
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Which events count at all: those for which all of these say yes. Of a ratio, it is asked about
    /// both sides, beside what its [`Count`]s say.
    pub fn valid(mut self, valid: impl Fn(&Event<'_>) -> bool + Send + Sync + 'static) -> Self {
        match &mut self.what {
            What::Availability { valid: all, .. } | What::Latency { valid: all, .. } => {
                all.push(Arc::new(valid));
            }
            What::Ratio { good, valid: all } => {
                let valid: Predicate = Arc::new(valid);
                good.keep.push(valid.clone());
                all.keep.push(valid);
            }
        }
        self
    }

    /// The same with the window and all times of the policy multiplied: `scaled(1.0 / 60.0)` makes a
    /// minute of an hour, for demonstrations and tests.
    pub fn scaled(mut self, by: f64) -> Self {
        self.window = crate::span::scaled(self.window, by);
        self.policy = self.policy.scaled(by);
        self
    }

    /// Which events are good, instead of those that are no failures; those for which all of these say
    /// yes. For [`availability`](Self::availability).
    pub fn good(mut self, good: impl Fn(&Event<'_>) -> bool + Send + Sync + 'static) -> Self {
        match &mut self.what {
            What::Availability { good: all, .. } => all.push(Arc::new(good)),
            _ => self.misplaced.push("good"),
        }
        self
    }

    /// Which measurement is the time, instead of `duration`. For [`latency`](Self::latency).
    pub fn measurement(mut self, key: impl Into<String>) -> Self {
        match &mut self.what {
            What::Latency { measurement, .. } => *measurement = key.into(),
            _ => self.misplaced.push("measurement"),
        }
        self
    }

    /// The definitions that it is evaluated from, for the aggregator. They have no tags, so that they
    /// stand at zero before the first event.
    ///
    /// ```
    /// # use telemetry_slo::Objective;
    /// let site = Objective::availability("my-site", ["shop.endpoint.stop"]);
    /// let names: Vec<_> = site.metrics().iter().map(|one| one.name().to_owned()).collect();
    /// assert_eq!(names, ["slo.my_site.good", "slo.my_site.valid"]);
    /// ```
    #[must_use]
    pub fn metrics(&self) -> Vec<Metric> {
        definitions::of(self)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Which share has to be good.
    #[must_use]
    pub fn target_share(&self) -> f64 {
        self.target
    }

    /// Over which time.
    #[must_use]
    pub fn window_length(&self) -> Duration {
        self.window
    }

    /// How many events a window needs.
    #[must_use]
    pub fn min_events_of(&self) -> u64 {
        self.min_events
    }

    /// Its labels.
    #[must_use]
    pub fn labels(&self) -> &[(String, String)] {
        &self.labels
    }

    /// What is promised, in words.
    #[must_use]
    pub fn description_text(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// The share that may be bad, which is 1 less the target.
    ///
    /// ```
    /// # use telemetry_slo::Objective;
    /// let site = Objective::availability("site", ["shop.endpoint.stop"]).target(0.999);
    /// assert_eq!(site.error_budget(), 0.001);
    /// ```
    #[must_use]
    pub fn error_budget(&self) -> f64 {
        as_written(1.0 - self.target)
    }

    /// The share of errors above which an alert of its policy fires, over both windows.
    ///
    /// ```
    /// # use telemetry_slo::Objective;
    /// let site = Objective::availability("site", ["shop.endpoint.stop"]).target(0.999);
    /// assert_eq!(site.error_limit(&site.alerts().alerts()[0]), 0.0144);
    /// ```
    #[must_use]
    pub fn error_limit(&self, alert: &BurnAlert) -> f64 {
        as_written(alert.factor * self.error_budget())
    }

    /// When somebody is told.
    #[must_use]
    pub fn alerts(&self) -> &Policy {
        &self.policy
    }

    /// The names of its definitions.
    #[must_use]
    pub fn measured(&self) -> Measured {
        let name = self.name.replace('-', "_");
        match &self.what {
            What::Latency { threshold, .. } => Measured::Latency {
                duration: format!("slo.{name}.duration"),
                threshold: definitions::seconds(*threshold),
            },
            _ => Measured::Ratio {
                good: format!("slo.{name}.good"),
                valid: format!("slo.{name}.valid"),
            },
        }
    }
}

/// Twelve decimals: what floating point adds to numbers that people write is less, and must not decide
/// whether a share that is exactly at a limit is above it.
fn as_written(share: f64) -> f64 {
    (share * 1e12).round() / 1e12
}

impl fmt::Debug for Objective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Objective")
            .field("name", &self.name)
            .field("target", &self.target)
            .field("window", &self.window)
            .finish_non_exhaustive()
    }
}
