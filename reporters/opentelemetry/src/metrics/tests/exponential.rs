//! Exponential histograms: what receivers make of them is what we would.

use std::time::Duration;

use opentelemetry_proto::tonic::metrics::v1::ExponentialHistogramDataPoint;
use proptest::prelude::*;
use telemetry_metrics::{Data, Unit, distribution, summary};

use super::support::{collector, deliver, exponential, exponentials, histograms, start};
use crate::metrics::Temporality::{Cumulative, Delta, LowMemory};
use crate::metrics::exponential::{MAX_BUCKETS, shift};

/// As a receiver finds it: the bucket of the rank, and a number within that is as far from either
/// bound.
fn quantile(point: &ExponentialHistogramDataPoint, q: f64) -> f64 {
    let base = f64::from(-point.scale).exp2().exp2();
    let mut buckets: Vec<(f64, u64)> = Vec::new();
    let middle = |index: i32| {
        let (lower, upper) = (base.powi(index), base.powi(index + 1));
        2.0 * lower * upper / (lower + upper)
    };
    for (side, sign) in [(&point.negative, -1.0), (&point.positive, 1.0)] {
        let side = side.iter().flat_map(|side| {
            let counts = side.bucket_counts.iter().enumerate();
            counts.map(|(at, count)| (sign * middle(side.offset + at as i32), *count))
        });
        buckets.extend(side);
    }
    buckets.push((0.0, point.zero_count));
    buckets.sort_by(|one, two| one.0.total_cmp(&two.0));
    let rank = (q * point.count as f64 * (1.0 - 4.0 * f64::EPSILON))
        .ceil()
        .max(1.0) as u64;
    let mut below = 0;
    for (number, count) in buckets {
        below += count;
        if below >= rank {
            return number.clamp(point.min.unwrap(), point.max.unwrap());
        }
    }
    panic!("{point:?}");
}

/// How far off a number in the middle of a bucket of this scale is, at most.
fn error(scale: i32) -> f64 {
    let base = f64::from(-scale).exp2().exp2();
    (base - 1.0) / (base + 1.0)
}

fn check(point: &ExponentialHistogramDataPoint) {
    let sides = [&point.positive, &point.negative];
    let sides = sides.into_iter().flatten().map(|side| &side.bucket_counts);
    let mut count = point.zero_count;
    for side in sides {
        assert!(side.len() <= MAX_BUCKETS as usize);
        // None is empty at the ends.
        assert!(side.first() > Some(&0) && side.last() > Some(&0));
        count += side.iter().sum::<u64>();
    }
    assert_eq!(point.count, count);
    assert!((0..=5).contains(&point.scale));
}

const QUANTILES: [f64; 6] = [0.0, 0.1, 0.5, 0.9, 0.99, 1.0];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn quantiles_of_plain_numbers_agree_with_ours(
        numbers in proptest::collection::vec(
            prop_oneof![1.0..32.0_f64, -20.0..-1.0_f64, Just(0.0), Just(8.0)], 1..200
        ),
    ) {
        let aggregator = start([summary("otel.quantile.plain.grams")]);
        let mut collector = collector(&aggregator, Cumulative);
        for grams in &numbers {
            telemetry::execute!("otel.quantile.plain", { grams: *grams });
        }
        let metrics = deliver(&mut collector);
        let point = &exponentials(&metrics, "otel.quantile.plain.grams")[0];
        check(point);
        prop_assert_eq!(point.scale, 5);
        let snapshot = aggregator.snapshot();
        let Some(Data::Summary(ours)) = snapshot.find("otel.quantile.plain.grams", &[]) else {
            panic!("{snapshot:?}");
        };
        for q in QUANTILES {
            let (theirs, ours) = (quantile(point, q), ours.quantile(q).unwrap());
            prop_assert!((theirs - ours).abs() <= ours.abs() * 1e-9, "{q}: {theirs}, {ours}");
        }
    }

    #[test]
    fn quantiles_of_times_are_near_the_truth(
        mut micros in proptest::collection::vec(1..3_000_000_u64, 1..200),
        milliseconds: bool,
    ) {
        let unit = if milliseconds { Unit::Millisecond } else { Unit::Second };
        let aggregator = start([summary("otel.quantile.time.duration").unit(unit)]);
        let mut collector = collector(&aggregator, Cumulative);
        for micros in &micros {
            let duration = Duration::from_micros(*micros);
            telemetry::execute!("otel.quantile.time", { duration });
        }
        let metrics = deliver(&mut collector);
        let point = &exponentials(&metrics, "otel.quantile.time.duration")[0];
        check(point);
        micros.sort_unstable();
        let snapshot = aggregator.snapshot();
        let Some(Data::Summary(ours)) = snapshot.find("otel.quantile.time.duration", &[]) else {
            panic!("{snapshot:?}");
        };
        for q in QUANTILES {
            let rank = (q * micros.len() as f64 * (1.0 - 4.0 * f64::EPSILON)).ceil().max(1.0);
            let truth = micros[rank as usize - 1] as f64 * 1_000.0 / unit.factor() as f64;
            let theirs = quantile(point, q);
            // What lies between the bounds of nanoseconds and those of the unit comes on top.
            let off = error(point.scale) + 0.0064;
            prop_assert!((theirs - truth).abs() <= truth * off, "{q}: {theirs}, {truth}");
            let ours = ours.quantile(q).unwrap() / unit.factor() as f64;
            let off = off + error(5) + 1e-9;
            prop_assert!((theirs - ours).abs() <= ours.max(theirs) * off, "{q}: {theirs}, {ours}");
        }
    }

    #[test]
    fn whatever_is_counted_fits(numbers in proptest::collection::vec(
        prop_oneof![
            any::<f64>().prop_filter("finite", |number| number.is_finite()),
            -1e9..1e9_f64,
            Just(1e-30),
        ],
        1..100,
    )) {
        let aggregator = start([summary("otel.quantile.wild.number")]);
        let mut collector = collector(&aggregator, Cumulative);
        for number in &numbers {
            telemetry::execute!("otel.quantile.wild", { number: *number });
        }
        for point in exponentials(&deliver(&mut collector), "otel.quantile.wild.number") {
            check(point);
            prop_assert!(point.sum.is_none_or(f64::is_finite));
        }
    }
}

#[test]
fn numbers_are_shifted_to_the_nearest_bucket() {
    assert_eq!(shift(Unit::One), 0);
    assert_eq!(shift(Unit::Kibibyte), -320);
    // 32 * log2(10^9) is 956.7.
    assert_eq!(shift(Unit::Second), -957);
    for unit in [
        Unit::Microsecond,
        Unit::Millisecond,
        Unit::Second,
        Unit::Minute,
        Unit::Hour,
    ] {
        let off = (unit.factor() as f64).log2() * 32.0 + f64::from(shift(unit));
        assert!(off.abs() <= 0.5, "{unit}: {off}");
    }
}

#[test]
fn the_scale_is_as_fine_as_the_number_of_buckets_allows() {
    let of = |index: i32| ((f64::from(index) + 0.5) / 32.0).exp2();
    for first in 0..4 {
        for width in [
            1, 2, 159, 160, 161, 162, 318, 319, 320, 321, 322, 640, 1_000,
        ] {
            let aggregator = start([summary("otel.scale.number")]);
            let mut collector = collector(&aggregator, Cumulative);
            let last = first + width - 1;
            for index in [first, last] {
                telemetry::execute!("otel.scale", { number: of(index) });
            }
            let metrics = deliver(&mut collector);
            let point = &exponentials(&metrics, "otel.scale.number")[0];
            check(point);
            let positive = point.positive.as_ref().unwrap();
            let down = 5 - point.scale;
            assert_eq!(positive.offset, first >> down);
            assert_eq!(
                positive.bucket_counts.len() as i32,
                (last >> down) - (first >> down) + 1
            );
            let finer = (last >> (down - 1).max(0)) - (first >> (down - 1).max(0)) + 1;
            assert!(down == 0 || finer > MAX_BUCKETS, "{first} {width}: {down}");
        }
    }
}

/// A family that comes late, as those of the bridge do, with the settings of the collector.
#[test]
fn a_distribution_that_comes_late_is_told_as_such() {
    let count = |points: &[ExponentialHistogramDataPoint]| -> u64 {
        points.iter().for_each(check);
        points.iter().map(|point| point.count).sum()
    };
    for (temporality, more) in [(Cumulative, 4), (Delta, 1), (LowMemory, 1)] {
        let aggregator = start([]);
        let mut explicit = collector(&aggregator, temporality);
        let mut exponential = exponential(&aggregator, temporality);
        let late = |name: &str| {
            let metric = distribution(name).buckets([1.0, 5.0]);
            let metric = metric.option("otel_histogram", "exponential");
            aggregator.late().add(metric).unwrap()
        };
        let late = late("otel_late_size");
        late.series(&[]).record(3.0.into(), 2);
        late.series(&[("k", "v")]).record(0.5.into(), 1);
        let metrics = deliver(&mut exponential);
        assert_eq!(count(exponentials(&metrics, "otel_late_size")), 3);
        // Nobody knew that such would come, so its values are not kept for this one.
        let metrics = deliver(&mut explicit);
        assert_eq!(histograms(&metrics, "otel_late_size")[0].count, 2);
        late.series(&[]).record(30.0.into(), 1);
        let metrics = deliver(&mut exponential);
        assert_eq!(count(exponentials(&metrics, "otel_late_size")), more);
    }
}
