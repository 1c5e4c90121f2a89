//! [`NPlusOne`]: a detector that is attached.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use telemetry::{AttachGuard, AttachOptions, Event, attach_with, execute};

use super::builder::{NPlusOneBuilder, NPlusOneError};
use super::detector::{Detector, Pressure};
use super::end::End;
use super::finding::Finding;
use super::group::{Moment, nanos};

/// How many findings are kept.
pub const MAX_FINDINGS: usize = 100;

static NUMBER: AtomicU64 = AtomicU64::new(0);

/// A detector of N+1 queries. It listens until it is dropped.
///
/// ```
/// use telemetry_traces::NPlusOne;
///
/// let detector = NPlusOne::builder().threshold(5).start()?;
/// telemetry::attach("n+1", "telemetry.n_plus_one", |event| {
///     let (route, statement) = (event.metadata("route"), event.metadata("statement"));
///     println!("{} asks `{}` again and again", route.unwrap_or_default(), statement.unwrap_or_default());
/// })?;
///
/// // `telemetry-http` begins such a span for each request, and `telemetry-sqlx` one for each query.
/// telemetry::span!("shop.endpoint", { route: "/users" }).in_scope(|| {
///     for _user in 0..20 {
///         let statement = "SELECT title FROM items WHERE user_id = ?";
///         telemetry::completion_span!("shop.repo.query", { statement }).finish();
///     }
/// });
///
/// let found = &detector.findings()[0];
/// assert_eq!((found.count, found.route.as_deref()), (20, Some("/users")));
/// println!("{}", found.advice());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # What it emits
///
/// `telemetry.n_plus_one`, once per request and statement, when the request's span ends, and with that
/// span being current: `event.context()` is the request's.
///
/// | measurement | |
/// |---|---|
/// | `count` | how often the statement ran |
/// | `total_time` | how long that took in all |
///
/// | metadata | |
/// |---|---|
/// | `statement` | its [normal form](crate::normalise), cut at 1 KiB |
/// | `parent` | the name of the span that ran it |
/// | `route` | that of the request's span. Absent if it has none |
/// | `repo`, `source`, `system` | those of the query |
///
/// # When
///
/// It has no thread of its own. What comes too late for its request's end (of a task that outlives
/// it), and what waits for an end that never comes, is told of when other spans end, a second or
/// [`patience`](NPlusOneBuilder::patience) later; when [`findings`](Self::findings) looks; and at
/// the latest when this is dropped.
#[must_use = "dropping it ends it: keep it in a variable, `let _detector = ..`"]
pub struct NPlusOne {
    // Dropped first: nothing more is to come.
    attached: Option<AttachGuard>,
    shared: Arc<Shared>,
}

struct Shared {
    detector: Detector,
    last: Mutex<VecDeque<Finding>>,
    found: AtomicU64,
    /// The zero of the process's monotonic time, from the first event on.
    zero: OnceLock<Instant>,
}

impl NPlusOne {
    /// Settings, to begin with.
    pub fn builder() -> NPlusOneBuilder {
        NPlusOneBuilder::new()
    }

    pub(super) fn attach(builder: &NPlusOneBuilder) -> Result<Self, NPlusOneError> {
        let shared = Arc::new(Shared {
            detector: builder.detector(),
            last: Mutex::default(),
            found: AtomicU64::new(0),
            zero: OnceLock::new(),
        });
        let number = NUMBER.fetch_add(1, Ordering::Relaxed) + 1;
        let patterns = match &*builder.patterns {
            [] => vec!["*".to_owned()],
            patterns => patterns.to_vec(),
        };
        // Not the thing itself: threads keep handlers a while after they were detached.
        let reached = Arc::downgrade(&shared);
        let unsampled = builder.unsampled;
        let attached = attach_with(
            format!("telemetry-traces.n_plus_one-{number}"),
            patterns,
            AttachOptions::new().spans_only(true),
            move |event| {
                // First of all: who is not sampled is to cost nothing.
                if unsampled || event.context().is_some_and(|context| context.is_sampled()) {
                    if let Some(shared) = reached.upgrade() {
                        shared.observe(event);
                    }
                }
            },
        );
        Ok(Self {
            attached: Some(attached.map_err(NPlusOneError::Attach)?.guard()),
            shared,
        })
    }

    /// The last findings, up to [`MAX_FINDINGS`], the newest first. What has waited long enough is told
    /// of now, on this thread.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        let due = self
            .shared
            .now()
            .map(|now| self.shared.detector.look_at_what_is_due(now));
        self.shared.tell(due.unwrap_or_default());
        let last = self.shared.last();
        last.iter().rev().cloned().collect()
    }

    /// How many were found since it was started.
    #[must_use]
    pub fn found(&self) -> u64 {
        self.shared.found.load(Ordering::Relaxed)
    }

    /// Tells of everything that is too much by now, without waiting for any span to end.
    ///
    /// A request that goes on is not told of again for the same statement.
    pub fn settle(&self) {
        self.shared.tell(self.shared.detector.settle());
    }

    /// Whether there was room for everything.
    #[must_use]
    pub fn pressure(&self) -> Pressure {
        self.shared.detector.pressure()
    }
}

impl Drop for NPlusOne {
    fn drop(&mut self) {
        if let Some(attached) = self.attached.take() {
            drop(attached);
            self.settle();
        }
    }
}

impl Shared {
    fn observe(&self, event: &Event<'_>) {
        let Some(end) = End::of(event) else { return };
        if self.zero.get().is_none() {
            let zero = Instant::now().checked_sub(Duration::from_nanos(end.at));
            let _ = self.zero.set(zero.unwrap_or_else(Instant::now));
        }
        self.tell(self.detector.observe(&end));
    }

    fn now(&self) -> Option<Moment> {
        self.zero.get().map(|zero| nanos(zero.elapsed()))
    }

    /// No lock is held while handlers run.
    fn tell(&self, found: Vec<Finding>) {
        for finding in found {
            self.found.fetch_add(1, Ordering::Relaxed);
            emit(&finding);
            let mut last = self.last();
            if last.len() >= MAX_FINDINGS {
                last.pop_front();
            }
            last.push_back(finding);
        }
    }

    fn last(&self) -> std::sync::MutexGuard<'_, VecDeque<Finding>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn emit(finding: &Finding) {
    finding.context.in_scope(|| {
        execute!(
            "telemetry.n_plus_one",
            { count: finding.count, total_time: finding.total_time },
            {
                statement: finding.statement,
                parent: finding.parent,
                route: finding.route.as_deref(),
                repo: finding.repo.as_deref(),
                source: finding.source.as_deref(),
                system: finding.system.as_deref(),
            }
        );
    });
}

impl fmt::Debug for NPlusOne {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NPlusOne")
            .field("id", &self.attached.as_ref().map(AttachGuard::id))
            .field("found", &self.found())
            .field("pressure", &self.pressure())
            .finish_non_exhaustive()
    }
}
