//! Quantiles against the sorted truth.

use std::time::Duration;

use proptest::prelude::*;
use telemetry::{Number, execute};
use telemetry_metrics::{Needs, Part, Unit, distribution, summary};

use crate::support::*;

/// In thousandths, so that ranks are computed with integers.
const QUANTILES: [usize; 9] = [0, 10, 250, 500, 750, 900, 950, 990, 1_000];

/// By nearest rank.
fn truth(sorted: &[f64], thousandths: usize) -> f64 {
    let rank = (thousandths * sorted.len()).div_ceil(1_000).max(1);
    sorted[rank - 1]
}

#[derive(Debug, Clone, Copy)]
enum Shape {
    Uniform,
    Exponential,
    TwoHumps,
    HeavyTail,
    Constant,
    /// Positive, negative and zero.
    Signed,
    AllMagnitudes,
}

const SHAPES: [Shape; 7] = [
    Shape::Uniform,
    Shape::Exponential,
    Shape::TwoHumps,
    Shape::HeavyTail,
    Shape::Constant,
    Shape::Signed,
    Shape::AllMagnitudes,
];

impl Shape {
    /// `count` numbers, most of them between 1 and 10^9.
    fn numbers(self, count: usize, seed: u64) -> Vec<f64> {
        let mut random = Random::new(seed);
        let scale = 10f64.powi(random.below(6) as i32);
        // Strictly between 0 and 1.
        let mut share = move || (random.below(1 << 40) as f64 + 0.5) / (1u64 << 40) as f64;
        let mut one = move || match self {
            Self::Uniform => scale * (1.0 + 9.0 * share()),
            Self::Exponential => -scale * share().ln(),
            Self::TwoHumps if share() < 0.7 => scale * (1.0 + 0.1 * share()),
            Self::TwoHumps => scale * (50.0 + share()),
            Self::HeavyTail => scale / share().powf(0.8),
            Self::Constant => scale * 1.2345,
            Self::Signed if share() < 0.1 => 0.0,
            Self::Signed => scale * (share() - 0.5),
            Self::AllMagnitudes => (2.0 * (share() - 0.5) * 50.0).exp2(),
        };
        (0..count).map(|_| one()).collect()
    }

    fn any() -> impl Strategy<Value = Self> {
        proptest::sample::select(&SHAPES[..])
    }
}

fn check_parts(mut parts: Vec<Part>, sorted: &[f64]) -> Result<(), TestCaseError> {
    parts.sort_by(|a, b| a.value.total_cmp(&b.value));
    let count: u64 = parts.iter().map(|part| part.count).sum();
    prop_assert_eq!(count, sorted.len() as u64);
    let sum: f64 = parts
        .iter()
        .map(|part| part.value * part.count as f64)
        .sum();
    let true_sum: f64 = sorted.iter().sum();
    let magnitudes: f64 = sorted.iter().map(|n| n.abs()).sum();
    prop_assert!(
        // Values are kept to 8 digits, of which the first may be a 1.
        (sum - true_sum).abs() <= magnitudes * 1e-7,
        "{} for {}",
        sum,
        true_sum
    );
    for thousandths in QUANTILES {
        let rank = (thousandths as u64 * count).div_ceil(1_000).max(1);
        let mut below = 0;
        let part = parts.iter().find(|part| {
            below += part.count;
            below >= rank
        });
        let (found, truth) = (part.unwrap().value, truth(sorted, thousandths));
        // The width of a bucket, 2^(1/32).
        prop_assert!(
            close(found, truth, 0.022),
            "{}: {} for {}",
            thousandths,
            found,
            truth
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None, cases: 70, ..ProptestConfig::default()
    })]

    #[test]
    fn quantiles_are_within_1_1_percent_and_deltas_within_2_2(
        shape in Shape::any(),
        count in 1..600usize,
        seed in 0..1_000u64,
        whole in any::<bool>(),
    ) {
        // Plain numbers, or nanoseconds.
        let aggregator = start([
            summary("quantiles.plain.n"),
            summary("quantiles.time.n").unit((Unit::Nanosecond, Unit::Second)),
            distribution("quantiles.plain.m").measurement("n").buckets([1]),
        ]);
        let mut readers = [aggregator.reader(Needs::Values), aggregator.reader(Needs::Values)];
        let mut numbers = shape.numbers(count, seed);
        let event = if whole { "quantiles.time" } else { "quantiles.plain" };
        let emit = |numbers: &[f64]| for n in numbers {
            if whole {
                // Negative time cannot be a `Duration`, but a bare number can.
                let n = n.round() as i64;
                execute!("quantiles.time", { n });
            } else {
                execute!("quantiles.plain", { n: *n });
            }
        };
        if whole {
            numbers.iter_mut().for_each(|n| *n = n.round());
        }
        // The second reader scans in between, and loses what it scanned.
        let (first, second) = numbers.split_at(count / 2);
        emit(first);
        scan(&mut readers[1]);
        emit(second);

        let mut sorted = numbers.clone();
        sorted.sort_by(f64::total_cmp);
        let snapshot = aggregator.snapshot();
        let summary = summary_of(&snapshot, &format!("{event}.n"));
        prop_assert_eq!(summary.count, count as u64);
        prop_assert_eq!((summary.min, summary.max), (sorted[0], sorted[count - 1]));
        for thousandths in QUANTILES {
            let found = summary.quantile(thousandths as f64 / 1_000.0).unwrap();
            let truth = truth(&sorted, thousandths);
            prop_assert!(close(found, truth, 0.010_831), "{}: {} for {}", thousandths, found, truth);
            prop_assert!((summary.min..=summary.max).contains(&found));
        }
        for reader in &mut readers {
            let mut by_metric = Vec::new();
            for one in scan(reader) {
                if let telemetry_metrics::DeltaData::Values(parts) = one.data {
                    by_metric.push(parts);
                }
            }
            prop_assert_eq!(by_metric.len(), if whole { 1 } else { 2 });
            for parts in by_metric {
                check_parts(parts, &sorted)?;
            }
        }
    }

    #[test]
    fn one_number_alone_is_reported_exactly(n in proptest::num::f64::NORMAL | proptest::num::f64::ZERO) {
        let aggregator = start([summary("quantiles.alone.n")]);
        execute!("quantiles.alone", { n });
        let summary = summary_of(&aggregator.snapshot(), "quantiles.alone.n");
        for q in [0.0, 0.5, 1.0] {
            prop_assert_eq!(summary.quantile(q), Some(n));
        }
        let parts = take_parts(&aggregator);
        prop_assert_eq!(parts.len(), 1);
        // `Number`'s own, to be sure that the number came through.
        prop_assert_eq!(Number::from(parts[0].value), Number::from(n));
    }
}

#[test]
fn odd_questions_have_answers() {
    let aggregator = start([summary("quantiles.odd.run_time")]);
    for n in 1..=10 {
        execute!("quantiles.odd", { run_time: Duration::from_secs(n) });
    }
    let summary = summary_of(&aggregator.snapshot(), "quantiles.odd.run_time");
    for (q, seconds) in [
        (-1.0, 1.0),
        (0.0, 1.0),
        (1.0, 10.0),
        (7.0, 10.0),
        (f64::INFINITY, 10.0),
    ] {
        assert!(
            close(summary.quantile(q).unwrap(), seconds * 1e9, 0.010_831),
            "{q}"
        );
    }
    // No rank is asked for; whatever the answer is, it is one of the numbers.
    let any = summary.quantile(f64::NAN).unwrap();
    assert!((summary.min..=summary.max).contains(&any));
}

#[test]
fn a_share_that_has_no_exact_float_has_the_rank_that_people_expect() {
    let aggregator = start([summary("quantiles.rank.n")]);
    for n in 1..=100 {
        execute!("quantiles.rank", { n });
    }
    let summary = summary_of(&aggregator.snapshot(), "quantiles.rank.n");
    for percent in 1..=100u32 {
        let found = summary.quantile(f64::from(percent) / 100.0).unwrap();
        assert!(
            close(found, f64::from(percent), 0.010_831),
            "{percent} %: {found}"
        );
    }
}
