//! [`Traces`]: the handle.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use telemetry::{Attached, TraceId};

use super::builder::TracesBuilder;
use super::keeper::Keeper;
use super::query::{Cursor, Query, TraceSummary};
use super::stats::TracesStats;
use super::trace::Trace;

/// A store of the last traces.
///
/// It is cheap to clone; all clones are one store. When the last is dropped, the store is detached and
/// lets everything go.
///
/// ```
/// use telemetry_traces::Traces;
///
/// let traces = Traces::builder().start()?;
/// let span = telemetry::span!("shop.checkout", { currency: "EUR" });
/// let id = span.context().unwrap().trace_id();
/// span.finish();
///
/// let trace = traces.get(id).unwrap();
/// assert!(trace.find("shop.checkout").unwrap().metadata_is("currency", "EUR"));
/// println!("{trace}");
/// # Ok::<(), telemetry_traces::TracesError>(())
/// ```
#[derive(Clone)]
#[must_use = "dropping the last of them ends it: keep it in a variable"]
pub struct Traces {
    shared: Arc<Shared>,
}

struct Shared {
    keeper: Arc<Keeper>,
    attached: Attached,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.attached.detach();
        // Threads keep the handler for a while, and with it what it owns; and calls may be running.
        self.keeper.clear(true);
    }
}

impl Traces {
    /// Begins the settings of a store.
    pub fn builder() -> TracesBuilder {
        TracesBuilder::default()
    }

    pub(super) fn new(keeper: Arc<Keeper>, attached: Attached) -> Self {
        Self {
            shared: Arc::new(Shared { keeper, attached }),
        }
    }

    /// The traces that a query asks for, the latest first: those whose first span came last.
    ///
    /// ```
    /// use telemetry_traces::{Query, Traces};
    ///
    /// let traces = Traces::builder().start()?;
    /// for trace in traces.list(&Query::new().failed().limit(20)) {
    ///     println!("{} {} {:?}", trace.id(), trace.name(), trace.duration());
    /// }
    /// # Ok::<(), telemetry_traces::TracesError>(())
    /// ```
    #[must_use]
    pub fn list(&self, query: &Query) -> Vec<TraceSummary> {
        self.shared.keeper.list(query)
    }

    /// A trace, as far as its spans have come; `None` if none has, or they had to go.
    #[must_use]
    pub fn get(&self, id: TraceId) -> Option<Trace> {
        self.shared.keeper.get(id)
    }

    /// The place of the latest trace in the list, for [`Query::after`].
    #[must_use]
    pub fn now(&self) -> Cursor {
        self.shared.keeper.now()
    }

    /// What the store holds, and what it had to let go.
    #[must_use]
    pub fn stats(&self) -> TracesStats {
        self.shared.keeper.stats()
    }

    /// Lets all traces go. What was counted stays.
    pub fn clear(&self) {
        self.shared.keeper.clear(false);
    }

    /// Waits until a trace is as it should be, for tests: spans end on other threads, after what the
    /// test has seen. It blocks the thread; within a runtime of one thread nothing would go on meanwhile.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use telemetry_traces::Traces;
    /// let traces = Traces::builder().start()?;
    /// let span = telemetry::span!("shop.import");
    /// let id = span.context().unwrap().trace_id();
    /// std::thread::spawn(move || span.finish());
    /// let trace = traces.wait_for(id, Duration::from_secs(5), |trace| trace.find("shop.import").is_some())?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`NotSeen`] after `timeout`, with the trace as it was then.
    pub fn wait_for(
        &self,
        id: TraceId,
        timeout: Duration,
        mut is_it: impl FnMut(&Trace) -> bool,
    ) -> Result<Trace, NotSeen> {
        let now = Instant::now();
        // As good as for ever, if that is what is asked for.
        let year = Duration::from_secs(365 * 24 * 60 * 60);
        let deadline = now.checked_add(timeout.min(year)).unwrap_or(now);
        let look = || self.get(id).filter(|trace| is_it(trace));
        let seen = self.shared.keeper.bell.wait(deadline, look);
        seen.ok_or_else(|| NotSeen {
            id,
            trace: self.get(id).map(Box::new),
        })
    }
}

impl fmt::Debug for Traces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Traces")
            .field("id", &self.shared.attached.id())
            .field("stats", &self.stats())
            .finish()
    }
}

/// A trace did not become what [`Traces::wait_for`] waited for. It prints the trace as it was in the end.
#[derive(Clone)]
pub struct NotSeen {
    id: TraceId,
    trace: Option<Box<Trace>>,
}

impl NotSeen {
    /// The trace as it was in the end, if any span of it had come.
    #[must_use]
    pub fn trace(&self) -> Option<&Trace> {
        self.trace.as_deref()
    }
}

impl fmt::Display for NotSeen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.trace {
            None => write!(f, "no span of trace {} has come", self.id),
            Some(trace) => write!(f, "what was waited for has not come; there is\n{trace}"),
        }
    }
}

/// As it is displayed: it is what a test prints that unwraps it.
impl fmt::Debug for NotSeen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for NotSeen {}
