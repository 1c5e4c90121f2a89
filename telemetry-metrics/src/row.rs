//! Rows and the groups that hold them.
//!
//! Metrics of the same events with the same tags form a **group** and share their rows: the tags
//! of an event are looked up once, however many metrics count it. A row is one combination of tag
//! texts, with the cells of all metrics of the group.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

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
    by_key: HashMap<Box<[u8]>, Arc<Row>>,
    /// Rows in the order in which they were met; also the lock under which they are made.
    in_order: Mutex<Vec<Arc<Row>>>,
    overflow: OnceCell<Arc<Row>>,
    /// Events that were counted in the overflow row.
    pub(crate) overflowed: AtomicU64,
    /// Events of which a tag was absent.
    pub(crate) tags_missing: AtomicU64,
    len: AtomicUsize,
}

impl Rows {
    pub(crate) fn new(definitions: &[Arc<Definition>], tags: usize) -> Self {
        let rows = Self {
            by_key: HashMap::new(),
            in_order: Mutex::default(),
            overflow: OnceCell::new(),
            overflowed: AtomicU64::new(0),
            tags_missing: AtomicU64::new(0),
            len: AtomicUsize::new(0),
        };
        if tags == 0 {
            // The only row there can be: made at once, so that it is shown at zero.
            rows.insert(&[], definitions);
        }
        rows
    }

    /// The row of this key, made if there is room; otherwise the overflow row.
    pub(crate) fn find(
        &self,
        key: &[u8],
        definitions: &[Arc<Definition>],
        max_series: usize,
    ) -> Arc<Row> {
        if let Some(row) = self.by_key.pin().get(key) {
            return row.clone();
        }
        if self.len.load(Ordering::Relaxed) < max_series {
            if let Some(row) = self.insert_below(key, definitions, max_series) {
                return row;
            }
        }
        self.overflowed.fetch_add(1, Ordering::Relaxed);
        self.overflow(definitions, max_series)
    }

    fn insert_below(
        &self,
        key: &[u8],
        definitions: &[Arc<Definition>],
        max_series: usize,
    ) -> Option<Arc<Row>> {
        let mut in_order = self.in_order.lock().unwrap_or_else(PoisonError::into_inner);
        // Another thread may have made it, or taken the last place, meanwhile.
        if let Some(row) = self.by_key.pin().get(key) {
            return Some(row.clone());
        }
        if self.len.load(Ordering::Relaxed) >= max_series {
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
        self.by_key.pin().insert(key.into(), row.clone());
        self.len.fetch_add(1, Ordering::Relaxed);
        Some(row)
    }

    fn insert(&self, key: &[u8], definitions: &[Arc<Definition>]) {
        self.insert_below(key, definitions, usize::MAX);
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

    /// How many series there are, the overflow series aside.
    pub(crate) fn len(&self) -> usize {
        self.len.load(Ordering::Relaxed)
    }

    /// All rows in the order in which they were met, the overflow row last.
    pub(crate) fn all(&self) -> Vec<Arc<Row>> {
        let in_order = self.in_order.lock().unwrap_or_else(PoisonError::into_inner);
        in_order
            .iter()
            .chain(self.overflow.get())
            .cloned()
            .collect()
    }
}
