//! [`DashboardBuilder`].

use std::fmt;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use telemetry_metrics::history::History;
use telemetry_metrics::signals::SpanSignals;
use telemetry_metrics::{Aggregator, Definition};
use telemetry_slo::Slo;
use telemetry_traces::{NPlusOne, Traces};

use crate::access::{Access, Gate};
use crate::dashboard::Dashboard;
use crate::hub::Limits;
use crate::page::Page;
use crate::problem::DashboardError;
use crate::sections::Hosted;
use crate::slugs::check_slugs;
use crate::sources::Sources;
use crate::visible::Visible;

/// How many bytes the past may take, unless the builder says otherwise.
const HISTORY_MEMORY: usize = 64 << 20;

/// How far back it goes.
const HISTORY_LENGTH: Duration = Duration::from_secs(24 * 3_600);

/// What is left of a longer title, in characters.
const LONGEST_TITLE: usize = 80;

/// Begins a [`Dashboard`]; made by [`Dashboard::builder`].
///
/// ```
/// use std::time::Duration;
///
/// use telemetry_dashboard::{Access, Dashboard};
/// use telemetry_metrics::{Aggregator, counter, summary};
/// use telemetry_traces::{NPlusOne, Traces};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let aggregator = Aggregator::builder()
///     .metrics([
///         counter("builder.endpoint.stop.count").tags(["route", "status"]),
///         summary("builder.endpoint.stop.duration").tags(["route"]),
///     ])
///     .start()?;
/// let dashboard = Dashboard::builder(&aggregator)
///     .title("shop")
///     .access(Access::loopback())
///     .history_memory(32 << 20)
///     .history_length(Duration::from_secs(6 * 3_600))
///     .requests("builder.endpoint")
///     .show_metadata(["currency"])
///     .start()?;
/// # Ok(()) }
/// ```
#[must_use = "a builder does nothing until `start`"]
pub struct DashboardBuilder<'a> {
    aggregator: &'a Aggregator,
    title: String,
    access: Access,
    memory: usize,
    length: Duration,
    history: Option<Arc<History>>,
    traces: Option<Arc<Traces>>,
    n_plus_one: Option<Arc<NPlusOne>>,
    slo: Option<Arc<Slo>>,
    visible: Visible,
    requests: Option<String>,
    limits: Limits,
    pages: Vec<Hosted>,
    extra: Vec<Hosted>,
}

impl fmt::Debug for DashboardBuilder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DashboardBuilder")
            .field("title", &self.title)
            .field("access", &self.access)
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
            length: HISTORY_LENGTH,
            history: None,
            traces: None,
            n_plus_one: None,
            slo: None,
            visible: Visible::default(),
            requests: None,
            limits: Limits::default(),
            pages: Vec::new(),
            extra: Vec::new(),
        }
    }

    /// The name of the program, which stands at the top of each page: `telemetry` unless this says
    /// otherwise. What exceeds 80 characters is left out.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        let title: String = title.into();
        self.title = title.chars().take(LONGEST_TITLE).collect();
        self
    }

    /// Who may look: [`Access::loopback`] unless this says otherwise.
    pub fn access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }

    /// How many bytes the past may take: 64 MiB unless this says otherwise, 64 KiB at least.
    ///
    /// If it is not enough, quiet series get coarser before others, and nothing is longer than
    /// [`history_length`](Self::history_length).
    pub fn history_memory(mut self, bytes: usize) -> Self {
        self.memory = bytes;
        self
    }

    /// How far back the past goes: a day unless this says otherwise.
    pub fn history_length(mut self, length: Duration) -> Self {
        self.length = length;
        self
    }

    /// Shows a history that is there already, instead of keeping one of its own: its length, interval
    /// and budget are as they are, and [`history_memory`](Self::history_memory) and
    /// [`history_length`](Self::history_length) mean nothing. It has to be one of the same aggregator.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use telemetry_dashboard::Dashboard;
    /// # use telemetry_metrics::{Aggregator, history::History};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let aggregator = Aggregator::builder().start()?;
    /// let history = Arc::new(History::start(&aggregator)?);
    /// let dashboard = Dashboard::builder(&aggregator).history(history.clone()).start()?;
    /// assert!(Arc::ptr_eq(dashboard.history(), &history));
    /// # Ok(()) }
    /// ```
    pub fn history(mut self, history: Arc<History>) -> Self {
        self.history = Some(history);
        self
    }

    /// Shows these traces: recent, slow and failed ones, each with its spans.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use telemetry_dashboard::Dashboard;
    /// # use telemetry_metrics::Aggregator;
    /// # use telemetry_traces::Traces;
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let aggregator = Aggregator::builder().start()?;
    /// let traces = Arc::new(Traces::builder().start()?);
    /// let dashboard = Dashboard::builder(&aggregator).traces(traces).start()?;
    /// # Ok(()) }
    /// ```
    pub fn traces(mut self, traces: Arc<Traces>) -> Self {
        self.traces = Some(traces);
        self
    }

    /// Shows what this detector finds: statements that were sent once per row of another one.
    pub fn n_plus_one(mut self, detector: Arc<NPlusOne>) -> Self {
        self.n_plus_one = Some(detector);
        self
    }

    /// Shows these objectives and alarms on the overview, and says there what fires.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use telemetry_dashboard::Dashboard;
    /// # use telemetry_metrics::Aggregator;
    /// # use telemetry_slo::{Objective, Slo};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let site = Objective::availability("site", ["shop.endpoint.stop"]);
    /// # let _ = || telemetry::execute!("shop.endpoint.stop");
    /// let aggregator = Aggregator::builder().metrics(site.metrics()).start()?;
    /// let slo = Arc::new(Slo::builder(&aggregator).objectives([site]).start()?);
    /// let dashboard = Dashboard::builder(&aggregator).slo(slo).start()?;
    /// # Ok(()) }
    /// ```
    pub fn slo(mut self, slo: Arc<Slo>) -> Self {
        self.slo = Some(slo);
        self
    }

    /// Shows the values of these keys of metadata, in traces and in the live tail, besides the usual
    /// ones. Of all others only the key is shown; the value is not even kept.
    ///
    /// The usual ones say what kind of thing happened, out of a set that the program bounds: `attempt`,
    /// `channel`, `command`, `ended`, `event`, `host` (of a client's calls, from its list), `kind`,
    /// `method`, `outcome`, `queue`, `repo`, `route`, `source`, `status`, `status_class`, `streamed`,
    /// `system`, `version`, `worker` and a few more of our own instrumentation. Not among them is what
    /// may be about a person or has a secret in it: `reason`, `message`, `name`, `path`, `url`, `peer`,
    /// `user_agent`. A `statement` is shown as its [normal form](telemetry_traces::normalise), without
    /// the values in it, if it comes with a `system` that says which SQL it is (SQLite or PostgreSQL);
    /// a `link`, if it is one to another trace.
    ///
    /// Measurements, and the tags of metrics, are always shown.
    ///
    /// ```
    /// # use telemetry_dashboard::Dashboard;
    /// # use telemetry_metrics::Aggregator;
    /// # let aggregator = Aggregator::builder().start()?;
    /// let dashboard = Dashboard::builder(&aggregator).show_metadata(["basket", "projection"]).start()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn show_metadata<K: Into<String>>(mut self, keys: impl IntoIterator<Item = K>) -> Self {
        self.visible.add(keys.into_iter().map(Into::into));
        self
    }

    /// Shows the values of all keys of metadata: only for whoever may see everything that is in
    /// events, such as names, addresses and texts that people wrote.
    pub fn show_all_metadata(mut self) -> Self {
        self.visible.show_all();
        self
    }

    /// The prefix of the events of requests (`shop.endpoint`), for the overview. Without, it takes the
    /// span about which the definitions say most. If no definition counts the events of this one, a line
    /// on standard error says so, and so does the overview.
    pub fn requests(mut self, prefix: impl Into<String>) -> Self {
        self.requests = Some(prefix.into());
        self
    }

    /// How many may look at once: 256 unless this says otherwise. Whoever comes then is asked to come
    /// again later. A page that is open in a browser is one; JSON is not counted.
    pub fn max_viewers(mut self, count: usize) -> Self {
        self.limits.viewers = count;
        self
    }

    /// Adds a page, which stands behind the others in the navigation. See [`Page`].
    pub fn page(mut self, page: impl Page) -> Self {
        self.pages.push(Hosted::new(page));
        self
    }

    /// Adds the cards of a page to the overview. Its slug need be no address then, and its charts are not
    /// shown.
    pub fn on_overview(mut self, page: impl Page) -> Self {
        self.extra.push(Hosted::new(page));
        self
    }

    /// Starts to remember. Nothing else runs until somebody looks.
    ///
    /// # Errors
    ///
    /// A [`DashboardError`] that says what to change.
    pub fn start(self) -> Result<Dashboard, DashboardError> {
        let gate = Gate::new(&self.access)?;
        check_slugs(self.pages.iter().map(Hosted::slug))?;
        let history = match self.history {
            Some(history) => history,
            None => Arc::new(
                History::builder(self.aggregator)
                    .budget(self.memory)
                    .length(self.length)
                    .start()?,
            ),
        };
        let sources = Sources {
            title: self.title,
            traces: self.traces,
            n_plus_one: self.n_plus_one,
            slo: self.slo,
            visible: self.visible,
            requests: self.requests,
            pages: self.pages,
            extra: self.extra,
            ..Sources::new(self.aggregator, history)
        };
        if let Some(warning) = about_requests(&sources) {
            // Not `eprintln!`: it panics when standard error is closed.
            let _ = writeln!(std::io::stderr(), "telemetry-dashboard: {warning}");
        }
        Ok(Dashboard::new(sources, self.limits, gate))
    }
}

/// What was named as the requests is mistyped, if no definition is about it. The overview says so as
/// well, with what to add.
fn about_requests(sources: &Sources) -> Option<String> {
    let span = sources.requests.as_deref()?;
    let definitions: Vec<&Definition> = sources.definitions.iter().map(|one| &**one).collect();
    if SpanSignals::of(&definitions, span).is_some() {
        return None;
    }
    let span = span.chars().take(LONGEST_TITLE).collect::<String>();
    Some(format!(
        "`.requests(\"{}\")`: no definition counts the events of that span",
        span.escape_debug()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_that_nothing_counts_are_told_of() {
        let metric = telemetry_metrics::counter("builder_requests.endpoint.stop.count").unchecked();
        let aggregator = Aggregator::builder().metrics([metric]).start().unwrap();
        let history = Arc::new(History::start(&aggregator).unwrap());
        let mut sources = Sources::new(&aggregator, history);
        assert_eq!(about_requests(&sources), None, "none were named");
        sources.requests = Some("builder_requests.endpoint".to_owned());
        assert_eq!(about_requests(&sources), None);
        sources.requests = Some("nope.endpoint".to_owned());
        assert_eq!(
            about_requests(&sources).unwrap(),
            "`.requests(\"nope.endpoint\")`: no definition counts the events of that span"
        );
    }
}
