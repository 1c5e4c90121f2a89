//! Rows, and how an event finds its own.
//!
//! Metrics of the same events with the same tags form a **group** (`group.rs`) and share their rows:
//! the tags of an event are looked up once, however many metrics count it. A row is one combination
//! of tag texts, with the cells of all metrics of the group.
//!
//! Finding a row takes no lock: the map can be read while somebody adds to it. Rows are added under
//! one lock, which also keeps their order and their number. Beyond the limit an event is counted in
//! the overflow row. No row is taken away again.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use foldhash::fast::RandomState;
use once_cell::sync::OnceCell;
use papaya::HashMap;

use crate::cells::Cell;
use crate::definition::Definition;

/// Ends each tag's text in a key; no UTF-8 text contains it.
pub(crate) const END_OF_TAG: u8 = 0xFF;

static LAST_ROW: AtomicU64 = AtomicU64::new(0);

#[derive(Debug)]
pub(crate) struct Row {
    /// Never given out twice; cursors of readers are kept by it.
    pub(crate) id: u64,
    /// One per tag of the group, empty where the tag is absent.
    pub(crate) tags: Arc<[Box<str>]>,
    pub(crate) is_overflow: bool,
    pub(crate) started: SystemTime,
    /// One per metric of the group.
    pub(crate) cells: Box<[Cell]>,
}

impl Row {
    fn new(definitions: &[Arc<Definition>], tags: Arc<[Box<str>]>, is_overflow: bool) -> Self {
        let cell = |definition: &Arc<Definition>| {
            Cell::new(
                definition.kind(),
                definition.dimension(),
                definition.bounds().len(),
            )
        };
        Self {
            id: LAST_ROW.fetch_add(1, Ordering::Relaxed) + 1,
            tags,
            is_overflow,
            started: SystemTime::now(),
            cells: definitions.iter().map(cell).collect(),
        }
    }
}

/// The rows of one group.
#[derive(Debug)]
pub(crate) struct Rows {
    /// Hashed with a seed of the process: tag values may come from outside.
    by_key: HashMap<Box<[u8]>, Arc<Row>, RandomState>,
    /// Of a group without tags, the only row there is.
    only: OnceCell<Arc<Row>>,
    /// Also the lock under which rows are made.
    made: Mutex<Made>,
    overflow: OnceCell<Arc<Row>>,
    len: AtomicUsize,
    has_unlisted: AtomicBool,
}

#[derive(Debug, Default)]
struct Made {
    in_order: Vec<Arc<Row>>,
    /// What threads made that were ending: papaya cannot add anything without thread locals. The
    /// next thread to make a row adds them.
    unlisted: Vec<(Box<[u8]>, Arc<Row>)>,
}

impl Rows {
    pub(crate) fn new(definitions: &[Arc<Definition>], tags: usize) -> Self {
        let rows = Self {
            by_key: HashMap::with_hasher(RandomState::default()),
            only: OnceCell::new(),
            made: Mutex::default(),
            overflow: OnceCell::new(),
            len: AtomicUsize::new(0),
            has_unlisted: AtomicBool::new(false),
        };
        if tags == 0 {
            // The only row there can be: made at once, so that it is shown at zero.
            if let Some(row) = rows.insert(&[], definitions, usize::MAX, true) {
                let _ = rows.only.set(row);
            }
        }
        rows
    }

    /// The row of a group without tags.
    #[inline]
    pub(crate) fn only(&self) -> Option<&Row> {
        self.only.get().map(|row| &**row)
    }

    /// Calls `count` with the row of this key, made if there is room; otherwise with the overflow
    /// row. Called back, because handing a row out would take a count that all threads share.
    ///
    /// `alive` is whether thread locals can be used, which papaya does; not so in a destructor
    /// that runs late while the thread ends.
    #[inline]
    pub(crate) fn with(
        &self,
        key: &[u8],
        definitions: &[Arc<Definition>],
        max_series: usize,
        alive: bool,
        count: impl FnOnce(&Row),
    ) {
        if let Some(row) = self.only() {
            return count(row);
        }
        if alive {
            let rows = self.by_key.pin();
            if let Some(row) = rows.get(key) {
                return count(row);
            }
        }
        count(&self.find(key, definitions, max_series, alive));
    }

    #[cold]
    fn find(
        &self,
        key: &[u8],
        definitions: &[Arc<Definition>],
        max_series: usize,
        alive: bool,
    ) -> Arc<Row> {
        if let Some(row) = self.get(key, alive) {
            return row;
        }
        // Acquire, against the release when a row is added: if there is no room any more, what
        // took it can be seen, and it may have been this very row, listed or not.
        let has_room = self.len.load(Ordering::Acquire) < max_series;
        let found = if has_room || self.has_unlisted.load(Ordering::Acquire) {
            self.insert(key, definitions, max_series, alive)
        } else {
            self.get(key, alive)
        };
        found.unwrap_or_else(|| self.overflow(definitions, max_series))
    }

    fn get(&self, key: &[u8], alive: bool) -> Option<Arc<Row>> {
        if alive {
            self.by_key.pin().get(key).cloned()
        } else {
            self.by_key.pin_owned().get(key).cloned()
        }
    }

    fn insert(
        &self,
        key: &[u8],
        definitions: &[Arc<Definition>],
        max_series: usize,
        alive: bool,
    ) -> Option<Arc<Row>> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let Made { in_order, unlisted } = &mut *made;
        if alive {
            let rows = self.by_key.pin();
            for (key, row) in unlisted.drain(..) {
                rows.insert(key, row);
            }
            self.has_unlisted.store(false, Ordering::Release);
        } else if let Some((_, row)) = unlisted.iter().find(|(known, _)| **known == *key) {
            return Some(row.clone());
        }
        // Another thread may have made it, or taken the last place, meanwhile.
        if let Some(row) = self.get(key, alive) {
            return Some(row);
        }
        if in_order.len() >= max_series {
            return None;
        }
        let tags = key
            .split(|byte| *byte == END_OF_TAG)
            .map(|text| String::from_utf8_lossy(text).into_owned().into_boxed_str());
        // The key ends with an end, so the last piece is not a tag.
        let tags: Vec<Box<str>> = tags.collect();
        let tags = tags[..tags.len() - 1].into();
        let row = Arc::new(Row::new(definitions, tags, false));
        in_order.push(row.clone());
        if alive {
            self.by_key.pin().insert(key.into(), row.clone());
        } else {
            unlisted.push((key.into(), row.clone()));
            self.has_unlisted.store(true, Ordering::Release);
        }
        self.len.store(in_order.len(), Ordering::Release);
        Some(row)
    }

    #[cold]
    fn overflow(&self, definitions: &[Arc<Definition>], max_series: usize) -> Arc<Row> {
        use std::io::Write;
        self.overflow
            .get_or_init(|| {
                let names: Vec<&str> = definitions.iter().map(|one| one.name()).collect();
                let _ = writeln!(
                    std::io::stderr(),
                    "telemetry-metrics: {} reached its limit of {max_series} series; what comes \
                     beyond is counted in one overflow series. Choose tags with fewer values, or \
                     raise `max_series`.",
                    names.join(", ")
                );
                Arc::new(Row::new(definitions, Arc::default(), true))
            })
            .clone()
    }

    /// All rows in the order in which they were met, the overflow row last.
    pub(crate) fn all(&self) -> Vec<Arc<Row>> {
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.in_order
            .iter()
            .chain(self.overflow.get())
            .cloned()
            .collect()
    }
}
