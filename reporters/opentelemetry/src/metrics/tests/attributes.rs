//! Tags as attributes.

use std::collections::HashSet;

use opentelemetry_proto::tonic::common::v1::KeyValue;
use proptest::prelude::*;
use prost::Message;
use telemetry_metrics::{Aggregator, counter};

use super::support::{collector, deliver, label, numbers, start};
use crate::metrics::Temporality::Cumulative;
use crate::metrics::attributes::Attributes;

/// What the tags of a metric become.
fn written(metric: &str, tags: &[(&str, &str)]) -> String {
    let keys: Vec<String> = tags.iter().map(|(key, _)| (*key).to_owned()).collect();
    let texts: Vec<Box<str>> = tags.iter().map(|(_, text)| (*text).into()).collect();
    let attributes = Attributes::new(1, metric, &keys, &[]);
    let mut out = Vec::new();
    attributes.write(&mut out, &texts, false);
    label(&decode(&out))
}

fn decode(written: &[u8]) -> Vec<KeyValue> {
    // Any message whose first field is attributes will do.
    let all = opentelemetry_proto::tonic::resource::v1::Resource::decode(written).unwrap();
    all.attributes
}

const SERVER: &str = "http.server.request.duration";

#[test]
fn tags_of_conventional_metrics_have_conventional_names() {
    let request = [
        ("method", "GET"),
        ("route", "/a/{id}"),
        ("status", "404"),
        ("outcome", "ok"),
    ];
    assert_eq!(
        written(SERVER, &request),
        "http.request.method=GET,http.response.status_code=int 404,http.route=/a/{id}"
    );
    assert_eq!(
        written("shop.requests", &request[2..]),
        "outcome=ok,status=404"
    );
    let other = [
        ("method", "OTHER"),
        ("route", "unmatched"),
        ("status", "4o4"),
    ];
    assert_eq!(
        written(SERVER, &other),
        "http.request.method=_OTHER,http.response.status_code=4o4"
    );
    // It means something else where somebody else uses it.
    assert_eq!(written(SERVER, &[("method", "_OTHER")]), "method=_OTHER");
    let call = [
        ("host", "api.example.org"),
        ("status", "404"),
        ("outcome", "error"),
    ];
    assert_eq!(
        written("http.client.request.duration", &call),
        "error.type=404,http.response.status_code=int 404,server.address=api.example.org"
    );
    let query = [
        ("repo", "main"),
        ("source", "todos"),
        ("command", "SELECT"),
        ("system", "sqlite"),
    ];
    assert_eq!(
        written("db.client.operation.duration", &query),
        "db.collection.name=todos,db.operation.name=SELECT,db.system.name=sqlite,repo=main"
    );
    let job = [("queue", "mail"), ("worker", "Send"), ("outcome", "panic")];
    assert_eq!(
        written("messaging.process.duration", &job),
        "error.type=panic,messaging.destination.name=mail,worker=Send"
    );
}

#[test]
fn errors_have_a_type_and_nothing_else_has() {
    let ended = |outcome, reason, status| {
        let tags = [("outcome", outcome), ("reason", reason), ("status", status)];
        written(SERVER, &tags)
    };
    assert_eq!(ended("ok", "", ""), "");
    assert_eq!(ended("error", "", ""), "error.type=_OTHER");
    assert_eq!(ended("error", "deadlock", ""), "error.type=deadlock");
    assert_eq!(
        ended("error", "panic", ""),
        "error.type=_OTHER,reason=panic"
    );
    assert_eq!(
        ended("error", "500 Internal Server Error", "500"),
        "error.type=500,http.response.status_code=int 500,reason=500 Internal Server Error"
    );
    assert_eq!(ended("cancelled", "", ""), "error.type=cancelled");
    assert_eq!(ended("expired", "", ""), "outcome=expired");
}

#[test]
fn a_key_that_is_there_already_is_not_given_twice() {
    let tags = [("method", "GET"), ("http.request.method", "get")];
    assert_eq!(written(SERVER, &tags), "http.request.method=get,method=GET");
    let aggregator = Aggregator::builder()
        .constant_tag("server.address", "here")
        .metrics([counter("otel.twice.call.count")
            .tags(["host"])
            .option("otel_name", "http.client.calls")])
        .start()
        .unwrap();
    let mut collector = collector(&aggregator, Cumulative);
    telemetry::execute!("otel.twice.call", {}, { host: "there" });
    let metrics = deliver(&mut collector);
    let [point] = numbers(&metrics, "http.client.calls") else {
        panic!("{metrics:?}");
    };
    assert_eq!(label(&point.attributes), "host=there,server.address=here");
}

#[test]
fn constant_tags_are_on_every_point_once() {
    let aggregator = Aggregator::builder()
        .constant_tag("zone", "b")
        .constant_tag("reporter", "mine")
        .metrics([counter("otel.constant.call.count").tags(["k"])])
        .start()
        .unwrap();
    aggregator.register_health("otlp").sent(1);
    let mut collector = collector(&aggregator, Cumulative);
    telemetry::execute!("otel.constant.call", {}, { k: 1 });
    let metrics = deliver(&mut collector);
    let only = |name: &str| match numbers(&metrics, name) {
        [point] => label(&point.attributes),
        points => panic!("{name}: {points:?}"),
    };
    assert_eq!(only("otel.constant.call.count"), "k=1,reporter=mine,zone=b");
    assert_eq!(only("telemetry.reporter.sent"), "reporter=otlp,zone=b");
}

#[test]
fn what_is_beyond_the_limit_is_marked() {
    let aggregator = start([counter("otel.overflow.hit.count")
        .tags(["user"])
        .max_series(2)]);
    let mut collector = collector(&aggregator, Cumulative);
    for user in ["a", "b", "c", "d"] {
        telemetry::execute!("otel.overflow.hit", {}, { user });
    }
    let metrics = deliver(&mut collector);
    let labels: Vec<String> = numbers(&metrics, "otel.overflow.hit.count")
        .iter()
        .map(|point| label(&point.attributes))
        .collect();
    assert_eq!(
        labels,
        ["user=a", "user=b", "otel.metric.overflow=bool true"]
    );
}

proptest! {
    /// Points of the same attributes would be taken for one another.
    #[test]
    fn series_stay_apart(
        metric in prop_oneof![
            Just("http.server.x"), Just("http.client.x"), Just("db.x"), Just("messaging.x")
        ],
        keys in proptest::sample::subsequence(
            vec!["outcome", "reason", "status", "queue", "source", "method", "route", "error.type"],
            1..8
        ),
        series in proptest::collection::hash_set(
            proptest::collection::vec(
                prop_oneof![
                    Just(""), Just("ok"), Just("error"), Just("panic"), Just("cancelled"),
                    Just("_OTHER"), Just("OTHER"), Just("unmatched"), Just("500"), Just("0500"),
                    Just("404"), Just("x")
                ],
                8
            ),
            2..40
        ),
    ) {
        let series: HashSet<&[&str]> = series.iter().map(|all| &all[..keys.len()]).collect();
        let mut seen = HashSet::new();
        for texts in &series {
            let tags: Vec<_> = keys.iter().copied().zip(texts.iter().copied()).collect();
            prop_assert!(seen.insert(written(metric, &tags)), "{tags:?}");
        }
    }
}
