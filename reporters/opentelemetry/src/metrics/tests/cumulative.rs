//! What each kind of definition becomes.

use std::time::{Duration, SystemTime};

use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{AggregationTemporality, metric};
use telemetry::{SpanContext, span};
use telemetry_metrics::{Unit, counter, distribution, last_value, sum, summary};

use super::support::{
    collector, deliver, exponential, exponentials, find, histograms, lose, number, numbers, only,
    start,
};
use crate::metrics::Temporality::Cumulative;
use crate::metrics::plan::nanos;

const CUMULATIVE: i32 = AggregationTemporality::Cumulative as i32;

#[test]
fn counters_and_sums_are_sums() {
    let aggregator = start([
        counter("otel.cumulative.sale.count").description("Sales"),
        sum("otel.cumulative.sale.weight").bytes(),
        sum("otel.cumulative.sale.change").up_down(),
        sum("otel.cumulative.sale.work").unit(Unit::Millisecond),
    ]);
    let mut collector = collector(&aggregator, Cumulative);
    let before = nanos(SystemTime::now());
    for _ in 0..2 {
        telemetry::execute!("otel.cumulative.sale", {
            weight: 700, change: -1.5, work: Duration::from_micros(2_500)
        });
    }
    let metrics = deliver(&mut collector);

    let sales = find(&metrics, "otel.cumulative.sale.count").unwrap();
    assert_eq!(
        (sales.unit.as_str(), sales.description.as_str()),
        ("1", "Sales")
    );
    let Some(metric::Data::Sum(sum)) = &sales.data else {
        panic!("{sales:?}");
    };
    assert_eq!(
        (sum.aggregation_temporality, sum.is_monotonic),
        (CUMULATIVE, true)
    );
    let [point] = &sum.data_points[..] else {
        panic!("{sum:?}");
    };
    assert_eq!(point.value, Some(Value::AsInt(2)));
    assert!(point.start_time_unix_nano <= before && before <= point.time_unix_nano);
    assert!(point.attributes.is_empty());

    let weight = find(&metrics, "otel.cumulative.sale.weight").unwrap();
    assert_eq!(weight.unit, "By");
    assert_eq!(
        numbers(&metrics, "otel.cumulative.sale.weight")[0].value,
        Some(Value::AsInt(1_400))
    );
    let Some(metric::Data::Sum(change)) =
        &find(&metrics, "otel.cumulative.sale.change").unwrap().data
    else {
        panic!("{metrics:?}");
    };
    assert_eq!(
        (change.aggregation_temporality, change.is_monotonic),
        (CUMULATIVE, false)
    );
    assert_eq!(change.data_points[0].value, Some(Value::AsDouble(-3.0)));
    assert_eq!(
        find(&metrics, "otel.cumulative.sale.work").unwrap().unit,
        "ms"
    );
    assert_eq!(only(&metrics, "otel.cumulative.sale.work"), 5.0);
}

#[test]
fn a_last_value_is_a_gauge_once_it_was_set() {
    let aggregator = start([last_value("otel.gauge.stock.level").unit(Unit::Other("crates"))]);
    let mut collector = collector(&aggregator, Cumulative);
    assert!(find(&deliver(&mut collector), "otel.gauge.stock.level").is_none());
    telemetry::execute!("otel.gauge.stock", { level: 3.5 });
    let metrics = deliver(&mut collector);
    let gauge = find(&metrics, "otel.gauge.stock.level").unwrap();
    assert_eq!(gauge.unit, "{crates}");
    assert!(matches!(gauge.data, Some(metric::Data::Gauge(_))));
    assert_eq!(
        numbers(&metrics, "otel.gauge.stock.level")[0].start_time_unix_nano,
        0
    );
    assert_eq!(only(&metrics, "otel.gauge.stock.level"), 3.5);
}

#[test]
fn a_distribution_is_a_histogram_with_its_own_bounds() {
    let aggregator = start([
        distribution("otel.histogram.reply.duration").buckets([0.1, 0.25]),
        distribution("otel.histogram.reply.change").buckets([-1.0, 1.0]),
    ]);
    let mut collector = collector(&aggregator, Cumulative);
    for (milliseconds, change) in [(100, 0.0), (101, -5.0), (250, 1.0), (1_000, 7.0)] {
        let duration = Duration::from_millis(milliseconds);
        telemetry::execute!("otel.histogram.reply", { duration, change });
    }
    let metrics = deliver(&mut collector);
    assert_eq!(
        find(&metrics, "otel.histogram.reply.duration")
            .unwrap()
            .unit,
        "s"
    );
    let [point] = histograms(&metrics, "otel.histogram.reply.duration") else {
        panic!("{metrics:?}");
    };
    assert_eq!(point.explicit_bounds, [0.1, 0.25]);
    // A number that is equal to a bound belongs to it, as in OpenTelemetry.
    assert_eq!(point.bucket_counts, [1, 2, 1]);
    assert_eq!((point.count, point.sum), (4, Some(1.451)));
    assert_eq!((point.min, point.max), (None, None));
    let [point] = histograms(&metrics, "otel.histogram.reply.change") else {
        panic!("{metrics:?}");
    };
    assert_eq!(point.bucket_counts, [1, 2, 1]);
    // Where numbers are below zero, there is no sum.
    assert_eq!(point.sum, None);
}

#[test]
fn a_summary_is_an_exponential_histogram() {
    let aggregator = start([summary("otel.summary.reply.duration")]);
    let mut collector = collector(&aggregator, Cumulative);
    assert!(find(&deliver(&mut collector), "otel.summary.reply.duration").is_none());
    for milliseconds in [0, 3, 300] {
        let duration = Duration::from_millis(milliseconds);
        telemetry::execute!("otel.summary.reply", { duration });
    }
    let metrics = deliver(&mut collector);
    let [point] = exponentials(&metrics, "otel.summary.reply.duration") else {
        panic!("{metrics:?}");
    };
    assert_eq!(
        (point.count, point.zero_count, point.sum),
        (3, 1, Some(0.303))
    );
    assert_eq!((point.min, point.max), (Some(0.0), Some(0.3)));
    // Two and a half octaves and more lie between.
    assert_eq!(point.scale, 4);
    let buckets = point.positive.as_ref().unwrap();
    assert_eq!(buckets.bucket_counts.iter().sum::<u64>(), 2);
    let bound = |index: i32| (f64::from(index) / 16.0).exp2();
    assert!(bound(buckets.offset) <= 0.003 && 0.003 < bound(buckets.offset + 1));
    let last = buckets.offset + buckets.bucket_counts.len() as i32;
    assert!(bound(last - 1) <= 0.3 && 0.3 < bound(last));
}

#[test]
fn every_collection_has_a_time_of_its_own() {
    let aggregator = start([counter("otel.clock.tick.count")]);
    let mut collector = collector(&aggregator, Cumulative);
    let mut last = 0;
    for _ in 0..100 {
        let metrics = lose(&mut collector);
        let [point] = numbers(&metrics, "otel.clock.tick.count") else {
            panic!("{metrics:?}");
        };
        assert!(point.time_unix_nano > last);
        assert!(point.start_time_unix_nano <= point.time_unix_nano);
        last = point.time_unix_nano;
    }
}

#[test]
fn what_the_library_tells_about_itself_is_told_too() {
    let aggregator = start([counter("otel.own.tick.count").tags(["worker"])]);
    let mut collector = collector(&aggregator, Cumulative);
    aggregator.register_health("otlp-metrics").sent(7);
    telemetry::execute!("otel.own.tick");
    let metrics = deliver(&mut collector);
    assert_eq!(only(&metrics, "telemetry.reporter.sent"), 7.0);
    assert_eq!(only(&metrics, "telemetry.metric.tags_missing"), 1.0);
    let series = find(&metrics, "telemetry.metric.series").unwrap();
    assert!(matches!(series.data, Some(metric::Data::Gauge(_))));
}

#[test]
fn examples_say_where_to_look_and_are_told_once() {
    let metrics = || [distribution("otel.exemplar.reply.duration").buckets([0.1])];
    let aggregator = start(metrics());
    let mut explicit = collector(&aggregator, Cumulative);
    let mut exponential = exponential(&aggregator, Cumulative);
    let context = SpanContext::new_root();
    let before = nanos(SystemTime::now());
    context.in_scope(|| {
        let span = span!("otel.exemplar.outer", {});
        let _inside = span.enter();
        let duration = Duration::from_millis(30);
        telemetry::execute!("otel.exemplar.reply", { duration });
    });
    let metrics = deliver(&mut explicit);
    let [point] = histograms(&metrics, "otel.exemplar.reply.duration") else {
        panic!("{metrics:?}");
    };
    let [example] = &point.exemplars[..] else {
        panic!("{point:?}");
    };
    assert_eq!(example.trace_id, context.trace_id().to_bytes());
    assert_eq!(example.span_id.len(), 8);
    assert!(before <= example.time_unix_nano && example.time_unix_nano <= point.time_unix_nano);
    assert!(format!("{:?}", example.value).contains("AsDouble(0.03)"));
    let metrics = deliver(&mut exponential);
    let [point] = exponentials(&metrics, "otel.exemplar.reply.duration") else {
        panic!("{metrics:?}");
    };
    assert_eq!(point.exemplars.len(), 1);
    // It was delivered.
    let metrics = deliver(&mut explicit);
    assert!(
        histograms(&metrics, "otel.exemplar.reply.duration")[0]
            .exemplars
            .is_empty()
    );
}

#[test]
fn numbers_are_finite_and_large_ones_are_real() {
    let aggregator = start([
        counter("otel.large.hit.count"),
        sum("otel.large.hit.real").up_down(),
        last_value("otel.large.hit.last"),
    ]);
    let mut collector = collector(&aggregator, Cumulative);
    let late = aggregator.late();
    let series = late.add(counter("otel_large_late")).unwrap().series(&[]);
    series.add(u64::MAX);
    for number in [f64::MAX, f64::NAN, f64::INFINITY, f64::MAX] {
        telemetry::execute!("otel.large.hit", { real: number, last: number });
    }
    let metrics = deliver(&mut collector);
    assert_eq!(
        numbers(&metrics, "otel_large_late")[0].value,
        Some(Value::AsDouble(u64::MAX as f64))
    );
    for name in ["otel.large.hit.real", "otel.large.hit.last"] {
        assert!(number(&numbers(&metrics, name)[0]).is_finite());
    }
}
