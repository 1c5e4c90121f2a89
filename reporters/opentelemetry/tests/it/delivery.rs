//! What arrives when all is well.

use std::time::Duration;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::metrics::v1::{metric::Data, number_data_point};
use telemetry_metrics::counter;
use telemetry_opentelemetry::OpenTelemetry;

use crate::support::{
    NEVER, Receiver, SOON, aggregator, alone, counts, emit, report_of, spans_of, spans_to,
    wait_until,
};

#[test]
fn spans_arrive_with_who_sent_them() {
    let _alone = alone();
    let receiver = Receiver::new();
    let aggregator = aggregator([]);
    let otel = spans_to(&receiver.url(), &aggregator)
        .service_name("shop")
        .resource("deployment.environment.name", "test")
        .header("x-tenant", "blue")
        .start()
        .unwrap();
    telemetry::span!("otlp.it.outer").in_scope(|| emit(1));
    assert_eq!(otel.health().queued_spans, 2);
    otel.flush(SOON).unwrap();

    receiver.taken(|taken| {
        assert_eq!(taken.path, "/v1/traces");
        assert_eq!(taken.headers["content-type"], "application/x-protobuf");
        assert_eq!(taken.headers["x-tenant"], "blue");
        let [inner, outer] = taken.spans()[..] else {
            panic!("there are two");
        };
        assert_eq!(
            (&*inner.name, &*outer.name),
            ("otlp.it.work", "otlp.it.outer")
        );
        assert_eq!(inner.parent_span_id, outer.span_id);
        assert_eq!(inner.trace_id, outer.trace_id);
        let resource = taken.traces[0].resource_spans[0].resource.as_ref().unwrap();
        let text = |key: &str| {
            let mut all = resource.attributes.iter();
            match &all.find(|one| one.key == key)?.value.as_ref()?.value {
                Some(Value::StringValue(text)) => Some(text.as_str()),
                _ => None,
            }
        };
        assert_eq!(text("service.name"), Some("shop"));
        assert_eq!(text("deployment.environment.name"), Some("test"));
        assert_eq!(text("telemetry.sdk.language"), Some("rust"));
        assert!(text("service.instance.id").is_some());
        let keys = resource.attributes.iter().map(|one| &*one.key);
        assert_eq!(keys.filter(|key| *key == "process.pid").count(), 1);
    });
    assert_eq!(counts(&spans_of(&aggregator)), (2, 0));
    assert_eq!(otel.health().queued_spans, 0);
}

#[test]
fn a_full_batch_is_sent_at_once_and_others_when_they_have_waited() {
    let _alone = alone();
    let receiver = Receiver::new();
    let aggregator = aggregator([]);
    let full = spans_to(&receiver.url(), &aggregator).batch(10).start();
    emit(10);
    wait_until("a full batch", || receiver.different() == 10);
    drop(full);
    let delayed = spans_to(&receiver.url(), &aggregator)
        .batch_delay(Duration::from_millis(20))
        .start();
    emit(3);
    wait_until("the delay", || receiver.different() == 13);
    drop(delayed);
}

#[test]
fn a_hundred_thousand_spans_of_several_threads_are_complete() {
    const THREADS: u64 = 4;
    const EACH: u64 = 25_000;
    let _alone = alone();
    let receiver = Receiver::new();
    let aggregator = aggregator([]);
    let otel = spans_to(&receiver.url(), &aggregator)
        .span_queue(100_000)
        .span_queue_bytes(256 * 1024 * 1024)
        .start()
        .unwrap();
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| emit(EACH));
        }
    });
    otel.flush(SOON).unwrap();
    let all = THREADS * EACH;
    assert_eq!(counts(&spans_of(&aggregator)), (all, 0));
    receiver.taken(|taken| {
        assert_eq!(taken.spans().len() as u64, all, "none comes twice");
        assert_eq!(taken.different() as u64, all);
    });
}

#[test]
fn a_flush_has_what_was_counted_before() {
    let _alone = alone();
    let receiver = Receiver::new();
    let aggregator = aggregator([counter("otlp.flushed.count")]);
    let otel = OpenTelemetry::builder(&aggregator)
        .endpoint(receiver.url())
        .without_traces()
        .interval(NEVER)
        .start()
        .unwrap();
    for round in 1..=3 {
        telemetry::execute!("otlp.flushed");
        otel.flush(SOON).unwrap();
        assert_eq!(
            receiver.taken(|taken| total(taken, "otlp.flushed.count")),
            round
        );
    }
    assert!(report_of(&aggregator, "otlp-metrics").sent >= 3);
    assert!(otel.health().traces.is_none());
    telemetry::execute!("otlp.flushed");
    otel.stop(SOON).unwrap();
    assert_eq!(
        receiver.taken(|taken| total(taken, "otlp.flushed.count")),
        4
    );
}

#[test]
fn metrics_are_sent_at_their_interval() {
    let _alone = alone();
    let receiver = Receiver::new();
    let aggregator = aggregator([counter("otlp.ticking.count")]);
    let otel = OpenTelemetry::builder(&aggregator)
        .endpoint(receiver.url())
        .without_traces()
        .interval(Duration::from_millis(20))
        .start()
        .unwrap();
    telemetry::execute!("otlp.ticking");
    wait_until("three requests", || {
        receiver.taken(|taken| taken.metrics.len() >= 3)
    });
    drop(otel);
    assert_eq!(
        receiver.taken(|taken| total(taken, "otlp.ticking.count")),
        1
    );
}

#[cfg(feature = "gzip")]
#[test]
fn compressed_spans_are_the_same_spans() {
    let _alone = alone();
    let receiver = Receiver::new();
    let aggregator = aggregator([]);
    let otel = spans_to(&receiver.url(), &aggregator)
        .compression(telemetry_opentelemetry::Compression::Gzip)
        .start()
        .unwrap();
    emit(500);
    otel.stop(SOON).unwrap();
    receiver.taken(|taken| {
        assert_eq!(taken.headers["content-encoding"], "gzip");
        assert_eq!(taken.different(), 500);
    });
}

/// Of the last request that has it.
fn total(taken: &crate::support::Taken, name: &str) -> i64 {
    let metrics = taken.metrics.iter().rev();
    let mut metrics = metrics
        .flat_map(|one| &one.resource_metrics)
        .flat_map(|one| &one.scope_metrics)
        .flat_map(|one| &one.metrics);
    let metric = metrics.find(|metric| metric.name == name).unwrap();
    let Some(Data::Sum(sum)) = &metric.data else {
        panic!("{metric:?}");
    };
    match sum.data_points[0].value {
        Some(number_data_point::Value::AsInt(value)) => value,
        other => panic!("{other:?}"),
    }
}
