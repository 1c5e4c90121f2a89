//! [`Sources`]: what there is to show.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use telemetry_metrics::history::History;
use telemetry_metrics::{Aggregator, Definition, DefinitionProblem, Health, Snapshots};
use telemetry_slo::Slo;
use telemetry_traces::{NPlusOne, Traces};

use crate::sections::{Hosted, Known, Own, Rises, Tails};
use crate::visible::Visible;

pub(crate) struct Sources {
    pub(crate) title: String,
    pub(crate) numbers: Snapshots,
    /// By their place: the id of a chart.
    pub(crate) definitions: Vec<Arc<Definition>>,
    /// What there are charts of.
    pub(crate) charts: Known,
    pub(crate) warnings: Vec<DefinitionProblem>,
    pub(crate) history: Arc<History>,
    pub(crate) traces: Option<Arc<Traces>>,
    pub(crate) n_plus_one: Option<Arc<NPlusOne>>,
    pub(crate) slo: Option<Arc<Slo>>,
    pub(crate) visible: Visible,
    /// The prefix of the events of requests, if its host says so.
    pub(crate) requests: Option<String>,
    /// Pages of the host.
    pub(crate) pages: Vec<Hosted>,
    /// What it adds to the overview.
    pub(crate) extra: Vec<Hosted>,
    pub(crate) started: SystemTime,
    /// The dashboard's own account: what it sent to viewers.
    pub(crate) health: Health,
    /// How many live tails are open.
    pub(crate) tails: Tails,
    /// Requests to the dashboard itself, where its host traces them.
    pub(crate) own: Own,
    /// When what nobody keeps a history of was last seen to fail.
    pub(crate) rises: Rises,
}

impl Sources {
    /// What an aggregator knows, and its past.
    pub(crate) fn new(aggregator: &Aggregator, history: Arc<History>) -> Self {
        Self {
            title: String::new(),
            numbers: aggregator.snapshots(),
            definitions: aggregator.definitions().to_vec(),
            charts: Known::default(),
            warnings: aggregator.warnings().to_vec(),
            history,
            traces: None,
            n_plus_one: None,
            slo: None,
            visible: Visible::default(),
            requests: None,
            pages: Vec::new(),
            extra: Vec::new(),
            started: SystemTime::now(),
            health: aggregator.register_health("dashboard"),
            tails: Tails::default(),
            own: Own::default(),
            rises: Rises::default(),
        }
    }
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources")
            .field("title", &self.title)
            .field("history", &self.history)
            .finish_non_exhaustive()
    }
}
