//! Rows of a group, and how an event finds its own.
//!
//! Metrics of the same events with the same tags form a **group** (`group.rs`) and share their rows:
//! the tags of an event are looked up once, however many metrics count it.
//!
//! Finding a row takes no lock: the map can be read while somebody adds to it. Rows are added under
//! one lock, which also keeps their order and their number. Beyond the limit an event is counted in
//! the overflow row.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use once_cell::sync::OnceCell;
use papaya::{HashSet, ResizeMode};
use seize::Collector;

use crate::arena::{Arena, Totals};
use crate::cells::{Cell, LaidOut};
use crate::expiry::Expiry;
use crate::key::{Hashed, Key, Listed};
use crate::row::Row;

/// No group has more series than this, whatever its limit says: room for their places is made in
/// advance, a few bytes each.
pub(crate) const MOST_SERIES: usize = 1 << 20;

/// The map has room for so many from the start, 9 bytes each: in a full one an event has to look
/// further for its row.
const ROOM: usize = 128;

/// The rows of one group.
#[derive(Debug)]
pub(crate) struct Rows {
    by_key: HashSet<Listed, Hashed>,
    /// Of a group without tags, the only row there is.
    only: OnceCell<Arc<Row>>,
    overflow: OnceCell<Arc<Row>>,
    /// No series; see [`push_out`](Self::push_out).
    stand_in: OnceCell<Arc<Row>>,
    /// Also the lock under which rows are made.
    made: Mutex<Made>,
    max_series: usize,
    len: AtomicUsize,
    has_unlisted: AtomicBool,
    /// One per metric of the group.
    pub(crate) cells: Vec<Cell>,
    pub(crate) arena: Arena,
}

/// What is known of the rows that were made.
#[derive(Debug, Default)]
pub(crate) struct Made {
    pub(crate) in_order: Vec<Arc<Row>>,
    /// What threads made that were ending: papaya cannot add anything without thread locals. The
    /// next thread to make a row adds them.
    unlisted: Vec<Arc<Row>>,
    /// Places that rows have left.
    free: Vec<usize>,
    /// No place from here on was ever taken.
    fresh: usize,
    pub(crate) expiry: Expiry,
}

impl Made {
    /// Rows that take up room.
    fn len(&self) -> usize {
        self.in_order.len() + self.expiry.leaving()
    }
}

impl Rows {
    pub(crate) fn new(laid_out: LaidOut, tags: usize, max_series: usize) -> Self {
        let LaidOut { cells, columns } = laid_out;
        let max_series = max_series.min(MOST_SERIES);
        // The last place is that of the overflow row.
        let places = if tags == 0 { 1 } else { max_series + 1 };
        let rows = Self {
            // A row that expires is to be let go at once, and not with thirty others.
            by_key: HashSet::builder()
                .capacity(ROOM)
                .hasher(Hashed)
                .collector(Collector::new().batch_size(1))
                // Nor when an older table goes. Only writers wait, and they have a lock anyway.
                .resize_mode(ResizeMode::Blocking)
                .build(),
            only: OnceCell::new(),
            overflow: OnceCell::new(),
            stand_in: OnceCell::new(),
            made: Mutex::default(),
            max_series,
            len: AtomicUsize::new(0),
            has_unlisted: AtomicBool::new(false),
            arena: Arena::new(columns, places),
            cells,
        };
        if tags == 0 {
            let row = Arc::new(Row::new(Some(Key::new(&[])), 0, &rows.cells));
            let mut made = rows.made();
            made.in_order.push(row.clone());
            made.fresh = 1;
            drop(made);
            let _ = rows.only.set(row);
        }
        rows
    }

    pub(crate) fn made(&self) -> MutexGuard<'_, Made> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn max_series(&self) -> usize {
        self.max_series
    }

    /// The row of a group without tags.
    #[inline(always)]
    pub(crate) fn only(&self) -> Option<&Row> {
        self.only.get().map(|row| &**row)
    }

    /// Calls `count` with the row of this key, if it is there. Called back, because handing a row
    /// out would take a count that all threads share. Not for a thread that is ending.
    #[inline(always)]
    pub(crate) fn with<R>(&self, key: &Key<'_>, count: impl FnOnce(&Row) -> R) -> Option<R> {
        let rows = self.by_key.pin();
        let row = rows.get(key)?;
        Some(count(&row.0))
    }

    /// The row of this key, made if there is room; otherwise the overflow row.
    ///
    /// `is_ending` is whether thread locals may be gone, which papaya uses: in a destructor that
    /// runs late while the thread ends.
    pub(crate) fn find(&self, key: Key<'_>, is_ending: bool, told: impl FnOnce()) -> Arc<Row> {
        if let Some(only) = self.only.get() {
            return only.clone();
        }
        if let Some(row) = self.get(&key, is_ending) {
            return row;
        }
        // Acquire, against the release when a row is added: if there is no room any more, what
        // took it can be seen, and it may have been this very row, listed or not.
        let has_room = self.len.load(Ordering::Acquire) < self.max_series;
        let found = if has_room || self.has_unlisted.load(Ordering::Acquire) {
            self.insert(key, is_ending)
        } else {
            self.get(&key, is_ending)
        };
        found.unwrap_or_else(|| self.overflow(told))
    }

    fn get(&self, key: &Key<'_>, is_ending: bool) -> Option<Arc<Row>> {
        if is_ending {
            self.by_key.pin_owned().get(key).map(|row| row.0.clone())
        } else {
            self.by_key.pin().get(key).map(|row| row.0.clone())
        }
    }

    fn insert(&self, key: Key<'_>, is_ending: bool) -> Option<Arc<Row>> {
        let mut made = self.made();
        if !is_ending {
            self.list_all(&mut made);
        } else if let Some(row) = made.unlisted.iter().find(|row| key.is_of(row)) {
            return Some(row.clone());
        }
        // Another thread may have made it, or taken the last place, meanwhile.
        if let Some(row) = self.get(&key, is_ending) {
            return Some(row);
        }
        if made.len() >= self.max_series {
            return None;
        }
        let place = made.free.pop().unwrap_or_else(|| {
            made.fresh += 1;
            made.fresh - 1
        });
        let row = Arc::new(Row::new(Some(key), place, &self.cells));
        made.in_order.push(row.clone());
        if is_ending {
            made.unlisted.push(row.clone());
            self.has_unlisted.store(true, Ordering::Release);
        } else {
            self.by_key.pin().insert(Listed(row.clone()));
        }
        self.note_len(&made);
        Some(row)
    }

    /// Adds to the map what threads could not add that were ending. Not for such a one.
    pub(crate) fn list_all(&self, made: &mut Made) {
        if !made.unlisted.is_empty() {
            let rows = self.by_key.pin();
            for row in made.unlisted.drain(..) {
                rows.insert(Listed(row));
            }
            self.has_unlisted.store(false, Ordering::Release);
        }
    }

    #[cold]
    fn overflow(&self, told: impl FnOnce()) -> Arc<Row> {
        self.overflow
            .get_or_init(|| {
                told();
                Arc::new(Row::new(None, self.max_series, &self.cells))
            })
            .clone()
    }

    /// Takes rows out of the map: from here on, their tags begin new ones.
    pub(crate) fn unlist(&self, rows: &[Arc<Row>]) {
        let listed = self.by_key.pin();
        for row in rows {
            listed.remove(&Listed(row.clone()));
        }
    }

    /// Makes the map let go of what was taken out of it, unless `is_out` says that it has.
    ///
    /// What a thread takes out, the map keeps until that thread has taken out as many as there are
    /// threads looking something up at the moment. If nothing more goes, that is for ever. So
    /// something else is put in and taken out again, which no event can find, so many times at most.
    pub(crate) fn push_out(&self, times: usize, is_out: impl Fn() -> bool) {
        for _ in 0..times {
            if is_out() {
                return;
            }
            // Without tags, which every other row of a group has that lists rows.
            let stand_in = || {
                let row = || Arc::new(Row::new(None, self.max_series, &self.cells));
                Listed(self.stand_in.get_or_init(row).clone())
            };
            let listed = self.by_key.pin();
            listed.insert(stand_in());
            listed.remove(&stand_in());
        }
    }

    /// Gives a row's place to whoever comes next. Nothing may be able to count in it any more.
    /// [`note_len`](Self::note_len) is to follow.
    pub(crate) fn free(&self, made: &mut Made, row: &Row) {
        self.arena.clear(row.place());
        made.free.push(row.place());
    }

    /// Tells those without the lock how many rows there are.
    pub(crate) fn note_len(&self, made: &Made) {
        self.len.store(made.len(), Ordering::Release);
    }

    /// All rows in the order in which they were met, the overflow row last.
    pub(crate) fn all(&self) -> Vec<Arc<Row>> {
        self.with_overflow(&self.made().in_order)
    }

    /// What these rows hold now. To be asked for after they were listed, so that all of them are in it.
    pub(crate) fn totals(&self, rows: &[Arc<Row>]) -> Totals {
        let places = rows.iter().map(|row| row.place() + 1).max().unwrap_or(0);
        self.arena.totals(places)
    }

    pub(crate) fn with_overflow(&self, in_order: &[Arc<Row>]) -> Vec<Arc<Row>> {
        in_order
            .iter()
            .chain(self.overflow.get())
            .cloned()
            .collect()
    }
}
