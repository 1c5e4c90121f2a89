//! [`Axes`]: the axis of the plan, and the coarser one for series that had to make room.
//!
//! The coarse axis has fewer fine steps, and otherwise the same: groups by tens that are aligned. So each
//! of its steps is made of whole steps of the fine axis, and what was counted in a coarse series can be
//! added to what was counted in another.
//!
//! A track says until when it was coarse: it follows the coarse axis where steps begin before that, and
//! the fine one after. It need not follow at once; as long as it does not, it is finer than its axis,
//! which nobody sees, because answers begin and end where steps of the axis do.

use super::axis::Axis;

#[derive(Debug, Default)]
pub(super) struct Axes {
    pub(super) fine: Axis,
    pub(super) coarse: Axis,
    /// How often steps were merged.
    pub(super) generation: u32,
}

impl Axes {
    /// Ends a step now.
    pub(super) fn push(&mut self, tick: u64) {
        self.fine.push(tick);
        self.coarse.push(tick);
    }

    /// The last sample.
    pub(super) fn newest(&self) -> u64 {
        self.fine.newest()
    }

    /// Merges what is old: so many steps stay fine on the one axis, so many on the other, not more.
    /// Forgets what is older than `length`. Tells whether anything changed.
    pub(super) fn merge(&mut self, fine: u64, coarse: u64, length: u64) -> bool {
        self.generation = self.generation.saturating_add(1);
        let changed = self.fine.merge(fine, length, self.generation);
        let coarse = coarse.min(fine);
        let coarse_changed = self.coarse.merge(coarse, u64::MAX, self.generation);
        self.coarse.forget(self.fine.begin);
        changed || coarse_changed
    }

    /// Where the past begins of a track that was coarse until then: not within a coarse step of which a
    /// part is forgotten.
    pub(super) fn begin(&self, until: u64) -> u64 {
        if self.coarse.before < until {
            self.coarse.begin
        } else {
            self.fine.begin
        }
    }

    /// Where the step ends in which a tick lies, as in [`Axis::end_of`].
    pub(super) fn end_of(&self, until: u64, tick: u64) -> Option<u64> {
        self.coarse_step(until, tick)
            .map(|(_, end)| end)
            .or_else(|| self.fine.end_of(tick))
    }

    /// The coarse step in which a tick lies, if it is one for such a track.
    fn coarse_step(&self, until: u64, tick: u64) -> Option<(u64, u64)> {
        if until == 0 {
            return None;
        }
        let (begin, end) = self.coarse.step_of(tick)?;
        (begin < until).then_some((begin, end))
    }

    /// After one tick and up to another; from where the step begins in which the range does, to where
    /// the last step ends that lies within.
    pub(super) fn span(&self, until: u64, after: u64, to: u64) -> (u64, u64) {
        let after = after.max(self.begin(until));
        // The step in which the tick after lies.
        let start_of = |tick: u64| {
            let coarse = self.coarse_step(until, tick.saturating_add(1));
            let step = coarse.or_else(|| self.fine.step_of(tick.saturating_add(1)));
            step.map_or(tick, |(begin, _)| begin)
        };
        let begin = start_of(after);
        (begin, start_of(to).max(begin))
    }

    /// The largest group of ticks of which there is a step between two ticks.
    pub(super) fn coarsest(&self, until: u64, after: u64, to: u64) -> u64 {
        let coarse = self.coarse.steps(after, to);
        let coarse = coarse.filter(|(step, _)| step.start < until);
        let all = self.fine.steps(after, to).chain(coarse);
        all.map(|(_, edge)| edge.group()).max().unwrap_or(1)
    }

    /// Whether steps from one tick to another are as they were.
    pub(super) fn is_unchanged(&self, until: u64, from: u64, to: u64, generation: u32) -> bool {
        let fine = until == u64::MAX || self.fine.is_unchanged(from, to, generation);
        fine && (until == 0 || self.coarse.is_unchanged(from, to, generation))
    }

    pub(super) fn bytes(&self) -> usize {
        self.fine.bytes() + self.coarse.bytes()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ends(axis: &Axis) -> Vec<u64> {
        let steps = axis.steps(0, u64::MAX).map(|(step, _)| step.end);
        std::iter::once(axis.begin).chain(steps).collect()
    }

    proptest! {
        /// Whatever plans follow each other.
        #[test]
        fn coarse_steps_are_made_of_whole_fine_ones(
            plans in proptest::collection::vec((9u64..200, 9u64..60, 1u64..80), 1..40),
            gaps in proptest::collection::vec(prop_oneof![30 => Just(1u64), 1 => 2u64..300], 1..40),
            length in 300u64..5_000,
            untils in proptest::collection::vec(0.0f64..1.1, 4),
        ) {
            let (mut axes, mut tick) = (Axes::default(), 0);
            let mut gaps = gaps.iter().cycle();
            for (fine, coarse, samples) in plans {
                for _ in 0..samples {
                    tick += gaps.next().unwrap();
                    axes.push(tick);
                }
                axes.merge(fine, coarse, length);
                let (fine, coarse) = (ends(&axes.fine), ends(&axes.coarse));
                prop_assert!(coarse.len() <= fine.len());
                for end in &coarse {
                    prop_assert!(fine.contains(end), "{end} of {fine:?}");
                }
                for until in &untils {
                    let until = (until * tick as f64) as u64;
                    let until = if until > tick { u64::MAX } else { until };
                    for (after, to) in [(0, tick), (tick / 3, tick / 2), (tick / 2, tick / 2)] {
                        let (after, to) = (after.max(fine[0]), to.max(fine[0]));
                        let (begin, end) = axes.span(until, after, to);
                        // From one edge to another, of all tracks that may be asked for.
                        for edge in [begin, end] {
                            prop_assert!(fine.contains(&edge));
                            let coarse_step = axes.coarse_step(until, edge + 1);
                            prop_assert!(coarse_step.is_none_or(|(begin, _)| begin == edge));
                        }
                        prop_assert!(begin <= after.max(axes.begin(until)));
                        prop_assert!(end <= to.max(begin));
                    }
                }
            }
        }
    }

    #[test]
    fn the_past_does_not_begin_within_a_step_of_which_a_part_is_forgotten() {
        for until in [480, 500, 510] {
            let (mut axes, mut blocks) = (Axes::default(), Vec::new());
            for tick in 1..=2_000 {
                axes.push(tick);
                axes.merge(40, 9, 300);
                let coarse = axes.coarse.steps(0, u64::MAX).map(|(step, _)| step);
                blocks
                    .extend(coarse.filter(|step| step.start < until && step.end - step.start > 1));
                let begin = axes.begin(until);
                let within = blocks
                    .iter()
                    .find(|step| step.start < begin && begin < step.end);
                assert_eq!(within, None, "{begin} at {tick}");
                blocks.retain(|step| step.end > begin);
            }
            assert_eq!(axes.begin(until), axes.fine.begin);
        }
    }
}
