//! [`Moment`]: what all sections that are shown at one tick look at, each thing taken once.

use std::sync::OnceLock;
use std::time::SystemTime;

use telemetry::HandlerInfo;
use telemetry_metrics::HealthReport;
use telemetry_metrics::history::Tick;

use crate::hub::HubStatus;
use crate::sections::Totals;
use crate::sources::Sources;

pub(crate) struct Moment<'s> {
    pub(crate) sources: &'s Sources,
    /// The newest sample of the history.
    pub(crate) tick: Tick,
    pub(crate) now: SystemTime,
    hub: HubStatus,
    totals: OnceLock<Totals>,
    handlers: OnceLock<Vec<HandlerInfo>>,
    health: OnceLock<Vec<HealthReport>>,
}

impl<'s> Moment<'s> {
    pub(crate) fn new(sources: &'s Sources) -> Self {
        Self {
            sources,
            tick: sources.history.newest(),
            now: SystemTime::now(),
            hub: HubStatus::default(),
            totals: OnceLock::new(),
            handlers: OnceLock::new(),
            health: OnceLock::new(),
        }
    }

    pub(crate) fn with_hub(self, hub: HubStatus) -> Self {
        Self { hub, ..self }
    }

    /// How the dashboard itself fares.
    pub(crate) fn hub(&self) -> HubStatus {
        self.hub
    }

    /// Of each definition all series together, as they stand.
    pub(crate) fn totals(&self) -> &Totals {
        self.totals
            .get_or_init(|| Totals::of_history(&self.sources.history))
    }

    pub(crate) fn handlers(&self) -> &[HandlerInfo] {
        self.handlers.get_or_init(|| telemetry::list_handlers(""))
    }

    pub(crate) fn health(&self) -> &[HealthReport] {
        self.health.get_or_init(|| self.sources.numbers.health())
    }
}
