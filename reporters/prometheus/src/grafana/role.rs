//! [`Role`]: what a definition says of the process and its database, by its event and measurement.

use telemetry_metrics::Kind;

use crate::family::{Family, Type};
use crate::grafana::error::GrafanaError;
use crate::grafana::promql::count_sample;

/// What the rows *Cost*, *Runtime* and *Database* are made from.
///
/// A definition is found by the last part of its event's name and by its measurement, as the
/// instrumentation crates call them; [`DashboardBuilder::role`](super::DashboardBuilder::role) names
/// another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Role {
    /// Processor time, since the start: `cumulative` of `cpu`, a sum or a gauge that only rises.
    CpuTime,
    /// Resident memory: `total` of `memory`, a gauge.
    Memory,
    /// Threads of the process: `threads` of `system_counts`, a gauge.
    Threads,
    /// Tasks that are alive: `tasks` of `system_counts`, a gauge.
    Tasks,
    /// Open files: `open_files` of `system_counts`, a gauge.
    OpenFiles,
    /// How many files may be open: `open_files_limit` of `system_counts`, a gauge.
    OpenFilesLimit,
    /// Tasks that are ready and wait: `total` of `total_run_queue_lengths`, a gauge.
    RunQueue,
    /// How busy the runtime's workers are, from 0 to 1: `utilization` of `tokio`, a gauge.
    Utilization,
    /// What counts a `query`; best with a tag `command`.
    Queries,
    /// How long a `query` takes: its `total_time`, a distribution or a summary; best with a tag
    /// `source`.
    QueryTime,
    /// How long a `query` waits for a connection: its `queue_time`, a distribution or a summary.
    QueueTime,
    /// Rows that a `query` gives or changes: its `rows`, a sum, a distribution or a summary.
    Rows,
    /// Connections that are in use: `in_use` of `pool`, a gauge.
    PoolInUse,
    /// Connections that there can be: `max` of `pool`, a gauge.
    PoolMax,
    /// Who waits for a connection: `waiting` of `pool`, a gauge.
    PoolWaiting,
    /// What counts a `transaction`; best with a tag `ended` or `outcome`.
    Transactions,
}

/// What has to be known of a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Gauge,
    /// Of something that only rises; a gauge may do that, too.
    Rising,
    /// Of a measurement's total.
    Adding,
    Counting,
    Quantiles,
}

impl Role {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::CpuTime => "CPU time",
            Self::Memory => "memory",
            Self::Threads => "threads",
            Self::Tasks => "tasks",
            Self::OpenFiles => "open files",
            Self::OpenFilesLimit => "limit of open files",
            Self::RunQueue => "run queue",
            Self::Utilization => "utilization",
            Self::Queries => "queries",
            Self::QueryTime => "query time",
            Self::QueueTime => "queue time",
            Self::Rows => "rows",
            Self::PoolInUse => "connections in use",
            Self::PoolMax => "most connections",
            Self::PoolWaiting => "waiting for a connection",
            Self::Transactions => "transactions",
        }
    }

    /// The last part of the event's name, and the measurement; any if it is empty.
    fn known_by(self) -> (&'static str, &'static str) {
        match self {
            Self::CpuTime => ("cpu", "cumulative"),
            Self::Memory => ("memory", "total"),
            Self::Threads => ("system_counts", "threads"),
            Self::Tasks => ("system_counts", "tasks"),
            Self::OpenFiles => ("system_counts", "open_files"),
            Self::OpenFilesLimit => ("system_counts", "open_files_limit"),
            Self::RunQueue => ("total_run_queue_lengths", "total"),
            Self::Utilization => ("tokio", "utilization"),
            Self::Queries => ("query", ""),
            Self::QueryTime => ("query", "total_time"),
            Self::QueueTime => ("query", "queue_time"),
            Self::Rows => ("query", "rows"),
            Self::PoolInUse => ("pool", "in_use"),
            Self::PoolMax => ("pool", "max"),
            Self::PoolWaiting => ("pool", "waiting"),
            Self::Transactions => ("transaction", ""),
        }
    }

    fn shape(self) -> Shape {
        match self {
            Self::CpuTime => Shape::Rising,
            Self::Queries | Self::Transactions => Shape::Counting,
            Self::QueryTime | Self::QueueTime => Shape::Quantiles,
            Self::Rows => Shape::Adding,
            _ => Shape::Gauge,
        }
    }

    /// The tags that make a definition better than another one, the best first.
    pub(crate) fn tags(self) -> &'static [&'static str] {
        match self {
            Self::Queries => &["command"],
            Self::QueryTime => &["source"],
            Self::Transactions => &["ended", "outcome"],
            _ => &[],
        }
    }

    fn fits(self, family: &Family) -> bool {
        let kind = family.definition.kind();
        match self.shape() {
            Shape::Gauge => family.kind == Type::Gauge,
            Shape::Rising => {
                matches!(family.kind, Type::Counter | Type::Gauge) && kind != Kind::Counter
            }
            Shape::Adding => sum_sample(family).is_some(),
            Shape::Counting => kind != Kind::Sum && count_sample(family).is_some(),
            Shape::Quantiles => matches!(family.kind, Type::Histogram | Type::Summary),
        }
    }

    fn expected(self) -> &'static str {
        match self.shape() {
            Shape::Gauge => "a last value, or a sum that is shown as a gauge",
            Shape::Rising => "a sum or a last value",
            Shape::Adding => "a sum that cannot fall, a distribution or a summary",
            Shape::Counting => "a counter, a distribution or a summary",
            Shape::Quantiles => "a distribution or a summary",
        }
    }

    /// The definition that plays the role, of this event if one is named: the one with the best tags,
    /// and of several the one that can be added up over processes, and the first.
    pub(crate) fn find<'f>(self, own: &[&'f Family], event: Option<&str>) -> Option<&'f Family> {
        let (part, measurement) = self.known_by();
        let is_it = |family: &&&Family| {
            let definition = &family.definition;
            let [only] = definition.events() else {
                return false;
            };
            let named = match event {
                Some(event) => only == event,
                None => only.rsplit('.').next() == Some(part),
            };
            let measured = definition.measurement() == Some(measurement);
            named && (measurement.is_empty() || measured) && self.fits(family)
        };
        let better = |family: &&&Family| {
            let tags = family.definition.tags();
            let mut best = self.tags().iter();
            let tag = best.position(|tag| tags.iter().any(|known| known == tag));
            (tag.unwrap_or(usize::MAX), family.kind == Type::Summary)
        };
        own.iter().filter(is_it).min_by_key(better).copied()
    }

    /// The definition that was named for it.
    pub(crate) fn choose<'f>(
        self,
        families: &'f [Family],
        name: &str,
    ) -> Result<&'f Family, GrafanaError> {
        let fits = |family: &Family| self.fits(family);
        choose(families, name, self.as_str(), self.expected(), fits)
    }
}

/// Finds what was named and fits.
pub(crate) fn choose<'f>(
    families: &'f [Family],
    name: &str,
    signal: &'static str,
    expected: &'static str,
    fits: impl Fn(&Family) -> bool,
) -> Result<&'f Family, GrafanaError> {
    let mut named = families
        .iter()
        .filter(|family| family.definition.name() == name);
    let Some(first) = named.clone().next() else {
        return Err(GrafanaError::UnknownDefinition {
            signal,
            name: name.to_owned(),
        });
    };
    named
        .find(|family| fits(family))
        .ok_or(GrafanaError::Unsuitable {
            signal,
            name: name.to_owned(),
            kind: first.definition.kind(),
            expected,
        })
}

/// The sample that adds up.
pub(crate) fn sum_sample(family: &Family) -> Option<String> {
    match (family.kind, family.definition.kind()) {
        (Type::Counter, Kind::Sum) => Some(family.name.clone()),
        (Type::Histogram | Type::Summary, _) => Some(format!("{}_sum", family.name)),
        _ => None,
    }
}
