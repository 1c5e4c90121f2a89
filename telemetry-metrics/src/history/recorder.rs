//! [`History`]: the handle; and what its thread does at each tick.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant, SystemTime};

use super::builder::{HistoryBuilder, HistoryError};
use super::points::{Points, Show};
use super::query::{PastSeries, SeriesId};
use super::range::{Range, Tick};
use super::slots::Slots;
use super::stats::Stats;
use super::store::Store;
use crate::aggregator::{Aggregator, Snapshots};
use crate::definition::Definition;
use crate::push::{Flush, Push};

/// The recent past of all series, within one budget of bytes; sampled by a thread of its own.
///
/// Emitters do not notice it: it reads snapshots. Who asks for the past waits for a sample that is being
/// taken, a few milliseconds for thousands of series. A sample does not wait for who reads: a question
/// takes hold of what it is about, in microseconds per series, and is answered while no lock is held.
///
/// Dropping it stops the thread. To share it, put it into an `Arc`.
///
/// ```
/// use std::time::Duration;
/// use telemetry_metrics::history::{History, Range, Show};
/// use telemetry_metrics::{Aggregator, summary};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let definitions = [summary("history.example.bytes").bytes()];
/// let aggregator = Aggregator::builder().metrics(definitions).start()?;
/// let history = History::builder(&aggregator).interval(Duration::from_millis(20)).start()?;
///
/// let before = history.newest();
/// for n in 1..=100 {
///     telemetry::execute!("history.example", { bytes: n });
/// }
/// // Two samples on, all of it has been seen.
/// let seen = history.wait_for(history.wait_for(history.newest(), SECOND), SECOND);
///
/// let series: Vec<_> = history
///     .series()
///     .into_iter()
///     .filter(|series| series.definition.name() == "history.example.bytes")
///     .map(|series| series.id)
///     .collect();
/// let stats = history.stats(&series, Range::last(Duration::from_secs(60)));
/// assert_eq!(stats.count(), 100);
/// let p95 = stats.quantile(0.95).unwrap();
/// assert!((94.0..=96.1).contains(&p95));
///
/// let chart = history.points(&series, Show::Count, Range::since(before), history.interval());
/// assert_eq!(chart.values.iter().flatten().sum::<f64>(), 100.0);
/// assert!(chart.end >= seen);
/// # Ok(()) }
/// # const SECOND: Duration = Duration::from_secs(10);
/// ```
#[must_use = "dropping it ends the recording"]
pub struct History {
    shared: Arc<Shared>,
    _push: Push,
}

/// How a history fares.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Status {
    /// How many bytes the past takes, by its own count: what is in use and what is reserved.
    pub bytes: usize,
    /// How many it may take.
    pub budget: usize,
    /// How many series are remembered, without totals.
    pub series: usize,
    /// How many of them have a past that is coarser than that of others, to make room for it.
    pub coarse: usize,
    /// How many of the newest steps of other series are as fine as they were sampled. It is 600, halved
    /// when the budget was hit and making quiet series coarse was not enough, down to 9, and doubled
    /// again when two thirds of it are free.
    pub fine_steps: u64,
    /// How many series did not fit in at the newest sample although the past is as coarse as it
    /// gets; their numbers are part of totals only.
    pub left_out: usize,
    /// How many series were forgotten to make room, since the start.
    pub evicted: u64,
    /// From when on there is a past.
    pub begin: Tick,
    /// The newest sample.
    pub newest: Tick,
}

impl History {
    /// Starts with a sample every second, an hour, and 16 MiB.
    ///
    /// # Errors
    ///
    /// A [`HistoryError`] if the system refuses a thread.
    pub fn start(aggregator: &Aggregator) -> Result<Self, HistoryError> {
        Self::builder(aggregator).start()
    }

    /// Begins with the same.
    pub fn builder(aggregator: &Aggregator) -> HistoryBuilder<'_> {
        HistoryBuilder::new(aggregator)
    }

    pub(super) fn new(shared: Arc<Shared>, push: Push) -> Self {
        Self {
            shared,
            _push: push,
        }
    }

    /// All series that are remembered, in the order in which they were met. Without
    /// [`totals`](Self::totals).
    #[must_use]
    pub fn series(&self) -> Vec<PastSeries> {
        self.shared.read().series()
    }

    /// The series of the definition of this name (of all of them, if several have it), the busiest
    /// first. It costs nothing for the series of others.
    #[must_use]
    pub fn series_of(&self, name: &str) -> Vec<PastSeries> {
        self.shared.read().series_of(name)
    }

    /// All definitions, and how many series of each are remembered: those of the aggregator in their
    /// order, then those of the library about itself, then those that were
    /// [added](crate::Late) since.
    #[must_use]
    pub fn definitions(&self) -> Vec<(Arc<Definition>, usize)> {
        self.shared.read().definitions()
    }

    /// One series per definition that is all its series together: those that there are, those that
    /// were, and those that are left out of the history for lack of room. To ask for it costs as much
    /// as to ask for one.
    ///
    /// The total of a definition with tags is recorded as one more series, which is not among
    /// [`series`](Self::series); there is none for last values, since nobody wants to add those up.
    /// That of a definition without tags is its one series, as soon as there is one.
    #[must_use]
    pub fn totals(&self) -> Vec<PastSeries> {
        self.shared.read().totals()
    }

    /// What series counted within a range, all together: those of one definition. Others than the
    /// first one's are left out, as are series that are not there (any more).
    #[must_use]
    pub fn stats(&self, series: &[SeriesId], range: Range) -> Stats {
        let asked = self.shared.read().ask(series, range);
        asked.stats()
    }

    /// What series counted, all together, in slots of `step`, with all that is known of each. Which
    /// series count is as in [`stats`](Self::stats).
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # use telemetry_metrics::history::{History, Range};
    /// # fn go(history: &History) {
    /// // The latencies of the last hour, all series together.
    /// for total in history.totals() {
    ///     let range = Range::last(Duration::from_secs(3_600));
    ///     let slots = history.slots(&[total.id], range, Duration::from_secs(10));
    ///     for stats in slots.stats.iter().flatten() {
    ///         println!("{:?} {:?} {:?}", stats.rate(), stats.quantile(0.95), stats.max());
    ///     }
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn slots(&self, series: &[SeriesId], range: Range, step: Duration) -> Slots {
        let (asked, grid) = self.shared.read().ask_for_slots(series, range, step);
        asked.slots(grid)
    }

    /// One number of each of the [`slots`](Self::slots).
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # use telemetry_metrics::history::{History, Range, SeriesId, Show};
    /// # fn go(history: &History, series: &[SeriesId], send: impl Fn(Vec<Option<f64>>)) {
    /// // A chart that goes on: each time, what came since.
    /// let mut range = Range::last(Duration::from_secs(600));
    /// loop {
    ///     let points = history.points(series, Show::Rate, range, Duration::from_secs(5));
    ///     range = Range::since(points.end);
    ///     send(points.values);
    ///     history.wait_for(history.newest(), Duration::from_secs(15));
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn points(&self, series: &[SeriesId], show: Show, range: Range, step: Duration) -> Points {
        Points::of(&self.slots(series, range, step), show)
    }

    /// The newest sample.
    #[must_use]
    pub fn newest(&self) -> Tick {
        Tick(*self.shared.lock_newest())
    }

    /// Waits until there is a sample after this one, or `timeout` has passed; the newest then. It
    /// blocks the thread, so in async code it belongs into one of its own.
    ///
    /// A moment that is not there yet is one of an earlier process, and there is nothing to wait for.
    #[must_use]
    pub fn wait_for(&self, after: Tick, timeout: Duration) -> Tick {
        let newest = self.shared.lock_newest();
        let waited = self
            .shared
            .sampled
            .wait_timeout_while(newest, timeout, |newest| *newest == after.0);
        let (newest, _) = waited.unwrap_or_else(PoisonError::into_inner);
        Tick(*newest)
    }

    /// How far apart samples are.
    #[must_use]
    pub fn interval(&self) -> Duration {
        self.shared.read().interval
    }

    /// How it fares.
    #[must_use]
    pub fn status(&self) -> Status {
        self.shared.read().status()
    }
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("History")
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}

/// What the thread and those who ask share.
#[derive(Debug)]
pub(super) struct Shared {
    store: RwLock<Store>,
    newest: Mutex<u64>,
    sampled: Condvar,
}

impl Shared {
    pub(super) fn new(store: Store) -> Self {
        Self {
            store: RwLock::new(store),
            newest: Mutex::new(0),
            sampled: Condvar::new(),
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Store> {
        self.store.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_newest(&self) -> std::sync::MutexGuard<'_, u64> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the thread owns.
pub(super) struct Recorder {
    begin: Instant,
    interval: Duration,
    snapshots: Snapshots,
    shared: Arc<Shared>,
}

impl Recorder {
    pub(super) fn new(
        begin: Instant,
        interval: Duration,
        snapshots: Snapshots,
        shared: Arc<Shared>,
    ) -> Self {
        Self {
            begin,
            interval,
            snapshots,
            shared,
        }
    }
}

impl Flush for Recorder {
    fn flush(&mut self, _: Instant) -> Result<(), String> {
        // A tick is never early, so a sample that is late by less than an interval is the tick's.
        let ticks = self.begin.elapsed().as_nanos() / self.interval.as_nanos().max(1);
        let tick = u64::try_from(ticks).unwrap_or(u64::MAX);
        let now = SystemTime::now();
        let snapshot = self.snapshots.take();
        let store = self.shared.store.write();
        let mut store = store.unwrap_or_else(PoisonError::into_inner);
        store.sample(tick, now, &snapshot);
        let newest = store.axes.newest();
        drop(store);
        *self.shared.lock_newest() = newest;
        self.shared.sampled.notify_all();
        Ok(())
    }
}

impl Store {
    pub(super) fn status(&self) -> Status {
        Status {
            bytes: self.bytes(),
            budget: self.budget,
            series: self.ids.len(),
            coarse: self.coarse,
            fine_steps: self.fine(),
            left_out: self.left_out,
            evicted: self.evicted,
            begin: Tick(self.axes.fine.begin),
            newest: Tick(self.axes.newest()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::counter;

    #[test]
    fn dropping_a_history_ends_its_thread() {
        let definitions = [counter("past.drop.count")];
        let aggregator = Aggregator::builder().metrics(definitions).start().unwrap();
        let interval = Duration::from_millis(10);
        let history = History::builder(&aggregator)
            .interval(interval)
            .start()
            .unwrap();
        let shared = history.shared.clone();
        let newest = history.wait_for(Tick(0), Duration::from_secs(20));
        telemetry::execute!("past.drop");
        // The first of the two may have begun before.
        let first = history.wait_for(newest, Duration::from_secs(20));
        assert!(history.wait_for(first, Duration::from_secs(20)) > newest);
        drop(history);
        assert_eq!(Arc::strong_count(&shared), 1, "the thread has ended");
        let series = shared.read().series();
        let ids: Vec<_> = series.iter().map(|series| series.id).collect();
        assert_eq!(
            shared.read().ask(&ids[..1], Range::all()).stats().count(),
            1
        );
    }
}
