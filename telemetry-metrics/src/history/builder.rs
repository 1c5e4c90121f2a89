//! How a history is set up.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::recorder::{History, Recorder, Shared};
use super::store::Store;
use crate::aggregator::Aggregator;
use crate::push::Push;

const SHORTEST_INTERVAL: Duration = Duration::from_millis(10);
const SMALLEST_BUDGET: usize = 64 << 10;

/// Sets up a [`History`]; made by [`History::builder`].
#[derive(Debug)]
#[must_use = "nothing is recorded until `start` is called"]
pub struct HistoryBuilder<'a> {
    aggregator: &'a Aggregator,
    interval: Duration,
    length: Duration,
    budget: usize,
}

/// Why a history was not started.
#[non_exhaustive]
pub enum HistoryError {
    /// The interval is shorter than 10 ms.
    Interval(Duration),
    /// The length is shorter than two intervals.
    Length {
        /// What was asked for.
        length: Duration,
        /// The interval.
        interval: Duration,
    },
    /// The budget is smaller than 64 KiB.
    Budget(usize),
    /// The system refused a thread.
    Thread(std::io::Error),
}

/// As it is displayed: it is what a `main` that returns it prints, and has to say what to do.
impl fmt::Debug for HistoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for HistoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interval(interval) => write!(
                f,
                "a history cannot be sampled every {interval:?}; use an interval of at least \
                 {SHORTEST_INTERVAL:?}"
            ),
            Self::Length { length, interval } => write!(
                f,
                "a history of {length:?} has no two samples at intervals of {interval:?}; use a \
                 longer length or a shorter interval"
            ),
            Self::Budget(bytes) => write!(
                f,
                "a history does not fit into {bytes} bytes; use a budget of at least \
                 {SMALLEST_BUDGET}"
            ),
            Self::Thread(error) => write!(f, "the system refused a thread: {error}"),
        }
    }
}

impl std::error::Error for HistoryError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Thread(error) => Some(error),
            _ => None,
        }
    }
}

impl<'a> HistoryBuilder<'a> {
    pub(super) fn new(aggregator: &'a Aggregator) -> Self {
        Self {
            aggregator,
            interval: Duration::from_secs(1),
            length: Duration::from_secs(3_600),
            budget: 16 << 20,
        }
    }

    /// How often a sample is taken: every second, unless this says otherwise. At least 10 ms.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// How far back the history goes: an hour, unless this says otherwise. Each tenfold of it costs
    /// as much as 540 intervals: a day takes about a third more than two hours.
    pub fn length(mut self, length: Duration) -> Self {
        self.length = length;
        self
    }

    /// How many bytes all of it may take: 16 MiB, unless this says otherwise. At least 64 KiB. What
    /// that is enough for is said in the [module](super).
    pub fn budget(mut self, bytes: usize) -> Self {
        self.budget = bytes;
        self
    }

    /// Takes the first sample, and starts a thread that takes the others.
    ///
    /// # Errors
    ///
    /// A [`HistoryError`] if a setting makes no sense, or the system refuses a thread.
    pub fn start(self) -> Result<History, HistoryError> {
        if self.interval < SHORTEST_INTERVAL {
            return Err(HistoryError::Interval(self.interval));
        }
        if self.length / 2 < self.interval {
            return Err(HistoryError::Length {
                length: self.length,
                interval: self.interval,
            });
        }
        if self.budget < SMALLEST_BUDGET {
            return Err(HistoryError::Budget(self.budget));
        }
        let begin = Instant::now();
        let snapshots = self.aggregator.snapshots();
        let (now, first) = (SystemTime::now(), snapshots.take());
        let store = Store::new(self.interval, self.length, self.budget, now, &first);
        let shared = Arc::new(Shared::new(store));
        let recorder = Recorder::new(begin, self.interval, snapshots, shared.clone());
        let push = Push::start("telemetry-history", self.interval, recorder);
        Ok(History::new(shared, push.map_err(HistoryError::Thread)?))
    }
}
