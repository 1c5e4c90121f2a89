//! Whatever is emitted, and whichever requests are lost: the deltas that were delivered add up to the
//! cumulative numbers, and those are what Prometheus is told.

use std::collections::BTreeMap;
use std::time::Duration;

use opentelemetry_proto::tonic::metrics::v1::{Metric as Sent, metric};
use proptest::prelude::*;
use telemetry_metrics::{counter, distribution, sum, summary};
use telemetry_prometheus::Prometheus;

use super::support::{collector, decode, label, number, read, resource, start, with_settings};
use crate::metrics::{MetricSettings, Temporality};

#[derive(Debug, Clone)]
enum Step {
    Emit {
        k: u8,
        micros: u64,
        times: u8,
    },
    /// Which requests arrive.
    Collect(u32),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..4_u8, 0..2_000_000_u64, 1..4_u8)
            .prop_map(|(k, micros, times)| Step::Emit { k, micros, times }),
        1 => any::<u32>().prop_map(Step::Collect),
    ]
}

/// By what and which series: as Prometheus calls it.
type Numbers = BTreeMap<String, f64>;

fn add(to: &mut Numbers, name: &str, labels: &str, more: f64) {
    assert!(more >= 0.0, "{name} {labels} fell by {more}");
    *to.entry(format!("{name} {labels}")).or_default() += more;
}

fn add_all(to: &mut Numbers, metrics: &[Sent]) {
    for metric in metrics {
        let name = metric.name.replace('.', "_");
        if !name.starts_with("otel_model_") {
            continue;
        }
        match metric.data.as_ref().unwrap() {
            metric::Data::Sum(sum) => {
                for point in &sum.data_points {
                    add(
                        to,
                        &format!("{name}_total"),
                        &label(&point.attributes),
                        number(point),
                    );
                }
            }
            metric::Data::Histogram(histogram) => {
                for point in &histogram.data_points {
                    let labels = label(&point.attributes);
                    let mut below = 0;
                    for (at, count) in point.bucket_counts.iter().enumerate() {
                        below += count;
                        let bound = point.explicit_bounds.get(at);
                        let bound = bound.map_or_else(|| "+Inf".into(), ToString::to_string);
                        let name = format!("{name}_seconds_bucket {bound}");
                        add(to, &name, &labels, below as f64);
                    }
                    add(
                        to,
                        &format!("{name}_seconds_count"),
                        &labels,
                        point.count as f64,
                    );
                    add(
                        to,
                        &format!("{name}_seconds_sum"),
                        &labels,
                        point.sum.unwrap(),
                    );
                }
            }
            metric::Data::ExponentialHistogram(histogram) => {
                for point in &histogram.data_points {
                    let labels = label(&point.attributes);
                    add(
                        to,
                        &format!("{name}_seconds_count"),
                        &labels,
                        point.count as f64,
                    );
                    add(
                        to,
                        &format!("{name}_seconds_sum"),
                        &labels,
                        point.sum.unwrap(),
                    );
                }
            }
            other => panic!("{other:?}"),
        }
    }
}

/// What Prometheus reads.
fn scraped(text: &str) -> Numbers {
    let mut numbers = Numbers::new();
    for line in text.lines() {
        let is_ours = line.starts_with("otel_model_") && !line.contains("quantile=");
        let Some((series, number)) = line.rsplit_once(' ').filter(|_| is_ours) else {
            continue;
        };
        let (name, labels) = series.split_once('{').unwrap();
        let labels = labels.trim_end_matches('}').replace('"', "");
        let (labels, bound): (Vec<&str>, Vec<&str>) = labels
            .split(',')
            .partition(|label| !label.starts_with("le="));
        let bound: String = bound.iter().map(|le| format!(" {}", &le[3..])).collect();
        let key = format!("{name}{bound} {}", labels.join(","));
        numbers.insert(key, number.parse().unwrap());
    }
    numbers
}

fn assert_same(one: &Numbers, two: &Numbers) -> Result<(), TestCaseError> {
    let keys = |numbers: &Numbers| numbers.keys().cloned().collect::<Vec<_>>();
    prop_assert_eq!(keys(one), keys(two));
    for (key, number) in one {
        let other = two[key];
        // Seconds are added up here, and nanoseconds there.
        prop_assert!(
            (number - other).abs() <= 1e-9 * number.abs(),
            "{key}: {number}, {other}"
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn deltas_add_up_to_what_prometheus_reads(
        steps in proptest::collection::vec(step(), 1..40),
        temporality in prop_oneof![Just(Temporality::Delta), Just(Temporality::LowMemory)],
    ) {
        let aggregator = start([
            counter("otel.model.a.count").tags(["k"]),
            sum("otel.model.a.items").tags(["k"]),
            distribution("otel.model.a.duration").tags(["k"]).buckets([0.01, 0.1, 1.0]),
            summary("otel.model.a.wait_time").tags(["k"]),
        ]);
        let prometheus = Prometheus::new(&aggregator).unwrap();
        let settings = MetricSettings {
            temporality,
            max_points_per_request: 3,
            ..MetricSettings::default()
        };
        let mut deltas = with_settings(&aggregator, settings);
        let mut cumulative = collector(&aggregator, Temporality::Cumulative);
        let mut told = Numbers::new();
        for step in steps.into_iter().chain([Step::Collect(u32::MAX)]) {
            match step {
                Step::Emit { k, micros, times } => for _ in 0..times {
                    let duration = Duration::from_micros(micros);
                    telemetry::execute!(
                        "otel.model.a",
                        { items: micros % 7, duration, wait_time: duration * 2 },
                        { k: k }
                    );
                },
                Step::Collect(arrive) => {
                    for (at, request) in deltas.collect(&resource()).iter().enumerate() {
                        if arrive >> (at % 32) & 1 == 1 {
                            add_all(&mut told, &decode(request));
                            deltas.delivered(request);
                        }
                    }
                }
            }
        }
        let mut since_start = Numbers::new();
        add_all(&mut since_start, &read(&cumulative.collect(&resource())));
        // A sum to which nothing but zeros was added has no delta.
        since_start.retain(|key, number| *number != 0.0 || told.contains_key(key));
        assert_same(&told, &since_start)?;
        let mut scraped = scraped(&prometheus.render());
        scraped.retain(|key, number| *number != 0.0 || told.contains_key(key));
        assert_same(&told, &scraped)?;
    }
}
