//! [`Count`]: one side of a ratio.

use std::fmt;
use std::sync::Arc;

use telemetry::Event;

use crate::objective::Predicate;

/// What one side of a [ratio](crate::Objective::ratio) counts: events, or a measurement of them.
///
/// ```
/// use telemetry_slo::{Count, Objective};
///
/// let done = Count::events(["shop.job.stop"]).keep(|event| event.metadata_is("outcome", "ok"));
/// let ended = Count::events(["shop.job.stop", "shop.job.discarded"]);
/// let jobs = Objective::ratio("jobs", done, ended);
/// ```
#[derive(Clone)]
#[must_use = "a count does nothing until an objective has it"]
pub struct Count {
    pub(crate) events: Vec<String>,
    /// What is added up; each event is one without.
    pub(crate) measurement: Option<String>,
    pub(crate) keep: Vec<Predicate>,
}

impl Count {
    /// The number of events.
    pub fn events<E: Into<String>>(events: impl IntoIterator<Item = E>) -> Self {
        Self {
            events: events.into_iter().map(Into::into).collect(),
            measurement: None,
            keep: Vec::new(),
        }
    }

    /// The total of a measurement of events. What is below zero is left out, and counted as skipped.
    pub fn sum<E: Into<String>>(
        events: impl IntoIterator<Item = E>,
        measurement: impl Into<String>,
    ) -> Self {
        Self {
            measurement: Some(measurement.into()),
            ..Self::events(events)
        }
    }

    /// Which of the events count; those for which all of these say yes.
    pub fn keep(mut self, keep: impl Fn(&Event<'_>) -> bool + Send + Sync + 'static) -> Self {
        self.keep.push(Arc::new(keep));
        self
    }
}

impl fmt::Debug for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Count")
            .field("events", &self.events)
            .field("measurement", &self.measurement)
            .finish_non_exhaustive()
    }
}
