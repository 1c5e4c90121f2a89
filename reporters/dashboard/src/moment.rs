//! [`Moment`]: what all sections that are shown at one tick look at, each thing taken once.

use std::sync::OnceLock;
use std::time::SystemTime;

use telemetry::HandlerInfo;
use telemetry_metrics::history::Tick;
use telemetry_metrics::{HealthReport, Snapshot};

use crate::sources::Sources;

pub(crate) struct Moment<'s> {
    pub(crate) sources: &'s Sources,
    /// The newest sample of the history.
    pub(crate) tick: Tick,
    pub(crate) now: SystemTime,
    snapshot: OnceLock<Snapshot>,
    handlers: OnceLock<Vec<HandlerInfo>>,
    health: OnceLock<Vec<HealthReport>>,
}

impl<'s> Moment<'s> {
    pub(crate) fn new(sources: &'s Sources) -> Self {
        Self {
            sources,
            tick: sources.history.newest(),
            now: SystemTime::now(),
            snapshot: OnceLock::new(),
            handlers: OnceLock::new(),
            health: OnceLock::new(),
        }
    }

    /// All numbers since the start. Costs as much as a scrape, once per tick: prefer the history.
    pub(crate) fn snapshot(&self) -> &Snapshot {
        self.snapshot.get_or_init(|| self.sources.numbers.take())
    }

    pub(crate) fn handlers(&self) -> &[HandlerInfo] {
        self.handlers.get_or_init(|| telemetry::list_handlers(""))
    }

    pub(crate) fn health(&self) -> &[HealthReport] {
        self.health.get_or_init(|| self.sources.numbers.health())
    }
}
