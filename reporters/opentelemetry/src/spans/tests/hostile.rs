//! Whatever applications and strangers say: too much, odd texts, values that fail to print.

use std::fmt;

use proptest::collection::vec;
use proptest::prelude::*;
use telemetry::{display, span};

use super::*;

/// For texts that are to live as long as a program's own.
fn leak(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

#[test]
fn no_more_than_128_attributes_are_told_and_the_rest_is_counted() {
    let recording = Recording::of("spans.many");
    for _ in 0..2 {
        let span = span!("spans.many.work");
        for at in 0..150 {
            span.set(leak(&format!("key{at}")), at);
        }
        span.measure("more", 1);
        span.finish();
        let span = recording.one();
        assert_eq!(span.attributes.len(), 128);
        assert_eq!(span.dropped_attributes_count, 23);
        assert_eq!(attributes(&span.attributes)["key127"], int(127));
    }
}

/// Also those that a convention adds, the port of a host, and the type of the error are among them.
#[test]
fn what_is_added_to_the_attributes_is_within_their_limit() {
    let recording = Recording::of("spans.full");
    for span in [
        span!("spans.full.job", { queue: "mail", worker: "Send" }),
        span!("spans.full.call", { method: "GET", host: "example.org:80" }),
        span!("spans.full.work"),
    ] {
        for at in 0..150 {
            span.set(leak(&format!("key{at}")), at);
        }
        span.fail("no");
        span.finish();
        let span = recording.one();
        let told = attributes(&span.attributes);
        assert_eq!(told.len(), 128, "{}", span.name);
        let port = told.get("server.port");
        assert_eq!(port.is_some(), span.name == "GET");
        assert_eq!(
            told.contains_key("error.type"),
            span.name != "spans.full.work"
        );
    }
}

#[test]
fn a_span_that_would_be_too_large_leaves_attributes_out_and_counts_them() {
    let recording = Recording::of("spans.large");
    let span = span!("spans.large.work", { method: "GET", route: "r".repeat(9_000) });
    let long = "ü".repeat(4_000);
    for at in 0..100 {
        span.set(leak(&format!("key{at}")), &long);
    }
    span.set("small", 1);
    span.fail(&long);
    let links = vec![SpanContext::new_root().to_string(); 200];
    span.set("link", links.join(","));
    span.set("otel.name", &long);
    span.finish();
    let batch = recording.queue.next_batch(1, usize::MAX).unwrap();
    assert!(batch.bytes.len() < 64 * 1024, "{}", batch.bytes.len());
    let request = ExportTraceServiceRequest::decode(request(b"", &batch)).unwrap();
    let span = &request.resource_spans[0].scope_spans[0].spans[0];
    let told = attributes(&span.attributes);
    assert_eq!(told["key0"], text(&"ü".repeat(2_048)));
    assert_eq!(told["small"], int(1));
    assert_eq!(
        told.len() + span.dropped_attributes_count as usize,
        2 + 100 + 1 + 1
    );
    // Two were dropped: what a span is told while it runs has a limit of its own in the core.
    assert!(span.links.len() as u32 + span.dropped_links_count <= 200);
    assert!(!span.links.is_empty() && span.links.len() <= 128);
}

#[test]
fn keys_and_texts_of_every_length_arrive() {
    let recording = Recording::of("spans.length");
    let tell = |key: &'static str, value: &str| {
        let span = span!("spans.length.work");
        span.set(key, value);
        span.measure(leak(&format!("{key}#")), 1);
        span.finish();
        let measured = format!("{key}#");
        expect(&recording.one(), &[(key, text(value)), (&measured, int(1))]);
    };
    for length in (0..600).chain(4_080..=4_096) {
        tell("key", &"x".repeat(length));
    }
    for length in (1..150).chain([4_000]) {
        tell(leak(&"k".repeat(length)), "short");
    }
}

#[test]
fn many_keys_over_time_are_not_kept_for_ever() {
    let recording = Recording::of("spans.keys");
    for at in 0..2_000 {
        let span = span!("spans.keys.work", { own: at });
        span.set(leak(&format!("key{at}")), at);
        span.measure(leak(&format!("key{at}")), 1);
        span.finish();
        let (key, other) = (format!("key{at}"), format!("measurement.key{at}"));
        expect(
            &recording.one(),
            &[("own", int(at)), (&key, int(at)), (&other, int(1))],
        );
    }
    let most = crate::spans::recorder::most_keys();
    assert!((10..600).contains(&most), "{most}");
}

#[test]
fn a_value_that_panics_or_ends_a_span_while_it_is_printed_harms_nothing() {
    struct Panics;
    impl fmt::Display for Panics {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("as far as ")?;
            std::panic::resume_unwind(Box::new(()))
        }
    }
    struct EndsSpan;
    impl fmt::Display for EndsSpan {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            span!("spans.odd.inner", { word: "deep" }).finish();
            f.write_str("printed")
        }
    }
    // A value that is given at the start is printed then; a complete span's handlers print it themselves.
    let recording = Recording::of("spans.odd");
    struct GoesOn;
    impl fmt::Display for GoesOn {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            for part in ["a".repeat(4_095), "ü".into(), "b".into()] {
                let _ = f.write_str(&part);
            }
            Ok(())
        }
    }
    let event = |value: telemetry::Value<'_>| {
        telemetry::span!("spans.odd.outer").finish_with(&[], &[("value", Some(value))]);
    };
    event(display(&Panics));
    expect(&recording.one(), &[("value", text("as far as "))]);
    event(display(&EndsSpan));
    let [inner, outer] = &recording.spans()[..] else {
        panic!("two spans have ended")
    };
    expect(inner, &[("word", text("deep"))]);
    expect(outer, &[("value", text("printed"))]);
    event(display(&GoesOn));
    expect(&recording.one(), &[("value", text(&"a".repeat(4_095)))]);
    let rows = telemetry::list_handlers("spans.odd");
    assert!(rows.iter().all(|row| row.failures == 0));
}

#[test]
fn spans_that_end_while_their_thread_ends_are_recorded() {
    struct AtTheEnd(Option<telemetry::Span>);
    impl Drop for AtTheEnd {
        fn drop(&mut self) {
            if let Some(span) = self.0.take() {
                span.finish();
            }
        }
    }
    thread_local! {
        static KEPT: std::cell::RefCell<AtTheEnd> = const { std::cell::RefCell::new(AtTheEnd(None)) };
    }
    let recording = Recording::of("spans.thread");
    std::thread::spawn(|| {
        // Used first, so that it is destroyed last.
        KEPT.with_borrow_mut(|kept| kept.0 = Some(span!("spans.thread.end")));
        span!("spans.thread.work").finish();
    })
    .join()
    .unwrap();
    let names: Vec<_> = recording
        .spans()
        .into_iter()
        .map(|span| span.name)
        .collect();
    assert_eq!(names, ["spans.thread.work", "spans.thread.end"]);
}

/// Everything that a value may be.
#[derive(Debug, Clone)]
enum Given {
    Text(String),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Flag(bool),
    Absent,
}

impl Given {
    fn expected(&self) -> Option<Any> {
        Some(match self {
            Self::Text(own) => text(crate::proto::common::cut(own)),
            Self::Signed(number) => int(*number),
            Self::Unsigned(number) => i64::try_from(*number).map_or(double(*number as f64), int),
            Self::Float(number) => double(*number),
            Self::Flag(flag) => any_value::Value::BoolValue(*flag),
            Self::Absent => return None,
        })
    }

    fn set(&self, span: &telemetry::Span, key: &'static str) {
        match self {
            Self::Text(text) => span.set(key, text),
            Self::Signed(number) => span.set(key, *number),
            Self::Unsigned(number) => span.set(key, *number),
            Self::Float(number) => span.set(key, *number),
            Self::Flag(flag) => span.set(key, *flag),
            Self::Absent => span.set(key, None::<&str>),
        }
    }
}

fn given() -> impl Strategy<Value = Given> {
    prop_oneof![
        any::<String>().prop_map(Given::Text),
        Just(Given::Text("\0\u{1}\u{7f}\u{202e}".into())),
        any::<i64>().prop_map(Given::Signed),
        any::<u64>().prop_map(Given::Unsigned),
        any::<f64>().prop_map(Given::Float),
        any::<bool>().prop_map(Given::Flag),
        Just(Given::Absent),
    ]
}

/// Keys of which some mean something.
fn key() -> impl Strategy<Value = &'static str> {
    const KNOWN: [&str; 15] = [
        "method",
        "route",
        "status",
        "host",
        "link",
        "kind",
        "otel.name",
        "otel.kind",
        "error.type",
        "queue",
        "system",
        "version",
        "http.route",
        "server.port",
        "\0",
    ];
    prop_oneof![
        2 => proptest::sample::select(&KNOWN[..]),
        3 => "[a-f]{1,2}".prop_map(|key| leak(&key)),
        1 => ".{1,40}".prop_map(|key| leak(&key)),
    ]
}

/// What becomes attributes as it is, in spans without a convention.
fn is_plain(key: &str) -> bool {
    !matches!(
        key,
        "outcome" | "kind" | "reason" | "link" | "otel.name" | "otel.kind"
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn whatever_a_span_is_told_arrives(
        told in vec((vec((key(), given()), 0..20), vec((key(), -9..9_i64), 0..5)), 1..4),
        failed in any::<Option<String>>(),
    ) {
        let recording = Recording::of("spans.any");
        // A measurement whose key any of the spans has as metadata, too, may be told by another name.
        let mut keys_of_metadata = Vec::new();
        for (metadata, measured) in &told {
            let span = span!("spans.any.work");
            let mut expected = BTreeMap::new();
            for (key, given) in metadata {
                given.set(&span, key);
                expected.insert(*key, given.expected());
                keys_of_metadata.push(*key);
            }
            let mut numbers = BTreeMap::new();
            for (key, number) in measured {
                span.measure(key, *number);
                numbers.insert(*key, int(*number));
            }
            if let Some(error) = &failed {
                span.fail(error);
            }
            span.finish();
            let span = recording.one();
            let told = attributes(&span.attributes);
            for (key, value) in expected.iter().filter(|(key, _)| is_plain(key)) {
                if value.is_some() {
                    // Compared as text: no number is NaN's equal.
                    prop_assert_eq!(format!("{:?}", told.get(*key)), format!("{value:?}"), "{}", key);
                }
            }
            for (key, number) in &numbers {
                if !keys_of_metadata.contains(key) {
                    prop_assert_eq!(told.get(*key), Some(number), "{}", key);
                }
            }
            prop_assert_eq!(status(&span).0, if failed.is_some() { 2 } else { 0 });
        }
    }

    #[test]
    fn whatever_a_request_is_told_arrives_within_the_conventions(
        values in vec(given(), 6), error in any::<Option<String>>(),
    ) {
        let recording = Recording::of("spans.wild");
        for name in ["spans.wild.server", "spans.wild.client", "spans.wild.query", "spans.wild.job"] {
            let name = telemetry::SpanName::new(name).unwrap();
            let span = match name.as_str() {
                "spans.wild.server" => span!(name, { method: 1, route: 1, status: 1, version: 1 }),
                "spans.wild.client" => span!(name, { method: 1, host: 1, status: 1, version: 1 }),
                "spans.wild.query" => span!(name, { repo: 1, source: 1, command: 1, system: 1 }),
                _ => span!(name, { queue: 1, worker: 1, link: 1, system: 1 }),
            };
            let keys = ["method", "route", "status", "host", "version", "link"];
            let others = ["source", "command", "system", "queue", "worker", "error.type"];
            for (keys, value) in keys.iter().zip(others).zip(&values) {
                value.set(&span, keys.0);
                value.set(&span, keys.1);
            }
            if let Some(error) = &error {
                span.fail(error);
            }
            span.finish();
            let span = recording.one();
            prop_assert!(!span.name.is_empty());
            // Each key once.
            attributes(&span.attributes);
        }
    }
}
