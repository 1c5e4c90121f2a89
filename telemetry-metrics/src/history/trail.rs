//! [`Trail`]: the steps of one series, one after the other in a few bytes each.
//!
//! A step is written with its distance from the one before; one in which nothing was counted is not
//! written at all.

use super::axis::Axis;
use super::step::{Shape, Step};
use super::varint::{put, take};
use crate::metric::Kind;

#[derive(Debug, Default)]
pub(super) struct Trail {
    bytes: Vec<u8>,
    /// Where the newest step ends.
    newest: u64,
}

impl Trail {
    /// By how much more memory it takes to append a step of so many bytes.
    pub(super) fn growth(&self, step: usize) -> usize {
        let wanted = self.bytes.len() + step + 10;
        if wanted <= self.bytes.capacity() {
            return 0;
        }
        // By quarters, so that not every step moves all others.
        wanted.max(self.bytes.capacity() * 5 / 4) - self.bytes.capacity()
    }

    /// Appends a step, as [`Step::write`] wrote it.
    pub(super) fn push(&mut self, end: u64, step: &[u8]) {
        let growth = self.growth(step.len());
        if growth > 0 {
            let room = self.bytes.capacity() + growth - self.bytes.len();
            self.bytes.reserve_exact(room);
        }
        put(&mut self.bytes, end.saturating_sub(self.newest));
        self.bytes.extend_from_slice(step);
        self.newest = end;
    }

    /// The steps with their ends, oldest first.
    pub(super) fn steps(&self, shape: Shape) -> impl Iterator<Item = (u64, Step)> {
        let mut left = &self.bytes[..];
        let mut end = 0u64;
        std::iter::from_fn(move || {
            if left.is_empty() {
                return None;
            }
            end = end.saturating_add(take(&mut left));
            Some((end, Step::read(shape, &mut left)))
        })
    }

    /// Follows the axis where steps were merged or forgotten. A value that was set in a step that is
    /// forgotten is still there in the first one that is not.
    pub(super) fn follow(&mut self, shape: Shape, axis: &Axis) {
        let mut merged = Self::default();
        merged.bytes.reserve_exact(self.bytes.len());
        let mut scratch = Vec::new();
        let mut write = |merged: &mut Self, (end, step): (u64, Step)| {
            if !step.is_nothing() {
                scratch.clear();
                step.write(&mut scratch);
                merged.push_within(end, &scratch);
            }
        };
        let mut open: Option<(u64, Step)> = None;
        for (end, step) in self.steps(shape) {
            if end <= axis.begin && shape.kind != Kind::LastValue {
                continue;
            }
            let end = axis.end_of(end).unwrap_or(end);
            open = Some(match open.take() {
                Some((last, earlier)) if last == end => (end, earlier.then(step)),
                Some(done) => {
                    write(&mut merged, done);
                    (end, step)
                }
                None => (end, step),
            });
        }
        if let Some(done) = open {
            write(&mut merged, done);
        }
        // A quarter of room, as after growing.
        merged.bytes.shrink_to(merged.bytes.len() * 5 / 4);
        *self = merged;
    }

    /// As [`push`](Self::push) where there is room: no step is longer for having been merged than
    /// those that it was made of.
    fn push_within(&mut self, end: u64, step: &[u8]) {
        put(&mut self.bytes, end.saturating_sub(self.newest));
        self.bytes.extend_from_slice(step);
        self.newest = end;
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes.capacity()
    }
}
