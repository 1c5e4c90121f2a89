//! [`Trail`]: the steps of one series, one after the other in a few bytes each.
//!
//! A step is written with its distance from the one before; one in which nothing was counted is not
//! written at all. Every so many bytes there is a mark, so that the newest steps are found without
//! reading all that came before.
//!
//! Whoever asks shares the trail, and reads it while no lock is held; a trail that is shared is copied
//! when it changes.

use std::mem::size_of;

use super::axes::Axes;
use super::step::{Shape, Step};
use super::varint::{put, skip, take};
use crate::metric::Kind;

/// How many bytes there are between marks, at least.
const SPACING: usize = 512;

#[derive(Debug, Default)]
pub(super) struct Trail {
    bytes: Vec<u8>,
    /// Where the newest step ends.
    newest: u64,
    marks: Vec<Mark>,
}

/// Where to begin to read: a step.
#[derive(Debug, Clone, Copy)]
struct Mark {
    end: u64,
    /// Where its distance is written.
    at: usize,
}

impl Trail {
    /// By how much more memory it takes to append a step of so many bytes.
    pub(super) fn growth(&self, step: usize) -> usize {
        let marks = if self.marks.len() == self.marks.capacity() {
            more(self.marks.len() + 1, self.marks.capacity()) * size_of::<Mark>()
        } else {
            0
        };
        more(self.bytes.len() + step + 10, self.bytes.capacity()) + marks
    }

    /// Appends a step, as [`Step::write`] wrote it.
    pub(super) fn push(&mut self, end: u64, step: &[u8]) {
        let wanted = self.bytes.len() + step.len() + 10;
        make_room(&mut self.bytes, wanted);
        self.push_within(end, step);
    }

    /// As [`push`](Self::push) where there is room.
    fn push_within(&mut self, end: u64, step: &[u8]) {
        self.mark(end);
        put(&mut self.bytes, end.saturating_sub(self.newest));
        self.bytes.extend_from_slice(step);
        self.newest = end;
    }

    /// If it is time, notes that the next step begins here.
    fn mark(&mut self, end: u64) {
        let at = self.bytes.len();
        if at - self.marks.last().map_or(0, |mark| mark.at) >= SPACING {
            let wanted = self.marks.len() + 1;
            make_room(&mut self.marks, wanted);
            self.marks.push(Mark { end, at });
        }
    }

    /// The steps with their ends, oldest first.
    pub(super) fn steps(&self, shape: Shape) -> Steps<'_> {
        Steps {
            shape,
            left: &self.bytes,
            end: 0,
            marked: false,
        }
    }

    /// The steps that end after a tick.
    pub(super) fn after(&self, shape: Shape, after: u64) -> Steps<'_> {
        let mut steps = self.from(shape, after);
        steps.pass(after);
        steps
    }

    /// Some of the steps that end at a tick or before, if there are any, and all after.
    pub(super) fn from(&self, shape: Shape, after: u64) -> Steps<'_> {
        let later = self.marks.partition_point(|mark| mark.end <= after);
        let mark = later.checked_sub(1).and_then(|at| self.marks.get(at));
        let Some(mark) = mark else {
            return self.steps(shape);
        };
        let mut left = self.bytes.get(mark.at..).unwrap_or_default();
        skip(&mut left);
        Steps {
            shape,
            left,
            end: mark.end,
            marked: true,
        }
    }

    /// Follows the axis where steps were merged or forgotten. A value that was set in a step that is
    /// forgotten is still there where the past begins.
    ///
    /// `until` is as in [`Axes`]. If it is the same as when the trail followed last, that was in
    /// generation `last`, and what is unchanged since is copied as it is.
    pub(super) fn follow(&mut self, shape: Shape, axes: &Axes, until: u64, last: Option<u32>) {
        let begin = axes.begin(until);
        let keeps = shape.kind == Kind::LastValue;
        let last = last.filter(|_| !keeps);
        let mut merged = Self::default();
        merged.bytes.reserve_exact(self.bytes.len());
        merged.marks.reserve_exact(self.marks.len());
        let mut scratch = Vec::new();
        let mut write = |merged: &mut Self, open: Option<(u64, Step)>| {
            let open = open.filter(|(_, step)| !step.is_nothing());
            if let Some((end, step)) = open {
                scratch.clear();
                step.write(&mut scratch);
                // No step is longer for having been merged than those that it was made of.
                merged.push_within(end, &scratch);
            }
        };
        let mut open: Option<(u64, Step)> = None;
        for block in self.blocks() {
            if block.last <= begin && !keeps {
                continue;
            }
            let unchanged = |last| axes.is_unchanged(until, block.first, block.last, last);
            if block.first > begin && last.is_some_and(unchanged) {
                write(&mut merged, open.take());
                merged.copy(&block);
                continue;
            }
            for (end, step) in block.steps(shape) {
                if end <= begin && !keeps {
                    continue;
                }
                let end = if end <= begin {
                    begin
                } else {
                    axes.end_of(until, end).unwrap_or(end)
                };
                open = Some(match open.take() {
                    Some((last, earlier)) if last == end => (end, earlier.then(step)),
                    done => {
                        write(&mut merged, done);
                        (end, step)
                    }
                });
            }
        }
        write(&mut merged, open);
        // A quarter of room, as after growing.
        merged.bytes.shrink_to(merged.bytes.len() * 5 / 4);
        merged.marks.shrink_to(merged.marks.len() * 5 / 4);
        *self = merged;
    }

    /// The steps from each mark to the next.
    fn blocks(&self) -> impl Iterator<Item = Block<'_>> {
        let first = Mark {
            end: take(&mut &self.bytes[..]),
            at: 0,
        };
        let marks = (!self.bytes.is_empty()).then_some(first).into_iter();
        let marks = marks.chain(self.marks.iter().copied());
        marks.enumerate().map(|(at, mark)| {
            let next = self.marks.get(at);
            let end = next.map_or(self.bytes.len(), |next| next.at);
            let last = next.map_or(self.newest, |next| {
                let distance = take(&mut self.bytes.get(next.at..).unwrap_or_default());
                next.end.saturating_sub(distance)
            });
            Block {
                first: mark.end,
                last,
                bytes: self.bytes.get(mark.at..end).unwrap_or_default(),
            }
        })
    }

    fn copy(&mut self, block: &Block<'_>) {
        self.mark(block.first);
        put(&mut self.bytes, block.first.saturating_sub(self.newest));
        self.bytes.extend_from_slice(block.after_distance());
        self.newest = block.last;
    }

    /// How many bytes it takes beside itself.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.capacity() + self.marks.capacity() * size_of::<Mark>()
    }
}

/// With the same room to grow, so that it takes as many bytes.
impl Clone for Trail {
    fn clone(&self) -> Self {
        let mut bytes = Vec::with_capacity(self.bytes.capacity());
        bytes.extend_from_slice(&self.bytes);
        let mut marks = Vec::with_capacity(self.marks.capacity());
        marks.extend_from_slice(&self.marks);
        Self {
            bytes,
            newest: self.newest,
            marks,
        }
    }
}

/// Some of the steps of a trail.
#[derive(Debug)]
struct Block<'a> {
    /// Where the first of them ends, and where the last does.
    first: u64,
    last: u64,
    bytes: &'a [u8],
}

impl<'a> Block<'a> {
    fn after_distance(&self) -> &'a [u8] {
        let mut bytes = self.bytes;
        skip(&mut bytes);
        bytes
    }

    fn steps(&self, shape: Shape) -> Steps<'a> {
        Steps {
            shape,
            left: self.after_distance(),
            end: self.first,
            marked: true,
        }
    }
}

/// By how much more room is made for so many: by quarters, so that not every step moves all others.
fn more(wanted: usize, capacity: usize) -> usize {
    if wanted <= capacity {
        return 0;
    }
    wanted.max(capacity * 5 / 4) - capacity
}

fn make_room<T>(list: &mut Vec<T>, wanted: usize) {
    let more = more(wanted, list.capacity());
    if more > 0 {
        list.reserve_exact(list.capacity() + more - list.len());
    }
}

/// Reads steps; made by [`Trail::steps`] and its like.
#[derive(Debug)]
pub(super) struct Steps<'a> {
    shape: Shape,
    left: &'a [u8],
    /// Where the step before ends; or, if it is marked, the next.
    end: u64,
    marked: bool,
}

impl Steps<'_> {
    /// Leaves out those that end at a tick or before.
    fn pass(&mut self, after: u64) {
        while !self.left.is_empty() {
            let mut left = self.left;
            let end = self.next_end(&mut left);
            if end > after {
                return;
            }
            Step::skip(self.shape, &mut left);
            (self.left, self.end, self.marked) = (left, end, false);
        }
    }

    fn next_end(&self, left: &mut &[u8]) -> u64 {
        if self.marked {
            return self.end;
        }
        self.end.saturating_add(take(left))
    }
}

impl Iterator for Steps<'_> {
    type Item = (u64, Step);

    fn next(&mut self) -> Option<(u64, Step)> {
        if self.left.is_empty() {
            return None;
        }
        let mut left = self.left;
        self.end = self.next_end(&mut left);
        self.marked = false;
        let step = Step::read(self.shape, &mut left);
        self.left = left;
        Some((self.end, step))
    }
}

#[cfg(test)]
mod tests;
