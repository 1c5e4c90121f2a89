//! Fields that every span has.

use std::time::{Duration, SystemTime};

use telemetry::{SpanContext, completion_span, display, span};

use super::*;

const INTERNAL: i32 = 1;

#[test]
fn ids_parents_and_times_are_those_of_the_span() {
    let recording = Recording::of("spans.ids");
    let before = SystemTime::now();
    let outer = span!("spans.ids.outer");
    let inner = span!(parent: outer.context(), "spans.ids.inner");
    let (outer_ids, inner_ids) = (outer.context().unwrap(), inner.context().unwrap());
    inner.finish();
    outer.finish();
    let after = SystemTime::now();

    let [inner, outer] = &recording.spans()[..] else {
        panic!("two spans have ended")
    };
    for (span, ids) in [(inner, inner_ids), (outer, outer_ids)] {
        assert_eq!(span.trace_id, ids.trace_id().to_bytes());
        assert_eq!(span.span_id, ids.span_id().to_bytes());
        // That the parent, if there is one, is of this process, is known.
        assert_eq!(span.flags, 0x100 | u32::from(ids.is_sampled()));
        assert_eq!(span.kind, INTERNAL);
        assert_eq!(span.trace_state, "");
        assert_eq!(status(span), (0, ""));
        assert!(span.start_time_unix_nano <= span.end_time_unix_nano);
        expect(span, &[]);
    }
    assert_eq!(
        (&*outer.name, &*inner.name),
        ("spans.ids.outer", "spans.ids.inner")
    );
    assert_eq!(inner.parent_span_id, outer.span_id);
    assert!(outer.parent_span_id.is_empty());
    // One clock for both: the inner one is within the outer one.
    assert!(outer.start_time_unix_nano <= inner.start_time_unix_nano);
    assert!(inner.end_time_unix_nano <= outer.end_time_unix_nano);
    let near = Duration::from_millis(50);
    let nanos = |time: SystemTime| {
        u64::try_from(
            time.duration_since(SystemTime::UNIX_EPOCH)
                .unwrap()
                .as_nanos(),
        )
        .unwrap()
    };
    assert!(outer.start_time_unix_nano >= nanos(before - near));
    assert!(outer.end_time_unix_nano <= nanos(after + near));
}

#[test]
fn the_duration_is_that_of_the_event() {
    let recording = Recording::of("spans.duration");
    let told = Arc::new(std::sync::Mutex::new(None));
    let _also = telemetry::attach("spans-duration", "spans.duration.work.stop", {
        let told = told.clone();
        move |event| *told.lock().unwrap() = event.measurement("duration")
    })
    .unwrap()
    .guard();
    let work = span!("spans.duration.work");
    while work.elapsed().unwrap() < Duration::from_millis(3) {
        std::hint::spin_loop();
    }
    work.finish();
    let span = recording.one();
    let duration = told.lock().unwrap().unwrap().as_duration().unwrap();
    let taken = span.end_time_unix_nano - span.start_time_unix_nano;
    assert_eq!(u128::from(taken), duration.as_nanos());
}

#[test]
fn a_parent_of_another_process_is_told_to_be_remote() {
    let recording = Recording::of("spans.remote");
    let parent = remote("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    span!(parent: parent, "spans.remote.work").finish();
    let span = recording.one();
    assert_eq!(span.flags, 0x301);
    assert_eq!(span.trace_id, parent.trace_id().to_bytes());
    assert_eq!(span.parent_span_id, parent.span_id().to_bytes());
}

#[test]
fn what_is_not_sampled_is_not_recorded_unless_all_is() {
    let recording = Recording::sampled("spans.sampled", Sampler::default());
    let all = Recording::sampled("spans.sampled.unless", Sampler::AlwaysOn);
    let parent = remote("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00");
    span!(parent: parent, "spans.sampled.work").finish();
    completion_span!(parent: parent, "spans.sampled.unless.all").finish();
    assert_eq!(recording.spans(), []);
    // Known not to be sampled elsewhere.
    assert_eq!(all.one().flags, 0x300);
}

#[test]
fn metadata_and_measurements_are_attributes_under_their_own_keys() {
    let recording = Recording::of("spans.attributes");
    let work = span!("spans.attributes.work", {
        text: "zwölf",
        yes: true,
        minus: -3,
        large: u64::MAX,
        half: 0.5,
        long: Duration::from_millis(1500),
        letter: 'x',
        shown: display(&std::net::Ipv4Addr::LOCALHOST),
        nothing: None::<&str>,
        "dotted.key": "",
    });
    work.measure("rows", 7);
    work.measure("wait", Duration::from_micros(250));
    work.measure("share", f64::INFINITY);
    work.finish();
    expect(
        &recording.one(),
        &[
            ("text", text("zwölf")),
            ("yes", any_value::Value::BoolValue(true)),
            ("minus", int(-3)),
            ("large", double(u64::MAX as f64)),
            ("half", double(0.5)),
            ("long", double(1.5)),
            ("letter", text("x")),
            ("shown", text("127.0.0.1")),
            ("dotted.key", text("")),
            ("rows", int(7)),
            ("wait", double(0.00025)),
            ("share", double(f64::INFINITY)),
        ],
    );
}

#[test]
fn two_that_have_one_name_are_told_apart() {
    let recording = Recording::of("spans.twice");
    for _ in 0..2 {
        let work = span!("spans.twice.work", { count: 1, "measurement.count": 2 });
        work.measure("count", 3);
        work.finish();
        let expected = [
            ("count", int(1)),
            ("measurement.count", int(2)),
            ("measurement.count_", int(3)),
        ];
        expect(&recording.one(), &expected);
    }
}

#[test]
fn metadata_has_its_name_whatever_came_first() {
    let recording = Recording::of("spans.order");
    let work = || span!("spans.order.work");
    let first = work();
    first.measure("count", 1);
    first.finish();
    expect(&recording.one(), &[("count", int(1))]);
    let both = work();
    both.set("count", 2);
    both.measure("count", 3);
    both.finish();
    expect(
        &recording.one(),
        &[("count", int(2)), ("measurement.count", int(3))],
    );
}

#[test]
fn outcomes_become_statuses() {
    let recording = Recording::of("spans.outcomes");
    span!("spans.outcomes.ok").finish();
    let failed = span!("spans.outcomes.error", { reason: "early" });
    failed.fail("no more tea");
    failed.finish();
    drop(span!("spans.outcomes.cancelled"));
    let panicking = || {
        let span = completion_span!("spans.outcomes.panic");
        span.in_scope(|| std::panic::resume_unwind(Box::new("cup broke")))
    };
    std::panic::catch_unwind(panicking).unwrap_err();
    // Nobody failed: the key is the application's own.
    span!("spans.outcomes.own", { reason: "why not", kind: "tea" }).finish();

    let [ok, failed, cancelled, panicked, own] = &recording.spans()[..] else {
        panic!("five spans have ended")
    };
    assert_eq!((status(ok), ok.events.len()), ((0, ""), 0));
    expect(ok, &[]);

    assert_eq!(status(failed), (2, "no more tea"));
    expect(failed, &[]);
    assert_eq!(failed.events[0].name, "exception");
    assert_eq!(failed.events[0].time_unix_nano, failed.end_time_unix_nano);
    let told = attributes(&failed.events[0].attributes);
    assert_eq!(
        told.into_iter().collect::<Vec<_>>(),
        [("exception.message".into(), text("no more tea"))]
    );

    assert_eq!((status(cancelled), cancelled.events.len()), ((0, ""), 0));
    expect(cancelled, &[("outcome", text("cancelled"))]);

    assert_eq!(status(panicked), (2, "cup broke"));
    expect(panicked, &[("error.type", text("panic"))]);
    let told = attributes(&panicked.events[0].attributes);
    assert_eq!(
        (panicked.events.len(), &*panicked.events[0].name),
        (1, "exception")
    );
    assert_eq!(told["exception.type"], text("panic"));
    assert_eq!(told["exception.message"], text("cup broke"));

    assert_eq!(status(own), (0, ""));
    expect(own, &[("reason", text("why not")), ("kind", text("tea"))]);
}

#[test]
fn name_and_kind_can_be_said() {
    let recording = Recording::of("spans.said");
    for (word, kind) in [
        ("internal", 1),
        ("SERVER", 2),
        ("client", 3),
        ("producer", 4),
        ("consumer", 5),
    ] {
        span!("spans.said.work", { "otel.kind": word, "otel.name": display(&"Tea time") }).finish();
        let span = recording.one();
        assert_eq!((&*span.name, span.kind), ("Tea time", kind));
        expect(&span, &[]);
    }
    // What is none stays what it is.
    span!("spans.said.work", { "otel.kind": "tea", "otel.name": "" }).finish();
    let span = recording.one();
    assert_eq!((&*span.name, span.kind), ("spans.said.work", INTERNAL));
    expect(&span, &[("otel.kind", text("tea"))]);
}

#[test]
fn a_link_is_one_or_several_traceparents() {
    let recording = Recording::of("spans.links");
    let one = SpanContext::new_root();
    let two = remote("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00");
    let list = format!("{one}, {two}\n tea");
    span!("spans.links.work", { link: &list }).finish();
    span!("spans.links.work", { link: one }).finish();
    span!("spans.links.work", { link: "https://example.org" }).finish();
    let [several, single, none] = &recording.spans()[..] else {
        panic!("three spans have ended")
    };
    let ids = |context: SpanContext| {
        let (trace, span) = (context.trace_id().to_bytes(), context.span_id().to_bytes());
        (
            trace.to_vec(),
            span.to_vec(),
            u32::from(context.is_sampled()),
        )
    };
    let links = |span: &Span| -> Vec<_> {
        let all = span.links.iter().cloned();
        all.map(|link| (link.trace_id, link.span_id, link.flags))
            .collect()
    };
    assert_eq!(links(several), [ids(one), ids(two)]);
    assert_eq!(several.dropped_links_count, 1);
    assert_eq!(links(single), [ids(one)]);
    assert_eq!(links(none), []);
    expect(single, &[]);
    expect(none, &[("link", text("https://example.org"))]);
}

#[test]
fn a_request_has_its_resource_its_scope_and_its_spans() {
    let recording = Recording::of("spans.request");
    for _ in 0..300 {
        span!("spans.request.work", { padding: "x".repeat(100) }).finish();
    }
    let batch = recording.queue.next_batch(1_000, usize::MAX).unwrap();
    let mut resource = Vec::new();
    crate::proto::common::text_attribute(&mut resource, 1, "service.name", "tea");
    let request = ExportTraceServiceRequest::decode(request(&resource, &batch)).unwrap();
    let [of_resource] = &request.resource_spans[..] else {
        panic!("one resource")
    };
    let told = attributes(&of_resource.resource.as_ref().unwrap().attributes);
    assert_eq!(told["service.name"], text("tea"));
    let [of_scope] = &of_resource.scope_spans[..] else {
        panic!("one scope")
    };
    let scope = of_scope.scope.as_ref().unwrap();
    assert_eq!(
        (&*scope.name, &*scope.version),
        ("telemetry-opentelemetry", env!("CARGO_PKG_VERSION"))
    );
    assert!(of_scope.schema_url.ends_with("/1.44.0"));
    assert_eq!(of_scope.spans.len(), 300);
}
