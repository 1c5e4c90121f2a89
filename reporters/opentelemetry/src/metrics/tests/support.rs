//! Starting, decoding, and finding points.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::{
    ExponentialHistogramDataPoint, HistogramDataPoint, Metric as Sent, NumberDataPoint, metric,
    number_data_point,
};
use prost::Message;
use telemetry_metrics::{Aggregator, Check, Metric};

use crate::metrics::collected::Collected;
use crate::metrics::{Collector, Histograms, MetricSettings, Temporality};

pub(super) fn start(metrics: impl IntoIterator<Item = Metric>) -> Aggregator {
    Aggregator::builder()
        .metrics(metrics)
        .check_definitions(Check::Off)
        .start()
        .unwrap_or_else(|error| panic!("{error}"))
}

pub(super) fn collector(aggregator: &Aggregator, temporality: Temporality) -> Collector {
    with_settings(
        aggregator,
        MetricSettings {
            temporality,
            ..MetricSettings::default()
        },
    )
}

pub(super) fn exponential(aggregator: &Aggregator, temporality: Temporality) -> Collector {
    with_settings(
        aggregator,
        MetricSettings {
            temporality,
            histograms: Histograms::Exponential,
            ..MetricSettings::default()
        },
    )
}

pub(super) fn with_settings(aggregator: &Aggregator, settings: MetricSettings) -> Collector {
    Collector::new(aggregator, settings).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// What is wrong, as text.
pub(super) fn problems(metrics: impl IntoIterator<Item = Metric>) -> Vec<String> {
    let aggregator = start(metrics);
    match Collector::new(&aggregator, MetricSettings::default()) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.iter().map(ToString::to_string).collect(),
    }
}

/// Everything of one collection.
pub(super) fn read(collected: &[Collected]) -> Vec<Sent> {
    collected.iter().flat_map(decode).collect()
}

/// The metrics of one request.
pub(super) fn decode(collected: &Collected) -> Vec<Sent> {
    let request = ExportMetricsServiceRequest::decode(&collected.body[..]).unwrap();
    let [of_resource] = &request.resource_metrics[..] else {
        panic!("{request:?}");
    };
    let resource = of_resource.resource.as_ref().unwrap();
    assert_eq!(
        attributes(&resource.attributes),
        [("service.name", "shop")].map(own).into()
    );
    let [of_scope] = &of_resource.scope_metrics[..] else {
        panic!("{request:?}");
    };
    assert_eq!(
        of_scope.scope.as_ref().unwrap().name,
        "telemetry-opentelemetry"
    );
    let points: usize = of_scope.metrics.iter().map(point_count).sum();
    assert_eq!(collected.points, points as u64);
    of_scope.metrics.clone()
}

/// Collects, and delivers all of it.
pub(super) fn deliver(collector: &mut Collector) -> Vec<Sent> {
    let collected = collector.collect(&resource());
    collected.iter().for_each(|one| collector.delivered(one));
    read(&collected)
}

/// Collects, and nobody gets it.
pub(super) fn lose(collector: &mut Collector) -> Vec<Sent> {
    read(&collector.collect(&resource()))
}

pub(super) fn resource() -> Vec<u8> {
    let mut out = Vec::new();
    crate::proto::common::text_attribute(&mut out, 1, "service.name", "shop");
    out
}

fn own((key, value): (&str, &str)) -> (String, String) {
    (key.into(), value.into())
}

fn point_count(metric: &Sent) -> usize {
    match metric.data.as_ref().unwrap() {
        metric::Data::Gauge(gauge) => gauge.data_points.len(),
        metric::Data::Sum(sum) => sum.data_points.len(),
        metric::Data::Histogram(histogram) => histogram.data_points.len(),
        metric::Data::ExponentialHistogram(histogram) => histogram.data_points.len(),
        metric::Data::Summary(_) => panic!("{metric:?}"),
    }
}

/// The metric of this name, if there is one.
pub(super) fn find<'m>(metrics: &'m [Sent], name: &str) -> Option<&'m Sent> {
    let mut all = metrics.iter().filter(|metric| metric.name == name);
    let found = all.next();
    assert!(all.next().is_none(), "{name} is there twice");
    found
}

/// The points of a gauge or sum; none if it is not there.
pub(super) fn numbers<'m>(metrics: &'m [Sent], name: &str) -> &'m [NumberDataPoint] {
    match find(metrics, name).and_then(|metric| metric.data.as_ref()) {
        None => &[],
        Some(metric::Data::Gauge(gauge)) => &gauge.data_points,
        Some(metric::Data::Sum(sum)) => &sum.data_points,
        other => panic!("{other:?}"),
    }
}

pub(super) fn histograms<'m>(metrics: &'m [Sent], name: &str) -> &'m [HistogramDataPoint] {
    match find(metrics, name).and_then(|metric| metric.data.as_ref()) {
        None => &[],
        Some(metric::Data::Histogram(histogram)) => &histogram.data_points,
        other => panic!("{other:?}"),
    }
}

pub(super) fn exponentials<'m>(
    metrics: &'m [Sent],
    name: &str,
) -> &'m [ExponentialHistogramDataPoint] {
    match find(metrics, name).and_then(|metric| metric.data.as_ref()) {
        None => &[],
        Some(metric::Data::ExponentialHistogram(histogram)) => &histogram.data_points,
        other => panic!("{other:?}"),
    }
}

pub(super) fn number(point: &NumberDataPoint) -> f64 {
    match point.value.unwrap() {
        number_data_point::Value::AsDouble(real) => real,
        number_data_point::Value::AsInt(integer) => integer as f64,
    }
}

/// The only point's number.
pub(super) fn only(metrics: &[Sent], name: &str) -> f64 {
    match numbers(metrics, name) {
        [point] => number(point),
        points => panic!("{name}: {points:?}"),
    }
}

/// By key, each there once; what is no text has its type before it.
pub(super) fn attributes(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    let mut by_key = BTreeMap::new();
    for attribute in attributes {
        let value = match attribute
            .value
            .as_ref()
            .and_then(|value| value.value.as_ref())
        {
            Some(any_value::Value::StringValue(text)) => text.clone(),
            Some(any_value::Value::IntValue(number)) => format!("int {number}"),
            Some(any_value::Value::BoolValue(value)) => format!("bool {value}"),
            other => panic!("{other:?}"),
        };
        let before = by_key.insert(attribute.key.clone(), value);
        assert!(before.is_none(), "{} is there twice", attribute.key);
    }
    by_key
}

/// As people write them, `a=1,b=2`.
pub(super) fn label(attributes: &[KeyValue]) -> String {
    let all = self::attributes(attributes);
    let all: Vec<String> = all
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    all.join(",")
}
