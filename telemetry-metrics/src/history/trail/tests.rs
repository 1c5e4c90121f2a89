//! Trails that follow their axes, against trails that are read and written whole.

use proptest::prelude::*;

use super::*;
use crate::amount::Amount;
use crate::metric::{distribution, last_value};

fn shape(kind: Kind) -> Shape {
    let metric = match kind {
        Kind::LastValue => last_value("trail.n").bytes(),
        _ => distribution("trail.n").bytes(),
    };
    let aggregator = crate::Aggregator::builder().metrics([metric.unchecked()]);
    let snapshot = aggregator.start().unwrap().snapshot();
    Shape::of(&snapshot.families[0].definition)
}

fn step(kind: Kind, n: u64) -> Step {
    let sum = Amount::Integer((n * 7_919) as i64);
    match kind {
        Kind::LastValue => Step::Value((n % 5 > 0).then_some(sum)),
        _ => Step::Bounds(sum, vec![((n % 9) as u32, 1 + n % 300), (20, 2)]),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_copied_is_what_would_have_been_read_and_written(
        is_value: bool,
        length in 200u64..3_000,
        rounds in proptest::collection::vec((1u64..150, 9u64..100, 9u64..30, 0u8..9), 1..40),
    ) {
        let kind = if is_value { Kind::LastValue } else { Kind::Distribution };
        let shape = shape(kind);
        let (mut axes, mut tick) = (Axes::default(), 0);
        let (mut trail, mut other) = (Trail::default(), Trail::default());
        let (mut until, mut last) = (0, Some(0));
        for (samples, fine, coarse, what) in rounds {
            for n in 0..samples {
                tick += 1;
                axes.push(tick);
                if (tick ^ n) % 4 > 0 {
                    let mut bytes = Vec::new();
                    step(kind, tick).write(&mut bytes);
                    trail.push(tick, &bytes);
                    other.push(tick, &bytes);
                }
            }
            axes.merge(fine, coarse, length);
            match what {
                0 => (until, last) = (u64::MAX, None),
                1 if until == u64::MAX => (until, last) = (tick, None),
                // It may be a while until it follows.
                2..4 => continue,
                _ => {}
            }
            trail.follow(shape, &axes, until, last);
            other.follow(shape, &axes, until, None);
            last = Some(axes.generation);
            let steps: Vec<_> = trail.steps(shape).collect();
            prop_assert_eq!(&steps, &other.steps(shape).collect::<Vec<_>>());
            let begin = axes.begin(until);
            for (end, _) in &steps {
                let is_end = axes.end_of(until, *end) == Some(*end);
                prop_assert!(is_end || (is_value && *end == begin), "{end}");
            }
            for after in [0, begin, tick / 2, tick.saturating_sub(2), tick] {
                let later = steps.iter().filter(|(end, _)| *end > after).cloned();
                let found: Vec<_> = trail.after(shape, after).collect();
                prop_assert_eq!(&found, &later.collect::<Vec<_>>());
                let before = steps.iter().rfind(|(end, _)| *end <= after);
                let from = trail.from(shape, after);
                let found = from.take_while(|(end, _)| *end <= after).last();
                prop_assert_eq!(found.as_ref(), before);
            }
            for mark in &trail.marks {
                prop_assert!(steps.iter().any(|(end, _)| *end == mark.end));
            }
        }
    }
}

#[test]
fn the_newest_steps_are_found_without_reading_the_others() {
    let shape = shape(Kind::Distribution);
    let mut trail = Trail::default();
    for tick in 1..=10_000 {
        let mut bytes = Vec::new();
        step(Kind::Distribution, tick).write(&mut bytes);
        let expected = trail.growth(bytes.len());
        let before = trail.bytes();
        trail.push(tick, &bytes);
        assert!(trail.bytes() - before <= expected);
    }
    let steps = trail.from(shape, 9_998);
    assert!(steps.left.len() < 2 * SPACING, "{}", steps.left.len());
    assert!(trail.marks.len() > 100);
    let copy = trail.clone();
    assert_eq!(copy.bytes(), trail.bytes());
}
