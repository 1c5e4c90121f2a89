//! [`Windows`]: statistics of the last minutes, for reporters that are asked and have no thread.
//!
//! A summary is cumulative, so what it counted within a window is its state now less its state when
//! the window began. Such states are kept at about six moments of the window, as what was added
//! from each to the next; a series that rests takes no further memory.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::mem::size_of;
use std::time::{Duration, Instant, SystemTime};

use foldhash::fast::RandomState;

use super::key::Key;
use super::merged::{Merged, doubt};
use super::sparse::{pack, plus, since, unpack};
use crate::amount::Amount;
use crate::exponential::Index;
use crate::snapshot::{Data, Series, Snapshot, Summary};

/// Shorter windows are taken for this.
const SHORTEST: Duration = Duration::from_secs(1);

/// What an allocator needs for itself, per piece.
const PIECE: usize = 16;

/// A series without its buckets: its entry in a hash table that may be less than half full, and what
/// that points to.
const ENTRY: usize = 3 * size_of::<(Key, Box<Past>)>() + size_of::<Past>() + 3 * PIECE;

/// Answers counts, sums and quantiles of summaries over a recent window, from the snapshots that it is
/// shown.
///
/// It has no thread of its own and advances when it is shown a snapshot, so it costs nothing where
/// nobody asks. Several scrapers may share one: a second snapshot within a twelfth of the window
/// changes nothing for the first.
///
/// - The window is at most a twelfth shorter than asked for, and at most an eighth longer if
///   snapshots come at least every twelfth of it. Where they come more rarely, it begins at the
///   last one that is old enough, so that nothing is between two windows.
///   [`covered`](Self::covered) says how long it is.
/// - A series counts from its beginning until it is older than the window, and so does everything
///   until the first snapshot shown is older than the window. To begin with the window, show it a
///   snapshot when the reporter starts.
/// - A series that is gone from the snapshots is forgotten; one that came back begins anew.
/// - Past states take at most the bytes given. A series that does not fit in is answered since
///   its start ([`Window::is_since_start`]), and counted by [`left_out`](Self::left_out).
///
/// ```
/// use std::time::{Duration, Instant};
/// use telemetry_metrics::history::Windows;
/// use telemetry_metrics::{Aggregator, summary};
///
/// let aggregator = Aggregator::builder().metrics([summary("job.done.bytes").bytes()]).start()?;
/// let mut windows = Windows::new(Duration::from_secs(60), 16 << 20);
/// let now = Instant::now();
///
/// telemetry::execute!("job.done", { bytes: 1_000_000 });
/// windows.observe(now, &aggregator.snapshot());
///
/// // A minute later (which we make up), only what came since is left.
/// telemetry::execute!("job.done", { bytes: 10 });
/// let snapshot = aggregator.snapshot();
/// windows.observe(now + Duration::from_secs(60), &snapshot);
/// let window = windows.get(0, &snapshot.families[0].series[0]).unwrap();
/// assert_eq!((window.count(), window.quantile(0.95)), (1, Some(10.0)));
/// # Ok::<(), telemetry_metrics::StartError>(())
/// ```
pub struct Windows {
    window: Duration,
    budget: usize,
    bytes: usize,
    /// When the newest snapshot was taken.
    newest: Option<Instant>,
    /// When states were kept, by number, oldest first. The window begins at the first if it has begun.
    kept: VecDeque<(u64, Instant)>,
    /// The number of the last moment at which states were kept; the first is 1.
    last_kept: u64,
    /// The number of the moment at which the window begins; 0 until there is one.
    begin: u64,
    series: HashMap<Key, Box<Past>, RandomState>,
    left_out: usize,
}

/// What is remembered of one series.
#[derive(Debug)]
struct Past {
    started: SystemTime,
    /// When it was met, and when it was last seen, as numbers of kept moments.
    met: u64,
    seen: u64,
    /// Its state when it was last kept; the buckets packed.
    count: u64,
    buckets: Box<[u8]>,
    /// Its sum when the oldest step began.
    base: Amount,
    /// Oldest first.
    steps: VecDeque<Step>,
}

/// What was added from one kept moment to the next; none if nothing was.
#[derive(Debug)]
struct Step {
    /// The moment at which it ends.
    end: u64,
    /// The series' sum then.
    sum: Amount,
    buckets: Box<[u8]>,
}

/// What one summary counted within the window; made by [`Windows::get`].
#[derive(Debug, Clone)]
pub struct Window {
    merged: Merged,
    is_since_start: bool,
}

impl Windows {
    /// For a window of this length, with so many bytes for past states at most. A window shorter
    /// than a second is taken for a second.
    ///
    /// A series that counts all the time takes about 2 bytes for each of its buckets and each of
    /// eight moments: 3 kB if its numbers spread over two decades. A series that counts ten numbers
    /// between two moments takes 1 kB.
    #[must_use]
    pub fn new(window: Duration, budget_bytes: usize) -> Self {
        Self {
            window: window.max(SHORTEST),
            budget: budget_bytes,
            bytes: 0,
            newest: None,
            kept: VecDeque::new(),
            last_kept: 0,
            begin: 0,
            series: HashMap::default(),
            left_out: 0,
        }
    }

    /// Advances to a snapshot, which was taken at `now`.
    ///
    /// Of concurrent scrapers one may come late with an older snapshot; it changes nothing then.
    /// To have `now` and the snapshot agree, take both under the lock that this is kept under.
    pub fn observe(&mut self, now: Instant, snapshot: &Snapshot) {
        if self.newest.is_some_and(|newest| now <= newest) {
            return;
        }
        self.newest = Some(now);
        // A little early is in time: scrapers do not come like clockwork.
        let due = |(_, last): &(u64, Instant)| now - *last >= self.window / 6 * 3 / 4;
        if self.kept.back().is_none_or(due) {
            self.last_kept += 1;
            self.keep(snapshot);
            self.kept.push_back((self.last_kept, now));
        }
        let old_enough = self.window - self.window / 12;
        let begun = |(_, at): &(u64, Instant)| now - *at >= old_enough;
        while self.kept.get(1).is_some_and(begun) {
            self.kept.pop_front();
        }
        if let Some(first) = self.kept.front().filter(|first| begun(first)) {
            self.begin = first.0;
        }
    }

    /// What a series counted within the window that ends with the newest snapshot observed. `family`
    /// is the place of its family in [`Snapshot::families`]. `None` if it is not a summary.
    #[must_use]
    pub fn get(&self, family: usize, series: &Series) -> Option<Window> {
        let Data::Summary(summary) = &series.data else {
            return None;
        };
        let past = self.series.get(&Key::of(family, series));
        let past = past.filter(|past| past.started == series.started);
        let now = counts(summary);
        let range = (summary.min, summary.max);
        let (counts, base, is_since_start) = match past {
            Some(past) if past.met <= self.begin => {
                (past.counts(&now, self.begin), past.base(self.begin), false)
            }
            _ => (now, zero(summary.sum), true),
        };
        let sum = summary.sum.since(base);
        let doubt = if is_since_start {
            0.0
        } else {
            doubt(summary.sum, base)
        };
        Some(Window {
            merged: Merged::new(counts, sum, range, doubt),
            is_since_start,
        })
    }

    /// How long the window is, up to the newest snapshot; `None` until there is one that is old enough
    /// for it to begin with.
    #[must_use]
    pub fn covered(&self) -> Option<Duration> {
        let (number, begin) = self.kept.front()?;
        (*number == self.begin).then(|| self.newest.unwrap_or(*begin) - *begin)
    }

    /// How many series did not fit in when states were last kept.
    #[must_use]
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    /// How many bytes past states take, by our own count; never more than the budget.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    fn keep(&mut self, snapshot: &Snapshot) {
        self.left_out = 0;
        for (number, family) in snapshot.families.iter().enumerate() {
            for series in &family.series {
                if let Data::Summary(summary) = &series.data {
                    self.keep_one(number, series, summary);
                }
            }
        }
        let (seen, bytes) = (self.last_kept, &mut self.bytes);
        self.series.retain(|_, past| {
            let is_there = past.seen == seen;
            if !is_there {
                *bytes -= past.bytes();
            }
            is_there
        });
    }

    fn keep_one(&mut self, family: usize, series: &Series, summary: &Summary) {
        let key = Key::of(family, series);
        let known = self.series.remove(&key);
        self.bytes -= known.as_ref().map_or(0, |past| past.bytes());
        let mut past = known
            .filter(|past| past.started == series.started)
            .unwrap_or_else(|| Box::new(Past::new(series.started, self.last_kept, summary.sum)));
        past.forget(self.begin);
        past.keep(self.last_kept, summary);
        if self.bytes + past.bytes() > self.budget {
            self.left_out += 1;
            return;
        }
        self.bytes += past.bytes();
        self.series.insert(key, past);
    }
}

impl fmt::Debug for Windows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Windows")
            .field("window", &self.window)
            .field("series", &self.series.len())
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}

impl Past {
    fn new(started: SystemTime, met: u64, sum: Amount) -> Self {
        let zero = zero(sum);
        let mut nothing = Vec::new();
        pack::<Index>(&mut nothing, &[]);
        Self {
            started,
            met,
            seen: met,
            count: 0,
            buckets: nothing.into(),
            base: zero,
            steps: VecDeque::new(),
        }
    }

    /// Keeps the state at this moment.
    fn keep(&mut self, moment: u64, summary: &Summary) {
        self.seen = moment;
        if summary.count == self.count {
            return;
        }
        let now = counts(summary);
        let added = since(&now, &unpacked(&self.buckets));
        self.buckets = packed(&now);
        self.count = summary.count;
        self.steps.push_back(Step {
            end: moment,
            sum: summary.sum,
            buckets: packed(&added),
        });
    }

    /// Forgets what was before the window begins.
    fn forget(&mut self, begin: u64) {
        while let Some(step) = self.steps.front().filter(|step| step.end <= begin) {
            self.base = step.sum;
            self.steps.pop_front();
        }
        self.steps.shrink_to(8);
    }

    /// What was counted from `begin` to a state that is given.
    fn counts(&self, now: &[(Index, u64)], begin: u64) -> Vec<(Index, u64)> {
        let within = self.steps.iter().filter(|step| step.end > begin);
        within.fold(since(now, &unpacked(&self.buckets)), |counts, step| {
            plus(&counts, &unpacked(&step.buckets))
        })
    }

    /// The sum at `begin`.
    fn base(&self, begin: u64) -> Amount {
        let before = self.steps.iter().take_while(|step| step.end <= begin);
        before.last().map_or(self.base, |step| step.sum)
    }

    fn bytes(&self) -> usize {
        let steps = self.steps.iter().map(|step| step.buckets.len() + PIECE);
        let steps = self.steps.capacity() * size_of::<Step>() + steps.sum::<usize>();
        ENTRY + self.buckets.len() + steps
    }
}

fn counts(summary: &Summary) -> Vec<(Index, u64)> {
    let held = summary.held.iter();
    held.map(|held| (held.index, held.count)).collect()
}

/// Nothing, of the same dimension.
fn zero(like: Amount) -> Amount {
    match like {
        Amount::Integer(_) => Amount::Integer(0),
        Amount::Real(_) => Amount::Real(0.0),
    }
}

fn packed(counts: &[(Index, u64)]) -> Box<[u8]> {
    let mut bytes = Vec::new();
    pack(&mut bytes, counts);
    bytes.into()
}

fn unpacked(mut bytes: &[u8]) -> Vec<(Index, u64)> {
    let mut counts = Vec::new();
    unpack(&mut bytes, &mut counts);
    counts
}

impl Window {
    /// How many numbers.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.merged.count
    }

    /// Their total; a difference of totals, so of plain numbers (not of time or bytes) as exact as
    /// an `f64` of the total since the start is.
    #[must_use]
    pub fn sum(&self) -> Amount {
        self.merged.sum
    }

    /// The number below which the share `q` (0 to 1) of them lies, as stored (nanoseconds, bytes or
    /// ones); at most 1.083 % off, and exact if it is the only one. `None` if there are none.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Option<f64> {
        self.merged.quantile(q)
    }

    /// Whether this is everything since the series started: because that was within the window, or
    /// because its past is not known.
    #[must_use]
    pub fn is_since_start(&self) -> bool {
        self.is_since_start
    }
}
