//! Many points are several requests.

use std::collections::HashSet;

use telemetry_metrics::counter;

use super::support::{decode, find, label, numbers, read, resource, start, with_settings};
use crate::metrics::{MetricSettings, Temporality};

fn emit(n: usize) {
    telemetry::execute!("otel.split.hit", {}, { k: n });
}

#[test]
fn requests_have_so_many_points_at_most() {
    let aggregator = start([
        counter("otel.split.hit.count").tags(["k"]),
        counter("otel.split.hit.total")
            .event("otel.split.hit")
            .tags(["k"]),
    ]);
    for n in 0..10 {
        emit(n);
    }
    let settings = MetricSettings {
        temporality: Temporality::Delta,
        max_points_per_request: 3,
        ..MetricSettings::default()
    };
    let mut collector = with_settings(&aggregator, settings.clone());
    let collected = collector.collect(&resource());
    assert!(collected.iter().all(|one| one.points <= 3));
    assert!(
        collected[..collected.len() - 1]
            .iter()
            .all(|one| one.points == 3)
    );
    let mut seen = HashSet::new();
    for request in &collected {
        for metric in decode(request) {
            for point in numbers(std::slice::from_ref(&metric), &metric.name) {
                assert!(seen.insert((metric.name.clone(), label(&point.attributes))));
            }
        }
    }
    let hits = |name: &str| seen.iter().filter(|(metric, _)| metric == name).count();
    assert_eq!(hits("otel.split.hit.count"), 10);
    assert_eq!(hits("otel.split.hit.total"), 10);

    // One that is lost is told again, and nothing else.
    let lost: HashSet<String> = decode(&collected[1]).iter().flat_map(labels).collect();
    for (at, request) in collected.iter().enumerate() {
        if at != 1 {
            collector.delivered(request);
        }
    }
    let again: HashSet<String> = collector
        .collect(&resource())
        .iter()
        .flat_map(decode)
        .filter(|metric| metric.name.starts_with("otel.split."))
        .flat_map(|metric| labels(&metric))
        .collect();
    assert_eq!(again, lost);
}

fn labels(metric: &opentelemetry_proto::tonic::metrics::v1::Metric) -> Vec<String> {
    let name = &metric.name;
    numbers(std::slice::from_ref(metric), name)
        .iter()
        .map(|point| format!("{name} {}", label(&point.attributes)))
        .collect()
}

#[test]
fn requests_are_not_much_larger_than_allowed() {
    let aggregator = start([counter("otel.bytes.hit.count")
        .tags(["k"])
        .max_series(3_000)]);
    for n in 0..2_000 {
        let k = format!("{n}{}", "x".repeat(100));
        telemetry::execute!("otel.bytes.hit", {}, { k: k.as_str() });
    }
    let settings = MetricSettings {
        max_bytes_per_request: 10_000,
        ..MetricSettings::default()
    };
    let mut collector = with_settings(&aggregator, settings);
    let collected = collector.collect(&resource());
    assert!(collected.len() > 20);
    assert!(collected.iter().all(|one| one.body.len() < 11_000));
    let all: usize = collected
        .iter()
        .map(|one| numbers(&decode(one), "otel.bytes.hit.count").len())
        .sum();
    assert_eq!(all, 2_000);
    let mut all = with_settings(&aggregator, MetricSettings::default());
    let collected = all.collect(&resource());
    assert_eq!(collected.len(), 1);
    assert!(find(&read(&collected), "otel.bytes.hit.count").is_some());
}

#[test]
fn where_there_is_nothing_there_is_no_request() {
    let aggregator = start([counter("otel.nothing.hit.count").tags(["k"])]);
    let settings = MetricSettings {
        temporality: Temporality::Delta,
        ..MetricSettings::default()
    };
    let mut collector = with_settings(&aggregator, settings);
    let metrics = read(&collector.collect(&resource()));
    assert!(find(&metrics, "otel.nothing.hit.count").is_none());
}

#[test]
fn descriptions_count_as_bytes() {
    let long = |n: usize| {
        counter(format!("otel.long.hit.{n}"))
            .event("otel.long.hit")
            .description("x".repeat(1_000))
    };
    let aggregator = start((0..10).map(long));
    telemetry::execute!("otel.long.hit");
    let settings = MetricSettings {
        max_bytes_per_request: 4_000,
        ..MetricSettings::default()
    };
    let collected = with_settings(&aggregator, settings).collect(&resource());
    assert!(collected.iter().all(|one| one.body.len() < 6_000));
    let metrics = read(&collected);
    for n in 0..10 {
        assert!(find(&metrics, &format!("otel.long.hit.{n}")).is_some());
    }
}
