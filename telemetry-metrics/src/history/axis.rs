//! [`Axis`]: the moments at which steps end, the same for all series, and the plan by which old steps
//! become longer.
//!
//! Time is counted in **ticks** of the sampling interval since the history began; sample *n* is taken
//! at tick *n*. A step goes from one sample to the next, so it is one tick long, or longer where
//! samples were missed.
//!
//! Old steps are merged by tens: with `fine` = 600, steps older than 600 ticks become groups of ten,
//! beyond 6,000 ticks of a hundred, and so on. Groups are aligned, so that a group of a hundred is
//! made of groups of ten. Each tenfold of the length costs 540 steps more.

use std::collections::VecDeque;
use std::mem::size_of;
use std::ops::Range;

/// The step that ends at `end` begins where the one before ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edge {
    pub(super) end: u64,
    /// In which generation of merges it was made of others; 0 if it was not.
    merged: u32,
    /// Of which power of ten the group is.
    power: u8,
}

impl Edge {
    /// How many ticks are in the group; 1 for a step that was not merged.
    pub(super) fn group(self) -> u64 {
        10u64.saturating_pow(self.power.into())
    }
}

#[derive(Debug, Default)]
pub(super) struct Axis {
    /// Where the first step begins.
    pub(super) begin: u64,
    /// Where the step began that was [forgotten](Self::forget) last.
    pub(super) before: u64,
    edges: VecDeque<Edge>,
}

impl Axis {
    /// Ends a step now.
    pub(super) fn push(&mut self, tick: u64) {
        if self.edges.len() == self.edges.capacity() {
            self.edges.reserve_exact(self.edges.len() / 16 + 16);
        }
        self.edges.push_back(Edge {
            end: tick,
            merged: 0,
            power: 0,
        });
    }

    /// The last sample.
    pub(super) fn newest(&self) -> u64 {
        self.edges.back().map_or(self.begin, |edge| edge.end)
    }

    /// The end of the step in which `tick` lies, or of the first step if it is older; `None` if it
    /// is to come.
    pub(super) fn end_of(&self, tick: u64) -> Option<u64> {
        let at = self.edges.partition_point(|edge| edge.end < tick);
        self.edges.get(at).map(|edge| edge.end)
    }

    /// Where the step begins and ends in which `tick` lies, or the first step if it is older; `None` if
    /// it is to come.
    pub(super) fn step_of(&self, tick: u64) -> Option<(u64, u64)> {
        let at = self.edges.partition_point(|edge| edge.end < tick);
        let end = self.edges.get(at)?.end;
        let before = at.checked_sub(1).and_then(|before| self.edges.get(before));
        Some((before.map_or(self.begin, |edge| edge.end), end))
    }

    /// Whether the steps in which one tick and another lie, and those between them, were there before
    /// the merges that came after a generation.
    pub(super) fn is_unchanged(&self, from: u64, to: u64, generation: u32) -> bool {
        let first = self.edges.partition_point(|edge| edge.end < from);
        let mut edges = self.edges.range(first..);
        loop {
            match edges.next() {
                Some(edge) if edge.merged > generation => return false,
                Some(edge) if edge.end < to => {}
                _ => return true,
            }
        }
    }

    /// The steps that end after one tick and up to another.
    pub(super) fn steps(&self, after: u64, to: u64) -> impl Iterator<Item = (Range<u64>, Edge)> {
        let first = self.edges.partition_point(|edge| edge.end <= after);
        let begin = match first.checked_sub(1).and_then(|at| self.edges.get(at)) {
            Some(edge) => edge.end,
            None => self.begin,
        };
        let steps = self
            .edges
            .range(first..)
            .take_while(move |edge| edge.end <= to);
        steps.scan(begin, |begin, edge| {
            let step = *begin..edge.end;
            *begin = edge.end;
            Some((step, *edge))
        })
    }

    /// Merges what is old, and forgets what is older than `length`. Tells whether anything changed.
    pub(super) fn merge(&mut self, fine: u64, length: u64, generation: u32) -> bool {
        let newest = self.newest();
        let before = self.edges.len();
        let mut merged: VecDeque<Edge> = VecDeque::with_capacity(before);
        for edge in self.edges.drain(..) {
            if newest - edge.end >= length {
                self.begin = edge.end;
                continue;
            }
            let power = power(edge, newest, fine).max(edge.power);
            let edge = Edge { power, ..edge };
            let group = edge.group();
            match merged.back_mut() {
                Some(last)
                    if last.power == power && place(last.end, group) == place(edge.end, group) =>
                {
                    last.end = edge.end;
                    last.merged = generation;
                }
                _ => merged.push_back(edge),
            }
        }
        merged.shrink_to(merged.len() + merged.len() / 16 + 16);
        self.edges = merged;
        self.edges.len() < before
    }

    /// Forgets steps that began before a tick.
    pub(super) fn forget(&mut self, before: u64) {
        while self.begin < before {
            let Some(edge) = self.edges.pop_front() else {
                return;
            };
            self.before = std::mem::replace(&mut self.begin, edge.end);
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.edges.capacity() * size_of::<Edge>()
    }
}

/// Which group of this size a tick lies in; the first one has the ticks 1 to `group`.
fn place(tick: u64, group: u64) -> u64 {
    tick.saturating_sub(1) / group
}

/// How large the group should be in which a step lies, as a power of ten: the largest that is old
/// enough as a whole.
fn power(edge: Edge, newest: u64, fine: u64) -> u8 {
    let (mut power, mut group) = (0, 1);
    let mut old = fine;
    loop {
        let larger = group * 10;
        let end = (place(edge.end, larger) + 1).saturating_mul(larger);
        if newest.saturating_sub(end) < old || larger > u64::MAX / 100 {
            return power;
        }
        (power, group) = (power + 1, larger);
        old = old.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(ticks: impl IntoIterator<Item = u64>, fine: u64, length: u64) -> Axis {
        let mut axis = Axis::default();
        for tick in ticks {
            axis.push(tick);
            axis.merge(fine, length, tick as u32);
        }
        axis
    }

    #[test]
    fn old_steps_are_merged_by_tens_and_hundreds() {
        let axis = run(1..=12_345, 600, 100_000);
        assert_eq!(axis.newest(), 12_345);
        let steps: Vec<_> = axis.steps(0, u64::MAX).collect();
        assert_eq!(steps[0].0, 0..100);
        assert!(
            steps
                .windows(2)
                .all(|pair| pair[0].0.end == pair[1].0.start)
        );
        for (step, edge) in &steps {
            let age = 12_345 - step.end;
            assert_eq!(step.end - step.start, edge.group());
            let largest = if age < 600 {
                1
            } else if age < 6_000 {
                10
            } else {
                100
            };
            assert!(
                edge.group() <= largest && edge.group() * 10 >= largest,
                "{step:?}"
            );
        }
        assert!(steps.len() < 600 + 540 + 70 + 20, "{}", steps.len());
    }

    #[test]
    fn what_is_older_than_the_length_is_forgotten() {
        let axis = run(1..=1_000, 100, 300);
        assert!((700..=710).contains(&axis.begin), "{}", axis.begin);
        assert_eq!(axis.steps(0, u64::MAX).next().unwrap().0.start, axis.begin);
    }

    #[test]
    fn missed_samples_make_a_long_step() {
        let axis = run([1, 2, 3_602, 3_603], 600, 10_000);
        let steps: Vec<_> = axis.steps(2, u64::MAX).map(|(step, _)| step).collect();
        assert_eq!(steps, [2..3_602, 3_602..3_603]);
        assert_eq!(axis.end_of(3), Some(3_602));
        assert_eq!(axis.end_of(3_604), None);
    }

    #[test]
    fn a_smaller_plan_merges_more_and_a_larger_one_splits_nothing() {
        let mut axis = run(1..=1_000, 600, 10_000);
        let fine = axis.steps(0, u64::MAX).count();
        assert!(axis.merge(10, 10_000, 1_001));
        let coarse = axis.steps(0, u64::MAX).count();
        assert!(coarse < 60 && coarse < fine);
        assert!(!axis.merge(600, 10_000, 1_002));
        assert_eq!(axis.steps(0, u64::MAX).count(), coarse);
        assert_eq!(axis.begin, 0);
    }

    #[test]
    fn the_largest_ticks_do_no_harm() {
        let axis = run([1, u64::MAX / 2, u64::MAX - 1, u64::MAX], 9, u64::MAX);
        assert_eq!(axis.newest(), u64::MAX);
    }
}
