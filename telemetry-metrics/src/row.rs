//! [`Row`]: one combination of tag texts, with a cell for each metric of its group.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use once_cell::race::OnceBox;

use crate::cells::{Cell, Shared};
use crate::key::Key;
use crate::metric::Kind;

static LAST_ROW: AtomicU64 = AtomicU64::new(0);

/// A row. Its numbers lie in the group's arena, at its place.
///
/// It is kept small: there is one per series.
#[derive(Debug)]
pub(crate) struct Row {
    /// Never given out twice; cursors of readers are kept by it.
    pub(crate) id: u64,
    pub(crate) hash: u64,
    /// One per tag of the group, empty where the tag is absent.
    pub(crate) tags: Arc<[Box<str>]>,
    /// Nanoseconds since the epoch.
    started: u64,
    place: u32,
    pub(crate) is_overflow: bool,
    /// One per metric, once one of them needs it.
    shared: OnceBox<Box<[Shared]>>,
}

impl Row {
    /// The row of these tags; the overflow row without.
    pub(crate) fn new(key: Option<Key<'_>>, place: usize, cells: &[Cell]) -> Self {
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let row = Self {
            id: LAST_ROW.fetch_add(1, Ordering::Relaxed) + 1,
            hash: key.map_or(0, |key| key.hash()),
            tags: key.map(Key::to_tags).unwrap_or_default(),
            started: since_epoch.map_or(0, |time| time.as_nanos() as u64),
            // There are never as many as 2^32; see `rows.rs`.
            place: place as u32,
            is_overflow: key.is_none(),
            shared: OnceBox::new(),
        };
        if cells.iter().any(Cell::always_shares) {
            row.shared(cells);
        }
        row
    }

    /// Since when it has been counted.
    pub(crate) fn started(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_nanos(self.started)
    }

    /// Where in the arena its words are.
    #[inline(always)]
    pub(crate) fn place(&self) -> usize {
        self.place as usize
    }

    /// What its cells keep beside words, made if need be.
    #[inline(always)]
    pub(crate) fn shared(&self, cells: &[Cell]) -> &[Shared] {
        self.shared
            .get_or_init(|| Box::new(cells.iter().map(Cell::shared).collect()))
    }

    /// What the cell at this place of the group keeps beside words, if anything; of a distribution
    /// whose values are wanted something in any case.
    pub(crate) fn shared_to_read(
        &self,
        cells: &[Cell],
        cell: usize,
        wants_values: bool,
    ) -> Option<&Shared> {
        if wants_values && cells[cell].kind == Kind::Distribution {
            return self.shared(cells).get(cell);
        }
        self.shared_of(cell)
    }

    /// What the cell at this place of the group keeps beside words, if anything.
    pub(crate) fn shared_of(&self, cell: usize) -> Option<&Shared> {
        self.shared.get()?.get(cell)
    }
}
