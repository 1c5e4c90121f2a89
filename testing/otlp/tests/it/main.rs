//! The receiver itself, sent what OpenTelemetry's own definitions encode.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1 as metrics;
use opentelemetry_proto::tonic::trace::v1 as traces;
use prost::Message;
use telemetry_otlp_receiver::{Gate, Instrument, Kind, Outcome, Reading, Receiver, Temporality};

const SOON: Duration = Duration::from_secs(20);

/// Sends a body, and returns the status of the answer.
fn post(to: &str, path: &str, body: &[u8]) -> String {
    let mut stream = TcpStream::connect(to.strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Length: {}\r\n\
         Content-Type: application/x-protobuf\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().to_owned()
}

fn attribute(key: &str, value: any_value::Value) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

fn spans(names: &[&str]) -> Vec<u8> {
    let spans = names.iter().map(|name| traces::Span {
        trace_id: vec![0xab; 16],
        span_id: vec![0xcd; 8],
        name: (*name).to_owned(),
        kind: 2,
        start_time_unix_nano: 10,
        end_time_unix_nano: 30,
        attributes: vec![
            attribute("port", any_value::Value::IntValue(-80)),
            attribute("host", any_value::Value::StringValue("a.example".into())),
        ],
        status: Some(traces::Status {
            code: 2,
            message: "refused".into(),
        }),
        ..traces::Span::default()
    });
    let request = ExportTraceServiceRequest {
        resource_spans: vec![traces::ResourceSpans {
            scope_spans: vec![traces::ScopeSpans {
                spans: spans.collect(),
                ..traces::ScopeSpans::default()
            }],
            ..traces::ResourceSpans::default()
        }],
    };
    request.encode_to_vec()
}

fn a_sum(total: i64) -> Vec<u8> {
    let point = metrics::NumberDataPoint {
        start_time_unix_nano: 10,
        time_unix_nano: 30,
        attributes: vec![attribute(
            "route",
            any_value::Value::StringValue("/".into()),
        )],
        value: Some(metrics::number_data_point::Value::AsInt(total)),
        ..metrics::NumberDataPoint::default()
    };
    let sum = metrics::Sum {
        data_points: vec![point],
        aggregation_temporality: 1,
        is_monotonic: true,
    };
    let metric = metrics::Metric {
        name: "requests".into(),
        unit: "1".into(),
        data: Some(metrics::metric::Data::Sum(sum)),
        ..metrics::Metric::default()
    };
    let request = ExportMetricsServiceRequest {
        resource_metrics: vec![metrics::ResourceMetrics {
            scope_metrics: vec![metrics::ScopeMetrics {
                metrics: vec![metric],
                ..metrics::ScopeMetrics::default()
            }],
            ..metrics::ResourceMetrics::default()
        }],
    };
    request.encode_to_vec()
}

#[test]
#[ignore = "needs ddapm-test-agent"]
fn what_was_sent_is_what_it_has() {
    let receiver = Receiver::start();
    let sent = spans(&["first", "second"]);
    let one = std::thread::scope(|scope| {
        scope.spawn(|| {
            assert_eq!(post(&receiver.http(), "/v1/metrics", &a_sum(1)), "200");
            assert_eq!(post(&receiver.http(), "/v1/traces", &sent), "200");
            assert_eq!(post(&receiver.http(), "/v1/metrics", &a_sum(2)), "200");
        });
        receiver.wait_for(SOON, |received| received.metrics.len() == 2)
    });
    let span = one.span("first");
    assert_eq!((span.kind, span.outcome), (Kind::Server, Outcome::Error));
    assert_eq!(
        (&*span.trace, &*span.id),
        (&*"ab".repeat(16), &*"cd".repeat(8))
    );
    assert_eq!((&*span.parent, &*span.message), ("", "refused"));
    assert_eq!(span.attributes["port"], (-80_i64).into());
    assert_eq!(span.attributes["host"], "a.example".into());
    assert_eq!(span.duration(), Duration::from_nanos(20));
    assert_eq!(one.span("second").name, "second");

    let metric = one.newest("requests");
    assert_eq!(metric.instrument, Instrument::Sum);
    assert_eq!(
        (metric.monotonic, metric.temporality),
        (true, Some(Temporality::Delta))
    );
    assert_eq!(metric.point(&[("route", "/")]).reading, Reading::Int(2));
    assert_eq!(
        one.metrics[0].points[0].reading,
        Reading::Int(1),
        "the oldest is first"
    );

    let requests = receiver.requests();
    assert_eq!(requests.len(), 3);
    let traces = requests
        .iter()
        .filter(|request| request.path == "/v1/traces");
    let content = traces.map(|request| request.header("content-type"));
    assert_eq!(
        content.collect::<Vec<_>>(),
        [Some("application/x-protobuf")]
    );

    receiver.clear();
    assert_eq!(
        receiver.received(),
        telemetry_otlp_receiver::Received::default()
    );
    assert!(receiver.requests().is_empty());
    let grpc = receiver.grpc();
    assert!(TcpStream::connect(grpc.strip_prefix("http://").unwrap()).is_ok());
}

#[test]
#[ignore = "needs ddapm-test-agent"]
fn garbage_does_not_pass_for_a_trace() {
    let receiver = Receiver::start();
    let mut half = spans(&["a"]);
    half.truncate(half.len() - 3);
    assert_eq!(post(&receiver.http(), "/v1/traces", &half), "400");
    let read = catch_unwind(AssertUnwindSafe(|| receiver.received()));
    let said = *read.unwrap_err().downcast::<String>().unwrap();
    assert!(said.contains("400") && said.contains("parsing"), "{said}");
    receiver.clear();
    assert!(receiver.received().spans.is_empty());
}

#[test]
#[ignore = "needs ddapm-test-agent"]
fn what_does_not_come_is_not_awaited_for_ever() {
    let receiver = Receiver::start();
    post(&receiver.http(), "/v1/traces", &spans(&["only"]));
    let awaited = AssertUnwindSafe(|| receiver.wait_for(Duration::from_millis(50), |_| false));
    let said = *catch_unwind(awaited)
        .unwrap_err()
        .downcast::<String>()
        .unwrap();
    assert!(
        said.contains("1 spans") && said.contains("\"only\""),
        "{said}"
    );
}

#[test]
#[ignore = "needs ddapm-test-agent"]
fn a_receiver_that_is_dropped_is_gone_and_several_live_side_by_side() {
    let receivers: Vec<_> = (0..3)
        .map(|_| std::thread::spawn(Receiver::start))
        .collect();
    let mut receivers: Vec<_> = receivers
        .into_iter()
        .map(|each| each.join().unwrap())
        .collect();
    post(&receivers[0].http(), "/v1/traces", &spans(&["mine"]));
    assert_eq!(receivers[0].received().spans.len(), 1);
    assert!(receivers[1].received().spans.is_empty());

    let gone = receivers.pop().unwrap();
    let address = gone.http().strip_prefix("http://").unwrap().to_owned();
    let panicked = std::thread::spawn(move || {
        let _gone = gone;
        panic!("on purpose");
    });
    assert!(panicked.join().is_err());
    assert!(TcpStream::connect(address).is_err());
    assert!(receivers[1].received().spans.is_empty());
}

#[test]
#[ignore = "needs ddapm-test-agent"]
fn through_a_gate_it_has_what_the_gate_passed_on() {
    let receiver = Receiver::start();
    let gate = Gate::before(&receiver);
    gate.answer(["HTTP/1.1 503 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"]);
    assert_eq!(
        post(&gate.http(), "/v1/traces", &spans(&["refused"])),
        "503"
    );
    let sent = spans(&["passed"]);
    assert_eq!(post(&gate.http(), "/v1/traces", &sent), "200");
    assert_eq!(receiver.received().span("passed").kind, Kind::Server);
    assert_eq!(receiver.requests().len(), 1);
}
