//! Counting: what happens on the emitting thread.
//!
//! Code of users comes first: the closures of the definitions, and whatever prints a tag. It may
//! panic, and it may emit events that come here again. Only when all of it has run is the row looked
//! up and its cells are touched, so nothing is ever counted by half, nor between another count's
//! load and store.
//!
//! Most definitions have no closures, and most tags are texts and integers. Then there is no such
//! code, and **the short way** goes directly to the row. The other way (`any.rs`) is taken by
//! everything else, and by the first event of a series.

mod any;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use telemetry::{AttachError, Attached, Event, Value, attach};

use crate::cells::Target;
use crate::group::{FEW_TAGS, Group};
use crate::key::Key;
use crate::lease::Lease;
use crate::metric::Kind;
use crate::plan::{Plans, Position};
use crate::row::Row;
use crate::skip::Skip;
use crate::tag::MAX_TAG_LEN;

/// Counts the events of one name.
#[derive(Debug)]
pub(crate) struct Recorder {
    groups: Vec<Arc<Group>>,
    plans: Plans,
}

impl Recorder {
    pub(crate) fn new(groups: Vec<Arc<Group>>) -> Self {
        Self {
            groups,
            plans: Plans::default(),
        }
    }

    /// Begins to count the events of this name.
    pub(crate) fn attach(self, id: String, event: &str) -> Result<Attached, AttachError> {
        // Most events have one group with a few tags. It is compiled for each number of them:
        // arrays of just that size need no loops over what there might be.
        match &*self.groups {
            [group] if group.is_plain => match group.tags.len() {
                0 => attach(id, event, move |event: &Event<'_>| {
                    self.record_one::<0>(event);
                }),
                1 => attach(id, event, move |event: &Event<'_>| {
                    self.record_one::<1>(event);
                }),
                2 => attach(id, event, move |event: &Event<'_>| {
                    self.record_one::<2>(event);
                }),
                3 => attach(id, event, move |event: &Event<'_>| {
                    self.record_one::<3>(event);
                }),
                4 => attach(id, event, move |event: &Event<'_>| {
                    self.record_one::<4>(event);
                }),
                _ => attach(id, event, move |event: &Event<'_>| self.record(event)),
            },
            _ => attach(id, event, move |event: &Event<'_>| self.record(event)),
        }
    }

    /// Counts an event in the only group, which has so many tags.
    #[inline(always)]
    fn record_one<const TAGS: usize>(&self, event: &Event<'_>) {
        let [group] = &*self.groups else {
            return;
        };
        let lease = Lease::current();
        let find = || group.positions(event).collect();
        if let Some(positions) = self.plans.positions(event, find) {
            if group.record_tagged::<TAGS>(event, positions, lease) {
                return;
            }
        }
        group.record_any(event, lease);
    }

    /// Counts an event.
    fn record(&self, event: &Event<'_>) {
        let lease = Lease::current();
        let find = || {
            let groups = self.groups.iter();
            groups.flat_map(|group| group.positions(event)).collect()
        };
        let Some(mut positions) = self.plans.positions(event, find) else {
            return self
                .groups
                .iter()
                .for_each(|group| group.record_any(event, lease));
        };
        for group in &self.groups {
            // As many as were made for it above.
            let (own, others) = positions.split_at(group.metrics.len() + group.tags.len());
            positions = others;
            if !(group.is_plain && group.record_plain(event, own, lease)) {
                group.record_any(event, lease);
            }
        }
    }
}

impl Group {
    /// Of the measurement of each metric, and then of each tag.
    fn positions<'s>(&'s self, event: &'s Event<'_>) -> impl Iterator<Item = Position> + use<'s> {
        let measurements = self.metrics.iter().map(|metric| {
            let key = metric.measurement();
            Position::of(key.and_then(|key| event.measurement_position(key)))
        });
        let tags = self.tags.iter();
        let tags = tags.map(|tag| Position::of(event.metadata_position(tag)));
        measurements.chain(tags)
    }

    /// The short way; `false`, and nothing counted, if it cannot be taken.
    fn record_plain(&self, event: &Event<'_>, positions: &[Position], lease: Lease) -> bool {
        match self.tags.len() {
            0 => self.record_tagged::<0>(event, positions, lease),
            1 => self.record_tagged::<1>(event, positions, lease),
            2 => self.record_tagged::<2>(event, positions, lease),
            3 => self.record_tagged::<3>(event, positions, lease),
            4 => self.record_tagged::<4>(event, positions, lease),
            5 => self.record_tagged::<5>(event, positions, lease),
            FEW_TAGS => self.record_tagged::<FEW_TAGS>(event, positions, lease),
            _ => false,
        }
    }

    /// The short way of groups with so many tags.
    #[inline(always)]
    fn record_tagged<const TAGS: usize>(
        &self,
        event: &Event<'_>,
        positions: &[Position],
        lease: Lease,
    ) -> bool {
        let Some((measurements, tags)) = positions.split_last_chunk::<TAGS>() else {
            return false;
        };
        if TAGS == 0 {
            let row = self.rows.only();
            return row
                .map(|row| self.count_plain(row, event, measurements, lease, true))
                .is_some();
        }
        if lease.is_ending() {
            return false;
        }
        let mut buffers = [(); TAGS].map(|()| itoa::Buffer::new());
        let mut texts: [&[u8]; TAGS] = [&[]; TAGS];
        let mut all_there = true;
        for (at, buffer) in buffers.iter_mut().enumerate() {
            let looked_for;
            let value = match tags[at].get() {
                Some(at) => event.metadata_at(at),
                // Absent, or added to a span, where it stands elsewhere each time.
                None => {
                    looked_for = event.metadata(&self.tags[at]);
                    looked_for.as_ref()
                }
            };
            texts[at] = match value {
                Some(Value::Str(plain)) if plain.len() <= MAX_TAG_LEN => plain.as_bytes(),
                Some(Value::Unsigned(n)) => buffer.format(*n).as_bytes(),
                Some(Value::Signed(n)) => buffer.format(*n).as_bytes(),
                Some(Value::Bool(true)) => b"true",
                Some(Value::Bool(false)) => b"false",
                None => b"",
                // Has to be printed, or cut.
                Some(_) => return false,
            };
            all_there &= !texts[at].is_empty();
        }
        let key = Key::new(&texts);
        let found = self.rows.with(
            &key,
            #[inline(always)]
            |row| self.count_plain(row, event, measurements, lease, all_there),
        );
        found.is_some()
    }

    #[inline(always)]
    fn count_plain(
        &self,
        row: &Row,
        event: &Event<'_>,
        positions: &[Position],
        lease: Lease,
        all_there: bool,
    ) {
        let to = self.target(row, lease);
        let cells = &self.rows.cells;
        for (at, cell) in cells.iter().enumerate() {
            let counted = if cell.kind == Kind::Counter {
                cell.record_one(to);
                Ok(())
            } else {
                let position = positions[at];
                let number = position.get().and_then(|at| event.measurement_at(at));
                if number.is_some_and(|number| cell.record_duration(number, to)) {
                    Ok(())
                } else if let Some(amount) = cell.reading.plain_amount(event, position) {
                    cell.record_amount(at, amount, to, cells, event)
                } else {
                    self.count_number(at, row, event, position, lease)
                }
            };
            if counted.is_err() || !all_there {
                self.account(at, counted, all_there, false);
            }
        }
    }

    /// Counts whatever a number may be.
    #[inline(never)]
    fn count_number(
        &self,
        at: usize,
        row: &Row,
        event: &Event<'_>,
        position: Position,
        lease: Lease,
    ) -> Result<(), Skip> {
        let cells = &self.rows.cells;
        let amount = cells[at].reading.number(event, position)?;
        cells[at].record_amount(at, amount, self.target(row, lease), cells, event)
    }

    #[inline(always)]
    pub(crate) fn target<'a>(&'a self, row: &'a Row, lease: Lease) -> Target<'a> {
        Target {
            row,
            words: self.rows.arena.words(row.place(), lease),
            arena: &self.rows.arena,
            wanted: self.wanted.load(),
        }
    }

    #[cold]
    #[inline(never)]
    fn account(&self, at: usize, counted: Result<(), Skip>, all_there: bool, overflow: bool) {
        if let Err(reason) = counted {
            return self.skip(at, reason, 1);
        }
        let account = &self.accounts[at];
        if !all_there {
            account.tags_missing.fetch_add(1, Ordering::Relaxed);
        }
        if overflow {
            account.overflowed.fetch_add(1, Ordering::Relaxed);
        }
    }
}
