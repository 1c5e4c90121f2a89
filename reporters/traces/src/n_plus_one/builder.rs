//! [`NPlusOneBuilder`]: what is too much, and where to look.

use std::fmt;
use std::time::Duration;

use telemetry::AttachError;

use super::detector::{Detector, SHARDS};
use super::group::{Limits, nanos};
use super::handle::NPlusOne;
use super::shard::Settings;

/// From so many runs of a statement on.
const THRESHOLD: u32 = 5;
/// A loop asks again at once; whoever polls waits longer.
const GAP: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_secs(60);
const MEMORY: usize = 8 << 20;
const MIN_MEMORY: usize = 256 << 10;

/// Settings of a detector; made by [`NPlusOne::builder`].
#[derive(Debug, Clone)]
#[must_use = "nothing is looked at before `start`"]
pub struct NPlusOneBuilder {
    threshold: u32,
    total_time: Duration,
    gap: Duration,
    patience: Duration,
    writes: bool,
    pub(super) unsampled: bool,
    memory: usize,
    pub(super) patterns: Vec<String>,
    separate: Vec<String>,
}

impl NPlusOneBuilder {
    pub(super) fn new() -> Self {
        Self {
            threshold: THRESHOLD,
            total_time: Duration::ZERO,
            gap: GAP,
            patience: PATIENCE,
            writes: false,
            unsampled: false,
            memory: MEMORY,
            patterns: Vec::new(),
            separate: Vec::new(),
        }
    }

    /// From how many runs of one statement on it is an N+1: 5, unless told otherwise, and at least 2.
    pub fn threshold(mut self, count: u32) -> Self {
        self.threshold = count;
        self
    }

    /// And from what time on, all runs together: any, unless told otherwise.
    ///
    /// Queries of a test's or a developer's database take no time worth speaking of, so set this in
    /// production only.
    pub fn min_total_time(mut self, time: Duration) -> Self {
        self.total_time = time;
        self
    }

    /// The longest pause between two runs of one loop: 100 ms, unless told otherwise.
    ///
    /// It tells a loop from a span that lives long and asks now and then: a stream of server-sent
    /// events, a reader that polls. One that polls more often than this looks like a loop at first; but
    /// what has gone on for a hundred times as long, less than a tenth of it within queries, is none.
    pub fn gap(mut self, longest: Duration) -> Self {
        self.gap = longest;
        self
    }

    /// How long after the first query of a span its end is awaited: 60 s, unless told otherwise. Later,
    /// what is too much is told of without the names that only an end tells.
    pub fn patience(mut self, longest: Duration) -> Self {
        self.patience = longest;
        self
    }

    /// Whether `INSERT`, `UPDATE`, `DELETE`, `REPLACE` and `MERGE` count as well: no, unless told
    /// otherwise. A loop of these can seldom be one statement as easily.
    pub fn writes(mut self, count: bool) -> Self {
        self.writes = count;
        self
    }

    /// Whether traces that are not sampled are looked at as well: no, unless told otherwise, so that they
    /// cost next to nothing. Where only a share of the traces is sampled, to be sent elsewhere, this is how
    /// the loops of all are found.
    pub fn unsampled(mut self, count: bool) -> Self {
        self.unsampled = count;
        self
    }

    /// About how much memory may be taken, in bytes: 8 MiB, unless told otherwise, and at least 256 KiB.
    /// A quarter is for the texts of statements.
    pub fn memory(mut self, bytes: usize) -> Self {
        self.memory = bytes;
        self
    }

    /// Listens only to spans of these names, or below these prefixes (`"shop.*"`); otherwise to all.
    /// They must include the queries, and the spans above them: of others nothing is known.
    pub fn spans<P: Into<String>>(mut self, patterns: impl IntoIterator<Item = P>) -> Self {
        self.patterns.extend(patterns.into_iter().map(Into::into));
        self
    }

    /// Takes spans of these names for requests of their own: what is asked below one has nothing to do
    /// with what is asked below the next, though both are below the same span.
    ///
    /// It is so for each span that has no parent in this process, and for each whose end has metadata
    /// `route`, `attempt`, `link` or `event`: a request, an attempt of a job, the handling of an event.
    pub fn separate<P: Into<String>>(mut self, names: impl IntoIterator<Item = P>) -> Self {
        self.separate.extend(names.into_iter().map(Into::into));
        self
    }

    /// Attaches it.
    ///
    /// # Errors
    ///
    /// A [`NPlusOneError`] if a setting makes no sense or a pattern is none.
    pub fn start(self) -> Result<NPlusOne, NPlusOneError> {
        if self.threshold < 2 {
            return Err(NPlusOneError::Threshold(self.threshold));
        }
        if self.memory < MIN_MEMORY {
            return Err(NPlusOneError::Memory(self.memory));
        }
        NPlusOne::attach(&self)
    }

    pub(super) fn detector(&self) -> Detector {
        Detector::new(self.settings(), self.for_statements())
    }

    pub(super) fn settings(&self) -> Settings {
        Settings {
            limits: Limits {
                count: u64::from(self.threshold).max(2),
                total_time: nanos(self.total_time),
                gap: nanos(self.gap),
            },
            writes: self.writes,
            patience: nanos(self.patience).max(1),
            separate: self.separate.clone(),
            room: (self.memory - self.for_statements()) / SHARDS,
        }
    }

    fn for_statements(&self) -> usize {
        self.memory / 4
    }
}

/// Why a detector was not started. Nothing was attached.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NPlusOneError {
    /// The threshold is below 2.
    Threshold(u32),
    /// There is too little memory, in bytes, to keep anything in.
    Memory(usize),
    /// A pattern is none.
    Attach(AttachError),
}

impl fmt::Display for NPlusOneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Threshold(count) => write!(
                f,
                "a threshold of {count} would find every query: a loop runs one at least twice"
            ),
            Self::Memory(bytes) => write!(
                f,
                "{bytes} bytes are too few to keep counts in: give at least {MIN_MEMORY}"
            ),
            Self::Attach(error) => write!(f, "the detector cannot listen: {error}"),
        }
    }
}

/// As it is displayed: it is what a `main` that returns it prints.
impl fmt::Debug for NPlusOneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for NPlusOneError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Attach(error) => Some(error),
            _ => None,
        }
    }
}
