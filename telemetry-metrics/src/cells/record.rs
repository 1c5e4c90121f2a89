//! How an event is counted in a cell.
//!
//! No code of users runs in here: between a word's load and its store nobody may count again.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use telemetry::{Event, Number};

use super::Cell;
use super::shared::{DistributionPart, Shared, Values};
use super::wanted::VALUES;
use crate::amount::{Amount, nanos};
use crate::arena::{Arena, Words};
use crate::metric::Kind;
use crate::row::Row;
use crate::skip::Skip;
use crate::unit::Dimension;
use crate::values::ValueStore;

/// Where an event is to be counted.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a> {
    pub(crate) row: &'a Row,
    pub(crate) words: Words<'a>,
    pub(crate) arena: &'a Arena,
    /// As in [`Wanted`].
    pub(crate) wanted: u32,
}

impl Cell {
    /// Counts one event. `amount` is `None` for counters only; `at` is the cell's own place in the
    /// group.
    #[inline(always)]
    pub(crate) fn record(
        &self,
        at: usize,
        amount: Option<Amount>,
        to: Target<'_>,
        cells: &[Self],
        event: &Event<'_>,
    ) -> Result<(), Skip> {
        if self.kind == Kind::Counter {
            self.record_one(to);
            return Ok(());
        }
        let amount = amount.ok_or(Skip::Missing)?;
        self.record_amount(at, amount, to, cells, event)
    }

    /// The same of everything but a counter.
    #[inline(always)]
    pub(crate) fn record_amount(
        &self,
        at: usize,
        amount: Amount,
        to: Target<'_>,
        cells: &[Self],
        event: &Event<'_>,
    ) -> Result<(), Skip> {
        if amount.is_negative() {
            self.goes_down();
        }
        match self.kind {
            Kind::Counter => {}
            Kind::Sum => {
                if !to.words.add(self.total, amount) {
                    return Err(Skip::Overflow);
                }
                to.words.count(self.first);
            }
            Kind::LastValue => {
                if let Shared::LastValue(value) = &to.row.shared(cells)[at] {
                    value.store(amount.to_bits(), Ordering::Relaxed);
                }
                // Its release is what makes the value seen by who sees the set.
                to.words.count(self.first);
            }
            Kind::Summary => {
                if !to.words.add(self.first, amount) {
                    return Err(Skip::Overflow);
                }
                if let Shared::Summary(part) = &to.row.shared(cells)[at] {
                    part.record(amount.as_f64());
                }
            }
            Kind::Distribution => {
                let bucket = self.bounds.bucket(amount);
                if to.wanted != 0 {
                    self.record_wanted(at, amount, bucket, to, cells, event)?;
                } else if !to.words.add(self.total, amount) {
                    return Err(Skip::Overflow);
                }
                // Last: a reader that sees the count sees the value.
                to.words.count(self.first + bucket);
            }
        }
        Ok(())
    }

    /// Counts what most distributions count: a duration, where nothing but buckets is wanted.
    /// `false`, and nothing counted, of everything else.
    #[inline(always)]
    pub(crate) fn record_duration(&self, number: &Number, to: Target<'_>) -> bool {
        let Number::Duration(time) = number else {
            return false;
        };
        if self.kind != Kind::Distribution || self.dimension != Dimension::Time || to.wanted != 0 {
            return false;
        }
        let Some(n) = nanos(time) else {
            return false;
        };
        let bucket = self.bounds.bucket(Amount::Integer(n));
        to.words.add_integer(self.total, n);
        to.words.count(self.first + bucket);
        true
    }

    /// Counts one event in a counter.
    #[inline(always)]
    pub(crate) fn record_one(&self, to: Target<'_>) {
        to.words.count(self.first);
    }

    #[inline(never)]
    fn record_wanted(
        &self,
        at: usize,
        amount: Amount,
        bucket: usize,
        to: Target<'_>,
        cells: &[Self],
        event: &Event<'_>,
    ) -> Result<(), Skip> {
        let Shared::Distribution(part) = &to.row.shared(cells)[at] else {
            return Ok(());
        };
        // Before the sum, so that what came before values were kept is read without this.
        let values = (to.wanted & VALUES != 0).then(|| self.values(part, to));
        if !to.words.add(self.total, amount) {
            return Err(Skip::Overflow);
        }
        if let Some(values) = values {
            values.record(amount.as_f64());
        }
        let epoch = to.wanted & !VALUES;
        if epoch != 0 {
            let buckets = self.bounds.len() + 1;
            part.exemplars.offer(buckets, bucket, epoch, amount, event);
        }
        Ok(())
    }

    fn values<'a>(&self, part: &'a DistributionPart, to: Target<'_>) -> &'a ValueStore {
        let values = part.values.get_or_init(|| {
            // Of several threads that come here at once one wins, and nobody adds anything before
            // that. What is read here is of emitters that have not heard yet.
            self.values_since(&to.arena.totals_of(to.row.place()))
        });
        &values.store
    }

    /// Those of what comes after these words.
    pub(crate) fn values_since(&self, words: &[u64]) -> Box<Values> {
        let count: u64 = self.buckets(words).iter().sum();
        let mean = (count > 0).then(|| self.total(words).as_f64() / count as f64);
        Box::new(Values {
            store: ValueStore::default(),
            mean_before: mean,
            before: AtomicU64::new(count),
            place_of_before: OnceLock::new(),
        })
    }

    /// Counts so many events in a counter.
    pub(crate) fn record_so_many(&self, to: Target<'_>, count: u64) {
        to.words.count_by(self.first, count);
    }

    /// Counts a number so many times; a last value is set once. Not for counters.
    pub(crate) fn record_many(
        &self,
        at: usize,
        amount: Amount,
        count: u64,
        to: Target<'_>,
        cells: &[Self],
    ) -> Result<(), Skip> {
        let shared = &to.row.shared(cells)[at];
        let total = amount.times(count).ok_or(Skip::Overflow)?;
        if amount.is_negative() {
            self.goes_down();
        }
        let add_total = || {
            let fits = to.words.add(self.total, total);
            fits.then_some(()).ok_or(Skip::Overflow)
        };
        match (self.kind, shared) {
            (Kind::Sum, _) => {
                add_total()?;
                to.words.count_by(self.first, count);
            }
            (Kind::LastValue, Shared::LastValue(value)) => {
                value.store(amount.to_bits(), Ordering::Relaxed);
                to.words.count(self.first);
            }
            (Kind::Summary, Shared::Summary(part)) => {
                add_total()?;
                part.record_many(amount.as_f64(), count);
            }
            (Kind::Distribution, Shared::Distribution(part)) => {
                let values = (to.wanted & VALUES != 0).then(|| self.values(part, to));
                add_total()?;
                if let Some(values) = values {
                    values.record_many(amount.as_f64(), count);
                }
                to.words
                    .count_by(self.first + self.bounds.bucket(amount), count);
            }
            _ => return Err(Skip::Missing),
        }
        Ok(())
    }
}
