//! [`Group`]: how often one statement ran below one span, and what of that is an N+1.
//!
//! A loop asks again as soon as it has its answer, so only queries that follow each other closely
//! belong together: they are a *run*. Whoever polls makes a run of one each time, or a long one that
//! consists of pauses.

use std::sync::Arc;
use std::time::Duration;

use super::shape::Shape;

/// When, in nanoseconds of the process's monotonic time.
pub(super) type Moment = u64;

/// From when on it is too many.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) count: u64,
    /// In nanoseconds.
    pub(super) total_time: u64,
    /// The longest pause within a run, in nanoseconds.
    pub(super) gap: u64,
}

/// So many times the longest pause is long for a run: ten seconds, unless told otherwise.
const LONG: u64 = 100;

/// Less than one part in so many of a long run is too little to be a loop.
const MOSTLY: u64 = 10;

/// One query that has ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call {
    pub(super) start: Moment,
    pub(super) end: Moment,
    pub(super) time: Duration,
    pub(super) rows: Option<u64>,
}

#[derive(Debug)]
pub(super) struct Group {
    pub(super) shape: Arc<Shape>,
    /// Through spans of which names the queries are below this one.
    path: u64,
    /// The first of those names.
    head: Option<&'static str>,
    run: Run,
    /// Of earlier runs that were too long.
    over: Tally,
    rows: Rows,
    /// The span in which it became too many, if that has ended.
    pub(super) parent: Option<&'static str>,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    pub(super) count: u64,
    pub(super) time: u64,
}

#[derive(Debug, Clone, Copy)]
struct Run {
    tally: Tally,
    first: Moment,
    last: Moment,
}

/// Whether the answers look like pages: each full but the last.
#[derive(Debug, Clone, Copy)]
struct Rows {
    full: Option<u64>,
    short: bool,
    differ: bool,
}

impl Group {
    pub(super) fn new(shape: Arc<Shape>, call: &Call) -> Self {
        Self {
            shape,
            path: 0,
            head: None,
            run: Run {
                tally: Tally {
                    count: 1,
                    time: nanos(call.time),
                },
                first: call.start,
                last: call.end,
            },
            over: Tally::default(),
            rows: Rows {
                full: call.rows,
                short: false,
                differ: false,
            },
            parent: None,
        }
    }

    /// Whether both are the same statement, reached in the same way.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.shape.id == other.shape.id && self.path == other.path
    }

    pub(super) fn join(&mut self, other: &Self, limits: &Limits) {
        self.rows.join(other.rows);
        self.over.add(other.over);
        let (one, two) = (self.run, other.run);
        let pause = (one.first.saturating_sub(two.last)).max(two.first.saturating_sub(one.last));
        if pause <= limits.gap {
            self.run.tally.add(two.tally);
            self.run.first = one.first.min(two.first);
            self.run.last = one.last.max(two.last);
        } else {
            let (earlier, later) = if one.first < two.first {
                (one, two)
            } else {
                (two, one)
            };
            if earlier.is_too_much(limits) {
                self.over.add(earlier.tally);
            }
            self.run = later;
        }
        if self.parent.is_none() {
            self.parent = other.parent;
        }
    }

    /// The span called `name` ends, below which this was; its parent takes it over.
    pub(super) fn rise(&mut self, name: &'static str) {
        // A function that calls itself makes a chain of spans, which is a loop, too.
        if self.head != Some(name) {
            self.path = mix(self.path, name);
            self.head = Some(name);
        }
    }

    /// How much of it is too much.
    pub(super) fn excess(&self, limits: &Limits) -> Option<Tally> {
        let mut all = self.over;
        if self.run.is_too_much(limits) {
            all.add(self.run.tally);
        }
        (all.count > 0 && !(self.shape.pages && self.rows.are_pages())).then_some(all)
    }

    /// Whether the next query would begin a new run, and nothing of the last is worth keeping.
    pub(super) fn is_over(&self, now: Moment, limits: &Limits) -> bool {
        now.saturating_sub(self.run.last) > limits.gap && self.excess(limits).is_none()
    }

    pub(super) fn last(&self) -> Moment {
        self.run.last
    }

    /// What it takes in a list with room for as many again, what it shares with others included.
    pub(super) fn bytes(&self) -> usize {
        2 * size_of::<Self>() + self.shape.bytes()
    }
}

impl Tally {
    pub(super) fn add(&mut self, other: Self) {
        self.count = self.count.saturating_add(other.count);
        self.time = self.time.saturating_add(other.time);
    }
}

impl Limits {
    fn exceeded_by(&self, tally: Tally) -> bool {
        tally.count >= self.count && tally.time >= self.total_time
    }
}

impl Run {
    fn is_too_much(&self, limits: &Limits) -> bool {
        limits.exceeded_by(self.tally) && !self.polls(limits)
    }

    /// Whoever goes on for long, and waits nearly all the time, polls, however short the pauses are. If
    /// it is a loop, it is not its queries that take the time.
    fn polls(&self, limits: &Limits) -> bool {
        let long = self.last.saturating_sub(self.first);
        long > limits.gap.saturating_mul(LONG) && self.tally.time < long / MOSTLY
    }
}

impl Rows {
    fn join(&mut self, other: Self) {
        let (Some(full), Some(now)) = (self.full, other.full) else {
            self.full = self.full.or(other.full);
            return;
        };
        self.differ |= other.differ || self.short || now > full;
        self.short = other.short || now < full;
    }

    /// One row at a time is no page.
    fn are_pages(self) -> bool {
        !self.differ && self.full != Some(1)
    }
}

pub(super) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Names are the program's own, so nobody chooses them to collide. (FNV-1a, and the path so far.)
fn mix(path: u64, name: &str) -> u64 {
    let seed = path ^ 0xcbf2_9ce4_8422_2325;
    let hash = name.bytes().fold(seed, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash.max(1)
}
