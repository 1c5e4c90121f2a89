//! Counting an event whatever it takes: closures, tags that have to be printed, rows that have to be
//! made.

use std::cell::Cell as StdCell;

use smallvec::SmallVec;
use telemetry::Event;

use crate::amount::Amount;
use crate::definition::Definition;
use crate::group::{FEW_TAGS, Group};
use crate::isolate::isolated;
use crate::key::Key;
use crate::lease::Lease;
use crate::reading::Reading;
use crate::row::Row;
use crate::skip::Skip;
use crate::tag::{self, Computed, TagValues};

impl Group {
    /// Counts an event whatever it takes.
    // A call of its own, so that the short way does not pay for what this one keeps in registers.
    #[inline(never)]
    pub(super) fn record_any(&self, event: &Event<'_>, lease: Lease) {
        // Taken out, not borrowed: a closure of a definition may emit an event that comes here
        // again, and finds an empty buffer then.
        let taken = SCRATCH.try_with(StdCell::take).ok().flatten();
        let mut scratch = taken.unwrap_or_default();
        self.record_with(event, lease, &mut scratch);
        let _ = SCRATCH.try_with(|place| place.set(Some(scratch)));
    }

    fn record_with(&self, event: &Event<'_>, lease: Lease, scratch: &mut Scratch) {
        let Scratch {
            updates,
            texts,
            ends,
            computed,
        } = scratch;
        updates.clear();
        // All closures run before any cell is touched.
        for (at, (metric, cell)) in self.metrics.iter().zip(&self.rows.cells).enumerate() {
            updates.push(
                update(metric, &cell.reading, event).unwrap_or_else(|reason| {
                    self.skip(at, reason, 1);
                    Update::Nothing
                }),
            );
        }
        let counted = || {
            let updates = updates.iter().enumerate();
            updates.filter(|(_, update)| !matches!(update, Update::Nothing))
        };
        if counted().next().is_none() {
            return;
        }

        // Each way counts in a row without being handed it, which would take a count that all threads
        // share.
        let count = |row: &Row, all_there: bool| {
            let to = self.target(row, lease);
            for (at, update) in counted() {
                let amount = match update {
                    Update::Add(amount) => Some(*amount),
                    Update::Nothing | Update::Count => None,
                };
                let cells = &self.rows.cells;
                let counted = cells[at].record(at, amount, to, cells, event);
                if counted.is_err() || !all_there || row.is_overflow {
                    self.account(at, counted, all_there, row.is_overflow);
                }
            }
        };
        if let (Some(only), None) = (self.rows.only(), &self.tag_values) {
            return count(only, true);
        }

        // A tag's text comes from code of users: `tag_values`, or a `Display` of theirs.
        if isolated(|| self.write_tags(event, texts, ends, computed)).is_none() {
            return counted().for_each(|(at, _)| self.skip(at, Skip::Panicked, 1));
        }
        let mut start = 0;
        let texts: SmallVec<[&[u8]; 2 * FEW_TAGS]> = ends
            .iter()
            .map(|end| {
                let text = &texts[start..*end];
                start = *end;
                text
            })
            .collect();
        let all_there = texts.iter().all(|text| !text.is_empty());
        let key = Key::new(&texts);
        let is_ending = lease.is_ending();
        let known = || self.rows.with(&key, |row| count(row, all_there));
        if is_ending || known().is_none() {
            let row = self.rows.find(key, is_ending, || self.tell_overflow());
            count(&row, all_there);
        }
    }

    /// Writes the tags' texts, one behind the other.
    fn write_tags(
        &self,
        event: &Event<'_>,
        texts: &mut Vec<u8>,
        ends: &mut Vec<usize>,
        computed: &mut Vec<Computed>,
    ) {
        texts.clear();
        ends.clear();
        computed.iter_mut().for_each(Computed::reset);
        if let Some(compute) = &self.tag_values {
            // Never fewer: their buffers are used again.
            let tags = self.tags.len().max(computed.len());
            computed.resize_with(tags, Computed::default);
            (compute.0)(event, &mut TagValues::new(&self.tags, computed));
        }
        for (at, name) in self.tags.iter().enumerate() {
            let start = texts.len();
            if let Some(text) = computed.get(at).and_then(Computed::get) {
                texts.extend_from_slice(text);
            } else if let Some(value) = event.metadata(name) {
                tag::write(texts, value);
            }
            if let Some(buckets) = self.hashed[at].filter(|_| texts.len() > start) {
                tag::hash(texts, start, buckets);
            }
            ends.push(texts.len());
        }
    }
}

/// What a metric makes of an event.
#[derive(Debug, Clone, Copy)]
enum Update {
    Nothing,
    Count,
    Add(Amount),
}

/// Buffers that events of one thread use one after the other.
#[derive(Default)]
struct Scratch {
    updates: Vec<Update>,
    texts: Vec<u8>,
    ends: Vec<usize>,
    computed: Vec<Computed>,
}

thread_local! {
    static SCRATCH: StdCell<Option<Box<Scratch>>> = StdCell::default();
}

/// What this metric makes of the event, or why it makes nothing of it.
fn update(metric: &Definition, reading: &Reading, event: &Event<'_>) -> Result<Update, Skip> {
    if !metric.keep.is_empty() || !metric.drop_when.is_empty() {
        let kept = || {
            metric.keep.iter().all(|keep| keep(event))
                && !metric.drop_when.iter().any(|drop| drop(event))
        };
        match isolated(kept) {
            Some(true) => {}
            Some(false) => return Ok(Update::Nothing),
            None => return Err(Skip::Panicked),
        }
    }
    let measure = metric.measure_with();
    Ok(match reading.amount(event, measure)? {
        Some(amount) => Update::Add(amount),
        None => Update::Count,
    })
}
