//! Deltas, and what becomes of them when nobody gets them.

use std::time::Duration;

use opentelemetry_proto::tonic::metrics::v1::metric;
use telemetry::{SpanContext, span};
use telemetry_metrics::{counter, distribution, last_value, sum, summary};

use super::support::{
    collector, deliver, exponential, exponentials, find, histograms, lose, numbers, only, read,
    resource, start,
};
use crate::metrics::Temporality::{Cumulative, Delta, LowMemory};

#[test]
fn a_delta_is_what_came_since_the_last_delivery() {
    let aggregator = start([
        counter("otel.delta.sale.count"),
        sum("otel.delta.sale.weight").bytes(),
        sum("otel.delta.sale.change").up_down(),
        last_value("otel.delta.sale.level"),
        distribution("otel.delta.sale.duration").buckets([0.1]),
        summary("otel.delta.sale.price"),
    ]);
    let sale = |level: f64| {
        let duration = Duration::from_millis(20);
        telemetry::execute!("otel.delta.sale", { weight: 5, change: -2, level, duration, price: 3 });
    };
    let mut collector = collector(&aggregator, Delta);
    sale(1.0);
    sale(2.0);
    let first = deliver(&mut collector);
    sale(3.0);
    let lost = lose(&mut collector);
    sale(4.0);
    let second = deliver(&mut collector);
    let third = deliver(&mut collector);

    for (metrics, count) in [(&first, 2), (&lost, 1), (&second, 2)] {
        let times = f64::from(count);
        assert_eq!(only(metrics, "otel.delta.sale.count"), times);
        assert_eq!(only(metrics, "otel.delta.sale.weight"), 5.0 * times);
        let [histogram] = histograms(metrics, "otel.delta.sale.duration") else {
            panic!("{metrics:?}");
        };
        assert_eq!(histogram.bucket_counts, [u64::from(count as u32), 0]);
        assert_eq!(histogram.sum, Some(0.02 * times));
        let [price] = exponentials(metrics, "otel.delta.sale.price") else {
            panic!("{metrics:?}");
        };
        assert_eq!(
            (price.count, price.sum),
            (u64::from(count as u32), Some(3.0 * times))
        );
        // Of an interval, nobody knows them.
        assert_eq!((price.min, price.max), (None, None));
    }
    for name in ["count", "weight", "duration", "price"] {
        assert!(
            find(&third, &format!("otel.delta.sale.{name}")).is_none(),
            "{name}"
        );
    }
    // What may fall is told as it is, and so is the newest value.
    for (metrics, change, level) in [
        (&first, -4.0, 2.0),
        (&second, -8.0, 4.0),
        (&third, -8.0, 4.0),
    ] {
        assert_eq!(only(metrics, "otel.delta.sale.change"), change);
        assert_eq!(only(metrics, "otel.delta.sale.level"), level);
        let change = find(metrics, "otel.delta.sale.change").unwrap();
        let Some(metric::Data::Sum(sum)) = &change.data else {
            panic!("{change:?}");
        };
        assert_eq!((sum.aggregation_temporality, sum.is_monotonic), (2, false));
    }
    let Some(metric::Data::Sum(sum)) = &find(&first, "otel.delta.sale.count").unwrap().data else {
        panic!("{first:?}");
    };
    assert_eq!((sum.aggregation_temporality, sum.is_monotonic), (1, true));

    // Where one ends the next begins, and what was lost is within.
    let point = |metrics| numbers(metrics, "otel.delta.sale.count")[0].clone();
    let (first, lost, second) = (point(&first), point(&lost), point(&second));
    assert_eq!(lost.start_time_unix_nano, first.time_unix_nano);
    assert_eq!(second.start_time_unix_nano, first.time_unix_nano);
    sale(5.0);
    let metrics = deliver(&mut collector);
    // Nothing came in the third.
    let start = numbers(&metrics, "otel.delta.sale.count")[0].start_time_unix_nano;
    assert!(start > second.time_unix_nano);
    let third_time = numbers(&third, "otel.delta.sale.change")[0].time_unix_nano;
    assert_eq!(start, third_time);
}

#[test]
fn an_outdated_delivery_takes_nothing() {
    let aggregator = start([counter("otel.outdated.sale.count")]);
    let health = aggregator.register_health("otlp");
    let mut collector = collector(&aggregator, Delta);
    let mut sell = || {
        telemetry::execute!("otel.outdated.sale");
        health.sent(1);
        collector.collect(&resource())
    };
    let (first, second) = (sell(), sell());
    for name in ["otel.outdated.sale.count", "telemetry.reporter.sent"] {
        assert_eq!(only(&read(&second), name), 2.0);
    }
    second
        .iter()
        .chain(&first)
        .for_each(|one| collector.delivered(one));
    let third = read(&collector.collect(&resource()));
    for name in ["otel.outdated.sale.count", "telemetry.reporter.sent"] {
        assert!(find(&third, name).is_none(), "{name}");
    }
}

#[test]
fn a_difference_that_no_number_can_tell_is_the_largest() {
    let aggregator = start([summary("otel.largest.sale.price")]);
    let mut collector = collector(&aggregator, Delta);
    let sell = |price: f64| telemetry::execute!("otel.largest.sale", { price: price });
    sell(-f64::MAX);
    deliver(&mut collector);
    sell(f64::MAX);
    sell(f64::MAX);
    let metrics = deliver(&mut collector);
    let [point] = exponentials(&metrics, "otel.largest.sale.price") else {
        panic!("{metrics:?}");
    };
    assert_eq!((point.count, point.sum), (2, Some(f64::MAX)));
}

#[test]
fn distributions_as_exponential_histograms_are_deltas_too() {
    let metrics = || {
        [
            distribution("otel.dexp.sale.price").buckets([10.0]),
            distribution("otel.dexp.sale.weight")
                .bytes()
                .option("otel_histogram", "explicit"),
        ]
    };
    let aggregator = start(metrics());
    let mut collector = exponential(&aggregator, Delta);
    let mut cumulative = exponential(&aggregator, Cumulative);
    for price in [3.0, 3.0, -5.0] {
        telemetry::execute!("otel.dexp.sale", { price, weight: 300 });
    }
    let of = |metrics: &[_]| {
        assert_eq!(histograms(metrics, "otel.dexp.sale.weight").len(), 1);
        let point = exponentials(metrics, "otel.dexp.sale.price")[0].clone();
        let counts = |side: Option<
            &opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets,
        >| { side.map(|side| (side.offset, side.bucket_counts.clone())) };
        let sides = (
            counts(point.positive.as_ref()),
            counts(point.negative.as_ref()),
        );
        (point.scale, point.count, point.sum, sides)
    };
    // 32 * log2(3) is 50.7, 32 * log2(5) is 74.3.
    let all = (5, 3, None, (Some((50, vec![2])), Some((74, vec![1]))));
    assert_eq!(of(&deliver(&mut collector)), all);
    assert_eq!(of(&deliver(&mut cumulative)), all);
    telemetry::execute!("otel.dexp.sale", { price: 3.0, weight: 300 });
    let more = (5, 1, Some(3.0), (Some((50, vec![1])), None));
    assert_eq!(of(&lose(&mut collector)), more);
    assert_eq!(of(&deliver(&mut collector)), more);
    let all = (5, 4, None, (Some((50, vec![3])), Some((74, vec![1]))));
    assert_eq!(of(&deliver(&mut cumulative)), all);
}

#[test]
fn what_the_library_tells_about_itself_is_a_delta_unless_memory_is_low() {
    let aggregator = start([]);
    let health = aggregator.register_health("otlp");
    let mut delta = collector(&aggregator, Delta);
    let mut low_memory = collector(&aggregator, LowMemory);
    health.sent(3);
    assert_eq!(only(&deliver(&mut delta), "telemetry.reporter.sent"), 3.0);
    assert_eq!(
        only(&deliver(&mut low_memory), "telemetry.reporter.sent"),
        3.0
    );
    assert!(find(&deliver(&mut delta), "telemetry.reporter.sent").is_none());
    health.sent(2);
    assert_eq!(only(&lose(&mut delta), "telemetry.reporter.sent"), 2.0);
    health.sent(1);
    assert_eq!(only(&deliver(&mut delta), "telemetry.reporter.sent"), 3.0);
    let metrics = deliver(&mut low_memory);
    assert_eq!(only(&metrics, "telemetry.reporter.sent"), 6.0);
    let Some(metric::Data::Sum(sum)) = &find(&metrics, "telemetry.reporter.sent").unwrap().data
    else {
        panic!("{metrics:?}");
    };
    assert_eq!((sum.aggregation_temporality, sum.is_monotonic), (2, true));
}

#[test]
fn examples_of_a_delta_are_of_its_time() {
    let aggregator = start([distribution("otel.dexample.reply.duration").buckets([0.1])]);
    let mut collector = collector(&aggregator, Delta);
    let reply = |is_sampled: bool| {
        let reply = || {
            let duration = Duration::from_millis(30);
            telemetry::execute!("otel.dexample.reply", { duration });
        };
        if is_sampled {
            SpanContext::new_root().in_scope(|| {
                let span = span!("otel.dexample.outer", {});
                let _inside = span.enter();
                reply();
            });
        } else {
            reply();
        }
    };
    reply(true);
    let metrics = deliver(&mut collector);
    let [first] = histograms(&metrics, "otel.dexample.reply.duration") else {
        panic!("{metrics:?}");
    };
    assert_eq!(first.exemplars.len(), 1);
    // Outside of a span there is nothing to look at, and the old one is of another time.
    reply(false);
    let metrics = deliver(&mut collector);
    let [second] = histograms(&metrics, "otel.dexample.reply.duration") else {
        panic!("{metrics:?}");
    };
    assert!(second.exemplars.is_empty(), "{second:?}");
    reply(true);
    let metrics = deliver(&mut collector);
    let [third] = histograms(&metrics, "otel.dexample.reply.duration") else {
        panic!("{metrics:?}");
    };
    let [example] = &third.exemplars[..] else {
        panic!("{third:?}");
    };
    assert!(third.start_time_unix_nano <= example.time_unix_nano);
    assert!(example.time_unix_nano <= third.time_unix_nano);
}
