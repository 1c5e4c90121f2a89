//! [`DashboardBuilder`].

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use telemetry_metrics::Aggregator;
use telemetry_metrics::history::History;
use telemetry_traces::{NPlusOne, Traces};

use crate::access::Access;
use crate::dashboard::Dashboard;
use crate::page::Page;
use crate::problem::DashboardError;
use crate::sources::Sources;
use crate::visible::Visible;

/// How many bytes the past may take, unless the builder says otherwise.
const HISTORY_MEMORY: usize = 64 << 20;

/// How far back it goes.
const HISTORY_LENGTH: Duration = Duration::from_secs(24 * 3_600);

/// Begins a [`Dashboard`]; made by [`Dashboard::builder`].
#[must_use = "a builder does nothing until `start`"]
pub struct DashboardBuilder<'a> {
    aggregator: &'a Aggregator,
    title: String,
    access: Access,
    memory: usize,
    history: Option<Arc<History>>,
    traces: Option<Arc<Traces>>,
    n_plus_one: Option<Arc<NPlusOne>>,
    visible: Visible,
    requests: Option<String>,
    pages: Vec<Box<dyn Page>>,
    extra: Vec<Box<dyn Page>>,
}

impl std::fmt::Debug for DashboardBuilder<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DashboardBuilder")
            .field("title", &self.title)
            .finish_non_exhaustive()
    }
}

impl<'a> DashboardBuilder<'a> {
    pub(crate) fn new(aggregator: &'a Aggregator) -> Self {
        Self {
            aggregator,
            title: "telemetry".to_owned(),
            access: Access::loopback(),
            memory: HISTORY_MEMORY,
            history: None,
            traces: None,
            n_plus_one: None,
            visible: Visible::default(),
            requests: None,
            pages: Vec::new(),
            extra: Vec::new(),
        }
    }

    /// The name of the program, which stands at the top of each page.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Who may look: [`Access::loopback`] unless this says otherwise.
    pub fn access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }

    /// How many bytes the past may take: 64 MiB unless this says otherwise.
    pub fn history_memory(mut self, bytes: usize) -> Self {
        self.memory = bytes;
        self
    }

    /// Shows a history that is there already, instead of keeping one of its own for a day.
    pub fn history(mut self, history: Arc<History>) -> Self {
        self.history = Some(history);
        self
    }

    /// Shows these traces.
    pub fn traces(mut self, traces: Arc<Traces>) -> Self {
        self.traces = Some(traces);
        self
    }

    /// Shows what this detector finds.
    pub fn n_plus_one(mut self, detector: Arc<NPlusOne>) -> Self {
        self.n_plus_one = Some(detector);
        self
    }

    /// Shows the values of these keys of metadata, in traces and in the live tail, besides the usual
    /// ones.
    pub fn show_metadata<K: Into<String>>(mut self, keys: impl IntoIterator<Item = K>) -> Self {
        self.visible.add(keys.into_iter().map(Into::into));
        self
    }

    /// Shows the values of all keys of metadata: only for whoever may see everything.
    pub fn show_all_metadata(mut self) -> Self {
        self.visible.show_all();
        self
    }

    /// The prefix of the events of requests (`shop.endpoint`), for the overview. Without, it takes the
    /// span about which the definitions say most.
    pub fn requests(mut self, prefix: impl Into<String>) -> Self {
        self.requests = Some(prefix.into());
        self
    }

    /// Adds a page.
    pub fn page(mut self, page: impl Page) -> Self {
        self.pages.push(Box::new(page));
        self
    }

    /// Adds the cards of a page to the overview.
    pub fn on_overview(mut self, page: impl Page) -> Self {
        self.extra.push(Box::new(page));
        self
    }

    /// Starts to remember. Nothing else runs until somebody looks.
    ///
    /// # Errors
    ///
    /// A [`DashboardError`] that says what to change.
    pub fn start(self) -> Result<Dashboard, DashboardError> {
        let history = match self.history {
            Some(history) => history,
            None => Arc::new(
                History::builder(self.aggregator)
                    .budget(self.memory)
                    .length(HISTORY_LENGTH)
                    .start()?,
            ),
        };
        let sources = Sources {
            title: self.title,
            numbers: self.aggregator.snapshots(),
            definitions: self.aggregator.definitions().to_vec(),
            warnings: self.aggregator.warnings().to_vec(),
            history,
            traces: self.traces,
            n_plus_one: self.n_plus_one,
            visible: self.visible,
            requests: self.requests,
            pages: self.pages,
            extra: self.extra,
            started: SystemTime::now(),
            health: self.aggregator.register_health("dashboard"),
        };
        Ok(Dashboard::new(sources, self.access))
    }
}
