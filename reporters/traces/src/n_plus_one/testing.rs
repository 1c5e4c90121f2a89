//! For tests: a test that asks the database in a loop fails.
//!
//! ```
//! use telemetry_traces::testing::forbid_n_plus_one;
//!
//! fn names_of(users: &[u64]) {
//!     // One query for all of them.
//!     let statement = "SELECT name FROM users WHERE id IN (..)";
//!     telemetry::completion_span!("shop.repo.query", { statement }).finish();
//! }
//!
//! // In a `#[test]`:
//! let _forbidden = forbid_n_plus_one();
//! telemetry::span!("shop.page").in_scope(|| names_of(&[1, 2, 3, 4, 5]));
//! // When the guard is dropped, it looks, and panics with what it found, and with advice.
//! ```
//!
//! What belongs to the test is what [`telemetry::testing`] says of captures: the thread that made the
//! guard, what runs in [`Forbidden::scope`], and what these hand on. So tests may run side by
//! side. A server whose tasks belong to nobody has to be told, see
//! [`Forbidden::on_thread_start`].
//!
//! Queries count below a span, as everywhere. Where a test calls a function directly, so that nothing is
//! above any of its queries, all of them count together.

use std::fmt;
use std::panic::Location;
use std::time::Duration;

use telemetry::testing::{Capture, ScopeGuard, capture, capture_many};
use telemetry::{InContext, SpanContext};

use super::builder::NPlusOneBuilder;
use super::end::End;
use super::finding::Finding;
use super::handle::NPlusOne;
use super::normal::normalise;

/// In a test the machine is what pauses in a loop, and hardly anybody polls.
const GAP: Duration = Duration::from_secs(1);

/// From here on, a statement that runs five times in one request, or in one span of the test, is an
/// error, which is raised when the guard is dropped.
///
/// ```should_panic
/// let _forbidden = telemetry_traces::testing::forbid_n_plus_one();
/// telemetry::span!("shop.page").in_scope(|| {
///     for _id in 0..5 {
///         let statement = "SELECT name FROM users WHERE id = ?";
///         telemetry::completion_span!("shop.repo.query", { statement }).finish();
///     }
/// });
/// ```
#[track_caller]
pub fn forbid_n_plus_one() -> Forbidden {
    Forbidden::new(capture("*"))
}

/// As [`forbid_n_plus_one`], but listens to these names and patterns only: those of the queries, and
/// of the spans above them.
///
/// # Panics
///
/// If there is none, or one of them is neither a name nor a pattern.
#[track_caller]
pub fn forbid_n_plus_one_in<P: AsRef<str>>(patterns: impl IntoIterator<Item = P>) -> Forbidden {
    Forbidden::new(capture_many(patterns))
}

/// Looks for N+1 queries in a test; made by [`forbid_n_plus_one`].
///
/// # Panics
///
/// When it is dropped, if there is one, or no query was seen; not if the test is panicking already.
#[must_use = "a guard that is dropped at once forbids nothing"]
pub struct Forbidden {
    captured: Capture,
    settings: NPlusOneBuilder,
    allowed: Vec<String>,
    needs_queries: bool,
    made_at: &'static Location<'static>,
    is_checked: bool,
}

impl Forbidden {
    #[track_caller]
    fn new(captured: Capture) -> Self {
        Self {
            captured,
            settings: NPlusOne::builder().gap(GAP),
            allowed: Vec::new(),
            needs_queries: true,
            made_at: Location::caller(),
            is_checked: false,
        }
    }

    /// See [`NPlusOneBuilder::threshold`].
    pub fn threshold(mut self, count: u32) -> Self {
        self.settings = self.settings.clone().threshold(count);
        self
    }

    /// See [`NPlusOneBuilder::gap`]: a second, unless told otherwise.
    pub fn gap(mut self, longest: Duration) -> Self {
        self.settings = self.settings.clone().gap(longest);
        self
    }

    /// See [`NPlusOneBuilder::writes`].
    pub fn writes(mut self, count: bool) -> Self {
        self.settings = self.settings.clone().writes(count);
        self
    }

    /// See [`NPlusOneBuilder::separate`].
    pub fn separate<P: Into<String>>(mut self, names: impl IntoIterator<Item = P>) -> Self {
        self.settings = self.settings.clone().separate(names);
        self
    }

    /// Has nothing against this statement, or against any that has this in its
    /// [normal form](crate::normalise).
    pub fn allow(mut self, statement: &str) -> Self {
        self.allowed.push(normalise(statement));
        self
    }

    /// Is content with a test that runs no query at all. Without this, such a test fails: mostly its
    /// queries ran, on threads that belong to nobody, and nobody looked at them.
    pub fn even_without_queries(mut self) -> Self {
        self.needs_queries = false;
        self
    }

    fn has_queries(&self) -> bool {
        let events = self.captured.events();
        let mut ends = events.iter().filter_map(End::of_owned);
        ends.any(|end| end.query.is_some())
    }

    /// What there is by now. Nothing has to have ended for that.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        let detector = self.settings.detector();
        let mut found = Vec::new();
        let events = self.captured.events();
        let mut ends: Vec<_> = events.iter().filter_map(End::of_owned).collect();
        // Who polls has no span, and its queries are nobody's; but not where there are no others.
        let is_bare = |end: &End<'_>| end.query.is_some() || end.is_transaction;
        let test = ends.iter().all(is_bare).then(SpanContext::new_root);
        for end in &mut ends {
            end.parent = end.parent.or(test);
            let trace = test.unwrap_or(end.context).trace_id();
            found.extend(detector.observe_in(trace, end));
        }
        found.extend(detector.settle());
        let is_allowed = |found: &Finding| {
            let mut allowed = self.allowed.iter();
            allowed.any(|text| found.statement.contains(&**text))
        };
        found.retain(|found| !is_allowed(found));
        found
    }

    /// Looks now.
    ///
    /// # Panics
    ///
    /// If there is an N+1: the message has all of them, with advice. Also if the capture was too small
    /// for the test, or there was no query in it, so that nobody can say; see
    /// [`even_without_queries`](Self::even_without_queries).
    #[track_caller]
    pub fn check(mut self) {
        self.is_checked = true;
        if let Some(message) = self.complaint() {
            panic!("{message}");
        }
    }

    fn complaint(&self) -> Option<String> {
        let found = self.findings();
        let dropped = self.captured.dropped();
        let is_blind = self.needs_queries && found.is_empty() && !self.has_queries();
        if found.is_empty() && dropped == 0 && !is_blind {
            return None;
        }
        let mut message = format!("N+1 queries are forbidden at {}:", self.made_at);
        for finding in &found {
            message += &format!("\n  - {finding}");
        }
        if dropped > 0 {
            message += &format!(
                "\n  - {dropped} events did not fit into the capture; make the test smaller, or name the \
                 events with `forbid_n_plus_one_in`"
            );
        }
        if is_blind {
            message += "\n  - no query was seen, so there is nothing to be said: run what asks the database on \
                        the test's thread (the default runtime of `#[tokio::test]`) or within `scope(..)`; if \
                        there should be none, say `even_without_queries()`";
        }
        Some(message)
    }

    /// Makes a future belong to the test, on whatever thread it is polled; see [`Capture::scope`].
    pub fn scope<F>(&self, future: F) -> InContext<F> {
        self.captured.scope(future)
    }

    /// Runs a closure, on any thread, as part of the test.
    pub fn in_scope<R>(&self, work: impl FnOnce() -> R) -> R {
        self.captured.in_scope(work)
    }

    /// What runs on this thread belongs to the test until the guard is dropped; see
    /// [`Capture::enter`].
    pub fn enter(&self) -> ScopeGuard {
        self.captured.enter()
    }

    /// For the threads of a runtime whose tasks somebody else spawns; see
    /// [`Capture::on_thread_start`].
    pub fn on_thread_start(&self) -> impl Fn() + Clone + Send + Sync + use<> + 'static {
        self.captured.on_thread_start()
    }
}

impl Drop for Forbidden {
    fn drop(&mut self) {
        // A second panic would end the process, and hide the first.
        if self.is_checked || std::thread::panicking() {
            return;
        }
        if let Some(message) = self.complaint() {
            panic!("{message}");
        }
    }
}

impl fmt::Debug for Forbidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Forbidden")
            .field("made_at", &self.made_at)
            .field("events", &self.captured.len())
            .finish_non_exhaustive()
    }
}
