//! Metrics, as they arrive.

use std::time::Duration;

use telemetry::{execute, span};
use telemetry_metrics::{Aggregator, Metric, counter, distribution, last_value, sum, summary};
use telemetry_opentelemetry::{Histograms, OpenTelemetry, Temporality};
use telemetry_otlp_receiver::{
    Buckets, Instrument, Metric as Told, Reading, Received, Receiver, Temporality as Since,
};

use crate::support::{SOON, Way, alone, now};

/// One of each kind.
fn definitions() -> Vec<Metric> {
    vec![
        counter("receiver.order.placed.count")
            .tags(["currency"])
            .description("Orders"),
        sum("receiver.order.placed.items"),
        sum("receiver.cart.changed.by").up_down(),
        last_value("receiver.queue.depth")
            .event("receiver.queue")
            .measurement("depth"),
        distribution("receiver.order.placed.time")
            .seconds()
            .buckets([Duration::from_millis(1), Duration::from_millis(10)])
            .tags(["currency"]),
        distribution("receiver.order.placed.size")
            .bytes()
            .buckets([100, 1_000]),
        summary("receiver.order.placed.weight"),
    ]
}

fn aggregator() -> Aggregator {
    Aggregator::builder()
        .metrics(definitions())
        .start()
        .unwrap()
}

/// Five orders, four of them in euros.
fn orders() {
    for (currency, milliseconds, weight) in [
        ("EUR", 1, 1.0),
        ("EUR", 2, 2.0),
        ("EUR", 9, 4.0),
        ("EUR", 500, 8.0),
        ("USD", 5, 0.0),
    ] {
        let time = Duration::from_millis(milliseconds);
        let items = 2_u64;
        execute!(
            "receiver.order.placed",
            { time: time, items: items, size: 1_000_u64, weight: weight },
            { currency: currency }
        );
    }
    execute!("receiver.cart.changed", { by: 5 });
    execute!("receiver.cart.changed", { by: -7 });
    execute!("receiver.queue", { depth: 17 });
}

fn one<'r>(received: &'r Received, name: &str) -> &'r Told {
    received.newest(name)
}

fn flush(otel: &OpenTelemetry, receiver: &Receiver) -> Received {
    otel.flush(SOON).unwrap();
    receiver.received()
}

fn every_kind_arrives_as_it_is(way: Way) {
    let _alone = alone();
    let receiver = Receiver::start();
    let before = now();
    let aggregator = aggregator();
    let otel = way
        .to(&receiver, &aggregator)
        .without_traces()
        .start()
        .unwrap();
    orders();
    let first = flush(&otel, &receiver);
    orders();
    let received = flush(&otel, &receiver);
    let after = now();
    assert!(received.metrics.len() >= first.metrics.len() * 2);

    let count = one(&received, "receiver.order.placed.count");
    assert_eq!(count.instrument, Instrument::Sum);
    assert_eq!(
        (count.temporality, count.monotonic),
        (Some(Since::Cumulative), true)
    );
    assert_eq!((&*count.description, count.points.len()), ("Orders", 2));
    let euros = count.point(&[("currency", "EUR")]);
    assert_eq!(euros.reading, Reading::Int(8));
    assert_eq!(count.point(&[("currency", "USD")]).reading, Reading::Int(2));

    let items = one(&received, "receiver.order.placed.items");
    assert_eq!((items.instrument, items.monotonic), (Instrument::Sum, true));
    assert_eq!(number(&items.point(&[]).reading), 20.0);
    let by = one(&received, "receiver.cart.changed.by");
    assert_eq!((by.instrument, by.monotonic), (Instrument::Sum, false));
    assert_eq!(by.temporality, Some(Since::Cumulative));
    assert_eq!(number(&by.point(&[]).reading), -4.0);
    let depth = one(&received, "receiver.queue.depth");
    assert_eq!(
        (depth.instrument, depth.temporality),
        (Instrument::Gauge, None)
    );
    assert_eq!(number(&depth.point(&[]).reading), 17.0);

    let time = one(&received, "receiver.order.placed.time");
    assert_eq!((time.instrument, &*time.unit), (Instrument::Histogram, "s"));
    assert_eq!(time.temporality, Some(Since::Cumulative));
    let euros_time = time.point(&[("currency", "EUR")]);
    assert_histogram(&euros_time.reading, 8, 1.024, &[0.001, 0.01], &[2, 4, 2]);
    let size = one(&received, "receiver.order.placed.size");
    assert_eq!(&*size.unit, "By");
    assert_histogram(
        &size.point(&[]).reading,
        10,
        10_000.0,
        &[100.0, 1_000.0],
        &[0, 10, 0],
    );

    let weight = one(&received, "receiver.order.placed.weight");
    assert_eq!(weight.instrument, Instrument::ExponentialHistogram);
    let Reading::Exponential {
        count,
        sum,
        min,
        max,
        zero_count,
        positive,
        negative,
        ..
    } = &weight.point(&[]).reading
    else {
        panic!("{weight:#?}")
    };
    assert_eq!((*count, *sum, *zero_count), (10, Some(30.0), 2));
    assert_eq!((*min, *max), (Some(0.0), Some(8.0)));
    assert_eq!(
        (positive.counts.iter().sum::<u64>(), negative),
        (8, &Buckets::default())
    );

    for point in received.metrics.iter().flat_map(|metric| &metric.points) {
        assert!(before <= point.time && point.time <= after);
        assert!(point.start <= point.time);
    }
    let old = one(&first, "receiver.order.placed.count").point(&[("currency", "EUR")]);
    assert_eq!(old.reading, Reading::Int(4));
    assert_eq!(old.start, euros.start, "the series is the same");
    assert!(old.time < euros.time && before <= old.start);
    assert_eq!(count_of(&received, "telemetry.reporter.sent"), 1);
    way.check(&receiver);
}

/// How many metrics of a name the last request had.
fn count_of(received: &Received, name: &str) -> usize {
    let newest = received.metrics.iter().rev();
    let last = newest.take_while({
        let mut seen = std::collections::HashSet::new();
        move |metric| seen.insert(&metric.name)
    });
    last.filter(|metric| metric.name.starts_with(name)).count()
}

fn number(reading: &Reading) -> f64 {
    match reading {
        Reading::Int(number) => *number as f64,
        Reading::Double(number) => *number,
        other => panic!("no number: {other:?}"),
    }
}

#[track_caller]
fn assert_histogram(reading: &Reading, total: u64, all: f64, limits: &[f64], counts: &[u64]) {
    let Reading::Histogram {
        count,
        sum,
        bounds,
        buckets,
        ..
    } = reading
    else {
        panic!("no histogram: {reading:?}")
    };
    assert_eq!((*count, &**bounds, &**buckets), (total, limits, counts));
    assert!((sum.unwrap() - all).abs() < 1e-9, "{sum:?} is not {all}");
}

mod every_kind {
    crate::support::on_every_way!(every_kind_arrives_as_it_is);
}

#[test]
#[ignore = "needs ddapm-test-agent"]
fn deltas_say_what_is_new() {
    let _alone = alone();
    let receiver = Receiver::start();
    let aggregator = aggregator();
    let otel = Way::PLAIN
        .to(&receiver, &aggregator)
        .without_traces()
        .temporality(Temporality::Delta)
        .start()
        .unwrap();
    let mut last = Vec::new();
    for round in 0..3 {
        orders();
        let received = flush(&otel, &receiver);
        receiver.clear();
        let count = one(&received, "receiver.order.placed.count");
        assert_eq!(
            (count.temporality, count.monotonic),
            (Some(Since::Delta), true)
        );
        let point = count.point(&[("currency", "EUR")]);
        assert_eq!(point.reading, Reading::Int(4));
        let time = one(&received, "receiver.order.placed.time");
        assert_eq!(time.temporality, Some(Since::Delta));
        let time = time.point(&[("currency", "EUR")]);
        assert_histogram(&time.reading, 4, 0.512, &[0.001, 0.01], &[1, 2, 1]);
        // What may fall is always told as it is.
        let by = one(&received, "receiver.cart.changed.by");
        assert_eq!(by.temporality, Some(Since::Cumulative));
        assert_eq!(number(&by.point(&[]).reading), -2.0 * f64::from(round + 1));

        if let Some(end) = last.last() {
            assert_eq!(point.start, *end, "it begins where the last one ended");
        }
        assert!(point.start < point.time);
        last.push(point.time);
    }
    let received = flush(&otel, &receiver);
    let nothing_new = received.metrics.iter();
    let mut nothing_new = nothing_new.filter(|metric| metric.name == "receiver.order.placed.count");
    assert!(
        nothing_new.all(|metric| metric
            .points
            .iter()
            .all(|point| point.reading == Reading::Int(0))),
        "{received:#?}"
    );
}

#[test]
#[ignore = "needs ddapm-test-agent"]
fn exponential_histograms_hold_what_was_counted() {
    let _alone = alone();
    let receiver = Receiver::start();
    let aggregator = aggregator();
    let otel = Way::PLAIN
        .to(&receiver, &aggregator)
        .without_traces()
        .histograms(Histograms::Exponential)
        .start()
        .unwrap();
    orders();
    let received = flush(&otel, &receiver);
    let time = one(&received, "receiver.order.placed.time");
    assert_eq!(
        (time.instrument, &*time.unit),
        (Instrument::ExponentialHistogram, "s")
    );
    let Reading::Exponential {
        count,
        sum,
        scale,
        zero_count,
        positive,
        ..
    } = &time.point(&[("currency", "EUR")]).reading
    else {
        panic!("{time:#?}")
    };
    assert_eq!((*count, *zero_count), (4, 0));
    assert!((sum.unwrap() - 0.512).abs() < 1e-9);
    assert_eq!(positive.counts.iter().sum::<u64>(), 4);
    // The times lie where their buckets say, within what the buckets are off.
    let base = 2_f64.powf(2_f64.powi(-scale));
    let middles = positive
        .counts
        .iter()
        .zip(positive.offset..)
        .flat_map(|(count, index)| {
            let middle = base.powf(f64::from(index) + 0.5);
            std::iter::repeat_n(middle, usize::try_from(*count).unwrap())
        });
    for (middle, told) in middles.zip([0.001, 0.002, 0.009, 0.5]) {
        assert!(
            (middle / told - 1.0).abs() < 0.04,
            "{middle} is not {told}, of {positive:?}"
        );
    }
}

#[test]
#[ignore = "needs ddapm-test-agent"]
fn exemplars_lead_to_the_spans_that_arrived() {
    let _alone = alone();
    let receiver = Receiver::start();
    let aggregator = Aggregator::builder()
        .metrics([distribution("receiver.exemplar.stop.duration").tags(["route"])])
        .start()
        .unwrap();
    let otel = Way::PLAIN.to(&receiver, &aggregator).start().unwrap();
    // The first one makes the series, from then on exemplars are kept.
    for _ in 0..2 {
        span!("receiver.exemplar", { route: "/" }).finish();
        otel.flush(SOON).unwrap();
    }
    let received = receiver.received();
    let exemplars: Vec<_> = received
        .metrics
        .iter()
        .filter(|metric| metric.name == "receiver.exemplar.stop.duration")
        .flat_map(|metric| &metric.points)
        .flat_map(|point| &point.exemplars)
        .collect();
    assert!(!exemplars.is_empty());
    for exemplar in exemplars {
        let mut spans = received.spans.iter();
        let span = spans.find(|span| (&span.trace, &span.id) == (&exemplar.trace, &exemplar.span));
        let span = span.unwrap_or_else(|| panic!("no span of {exemplar:?}"));
        assert_eq!(span.name, "receiver.exemplar");
        let seconds = number(&exemplar.reading);
        assert!((seconds - span.duration().as_secs_f64()).abs() < 1e-6);
        assert!(span.start <= exemplar.time);
    }
}

#[test]
#[ignore = "needs ddapm-test-agent"]
fn names_of_the_conventions_come_with_their_attributes() {
    let _alone = alone();
    let receiver = Receiver::start();
    let aggregator = Aggregator::builder()
        .metrics([distribution("receiver.http.stop.duration")
            .tags(["method", "route", "status"])
            .option("otel_name", "http.server.request.duration")])
        .start()
        .unwrap();
    let otel = Way::PLAIN
        .to(&receiver, &aggregator)
        .without_traces()
        .start()
        .unwrap();
    span!("receiver.http", { method: "GET", route: "/users/{id}", status: 404_u16 }).finish();
    let received = flush(&otel, &receiver);
    let duration = one(&received, "http.server.request.duration");
    assert_eq!(
        (duration.instrument, &*duration.unit),
        (Instrument::Histogram, "s")
    );
    let [point] = &duration.points[..] else {
        panic!("{duration:#?}")
    };
    assert_eq!(point.attributes["http.request.method"], "GET".into());
    assert_eq!(point.attributes["http.route"], "/users/{id}".into());
    assert_eq!(
        point.attributes["http.response.status_code"],
        404_i64.into()
    );
    assert_eq!(point.attributes.len(), 3);
}
