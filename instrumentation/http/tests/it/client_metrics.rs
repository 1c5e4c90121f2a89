//! The definitions fit the events, and reporters take them.

use telemetry_http::{channel_metrics, client_metrics};
use telemetry_metrics::{Aggregator, Check, Data};
use telemetry_prometheus::Prometheus;

use crate::client_support::calls;

#[test]
fn calls_are_counted_by_how_they_ended() {
    let aggregator = Aggregator::builder()
        .metrics(client_metrics("client_counted"))
        .check_definitions(Check::Deny)
        .start()
        .unwrap();
    let calls = calls("client_counted");
    calls.begin("GET", "127.0.0.1").respond(200);
    calls.begin("GET", "127.0.0.1").respond(200);
    calls.begin("POST", "elsewhere.test").respond(503);
    drop(calls.begin("GET", "127.0.0.1"));
    let mut events = calls.begin("GET", "127.0.0.1");
    events.answered(200);
    events.streamed();
    events.finish();

    let snapshot = aggregator.snapshot();
    let counted = |tags: &[(&str, &str)]| snapshot.find("client_counted.stop.count", tags);
    let ok = [
        ("method", "GET"),
        ("host", "127.0.0.1"),
        ("status_class", "2xx"),
        ("outcome", "ok"),
    ];
    assert_eq!(counted(&ok), Some(&Data::Counter(3)));
    let failed = [
        ("method", "POST"),
        ("host", "other"),
        ("status_class", "5xx"),
        ("outcome", "error"),
    ];
    assert_eq!(counted(&failed), Some(&Data::Counter(1)));
    let failure = [("method", "POST"), ("host", "other"), ("reason", "status")];
    let failures = snapshot.find("client_counted.failure.count", &failure);
    assert_eq!(failures, Some(&Data::Counter(1)));
    let fine = [("method", "GET"), ("host", "127.0.0.1")];
    assert_eq!(snapshot.find("client_counted.failure.count", &fine), None);
    let text = Prometheus::new(&aggregator).unwrap().render();
    for line in [
        "client_counted_duration_seconds_count{method=\"GET\",host=\"127.0.0.1\",outcome=\"cancelled\"} 1",
        // Without the stream, and those without an answer.
        "client_counted_duration_seconds_count{method=\"GET\",host=\"127.0.0.1\",status=\"200\",outcome=\"ok\"} 2",
        "client_counted_headers_time_seconds_count{host=\"127.0.0.1\",outcome=\"ok\"} 3",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(!text.contains("skipped_total{"), "{text}");
}

#[test]
fn the_definitions_of_channels_fit_their_events() {
    let aggregator = Aggregator::builder()
        .metrics(channel_metrics("channel_counted"))
        .check_definitions(Check::Deny)
        .start()
        .unwrap();
    let channels = telemetry_http::Channels::new("channel_counted").unwrap();
    let channels = channels.events(["ping"]);
    let channel = channels.joined("room");
    channel.message("ping").finish();
    channel.message("evil").finish();
    channel.sent();
    channels.emit_open();
    channel.close(telemetry_http::CloseReason::Server);

    let text = Prometheus::new(&aggregator).unwrap().render();
    for line in [
        "channel_counted_joined_count_total{channel=\"room\",outcome=\"ok\"} 1",
        "channel_counted_handle_in_count_total{channel=\"room\",event=\"other\",outcome=\"ok\"} 1",
        "channel_counted_closed_count_total{channel=\"room\",reason=\"server\"} 1",
        "channel_counted_closed_messages_out_total{channel=\"room\"} 1",
        "channel_counted_open 1",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}
