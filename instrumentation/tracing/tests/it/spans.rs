//! Telemetry spans as spans of `tracing`.

use telemetry::{SpanContext, completion_span, execute, span};
use telemetry_tracing::{forward, span_of};
use tracing::{Instrument, Level, info, info_span};
use tracing_subscriber::prelude::*;

use crate::support::{Buffer, Recorder, Told, Typed, text};

fn record() -> (Recorder, tracing::subscriber::DefaultGuard) {
    let recorder = Recorder::default();
    let subscriber = tracing_subscriber::registry().with(recorder.clone());
    (recorder, tracing::subscriber::set_default(subscriber))
}

/// In short what a subscriber was told.
fn story(told: &[Told]) -> Vec<String> {
    told.iter()
        .map(|told| match told {
            Told::Event { fields, scope, .. } => match fields.get("message") {
                Typed::Str(message) => format!("{message} in {}", scope.join("/")),
                other => panic!("{other:?}"),
            },
            Told::Opened { scope, .. } => format!("open {}", scope.join("/")),
            Told::Recorded(name, _) => format!("record {name}"),
            Told::Closed(name) => format!("close {name}"),
        })
        .collect()
}

#[test]
fn a_span_opens_records_its_end_and_closes() {
    let (recorder, _default) = record();
    let _forward = forward(["sp.whole.*"]).attach("sp.whole").unwrap().guard();
    let span = span!("sp.whole.checkout", { currency: "EUR", duration: "long" });
    let context = span.context().unwrap();
    span.measure("items", 3);
    span.fail("card refused");
    span.finish();

    let told = recorder.take();
    let [
        Told::Opened {
            name: "sp.whole.checkout",
            target: "telemetry::sp::whole::checkout",
            level: Level::DEBUG,
            fields: opened,
            ..
        },
        Told::Event {
            name: "sp.whole.checkout.stop",
            target: "telemetry::sp::whole::checkout",
            fields: stop,
            scope,
            ..
        },
        Told::Recorded("sp.whole.checkout", end),
        Told::Closed("sp.whole.checkout"),
    ] = &*told
    else {
        panic!("{told:#?}");
    };
    assert_eq!(opened.0.len(), 4, "{opened:?}");
    assert_eq!(*opened.get("currency"), text("EUR"));
    assert_eq!(
        *opened.get("metadata.duration"),
        text("long"),
        "the name is the end's"
    );
    let id = Typed::Debug(context.trace_id().to_string());
    assert_eq!(*opened.get("trace_id"), id);
    assert_eq!(
        *opened.get("span_id"),
        Typed::Debug(context.span_id().to_string())
    );

    assert_eq!(*scope, ["sp.whole.checkout"]);
    assert_eq!(*stop.get("items"), Typed::I64(3));
    assert_eq!(*stop.get("outcome"), text("error"));
    assert!(!stop.0.contains_key("monotonic_time"));

    let keys: Vec<_> = end.0.keys().copied().collect();
    assert_eq!(keys, ["duration", "duration_ns", "outcome", "reason"]);
    assert_eq!(*end.get("reason"), text("card refused"));
    assert_eq!(end.get("duration_ns"), stop.get("duration_ns"));
}

#[test]
fn children_and_events_are_below_it() {
    let (recorder, _default) = record();
    let _forward = forward(["sp.tree.*"]).attach("sp.tree").unwrap().guard();
    span!("sp.tree.a").in_scope(|| {
        execute!("sp.tree.event");
        span!("sp.tree.b").in_scope(|| execute!("sp.tree.event"));
        completion_span!("sp.tree.query").finish();
    });
    assert_eq!(
        story(&recorder.take()),
        [
            "open sp.tree.a",
            "sp.tree.event in sp.tree.a",
            "open sp.tree.a/sp.tree.b",
            "sp.tree.event in sp.tree.a/sp.tree.b",
            "sp.tree.b.stop in sp.tree.a/sp.tree.b",
            "record sp.tree.b",
            "close sp.tree.b",
            "sp.tree.query in sp.tree.a",
            "sp.tree.a.stop in sp.tree.a",
            "record sp.tree.a",
            "close sp.tree.a",
        ]
    );
}

#[test]
fn what_was_entered_in_tracing_since_is_further_inside() {
    let (recorder, _default) = record();
    let _forward = forward(["sp.mixed.*"]).attach("sp.mixed").unwrap().guard();
    info_span!("outside").in_scope(|| {
        span!("sp.mixed.a").in_scope(|| {
            execute!("sp.mixed.direct");
            info_span!("inside").in_scope(|| {
                execute!("sp.mixed.event");
                span!("sp.mixed.b").in_scope(|| execute!("sp.mixed.event"));
            });
        });
    });
    let told = story(&recorder.take());
    let about = |what: &str| -> Vec<_> {
        let told = told.iter();
        told.filter_map(|line| line.strip_prefix(what)).collect()
    };
    assert_eq!(about("sp.mixed.direct in "), ["outside/sp.mixed.a"]);
    // `inside` was not told of our span, which is not entered.
    assert_eq!(
        about("sp.mixed.event in "),
        ["outside/inside", "outside/inside/sp.mixed.b"]
    );
    assert_eq!(about("sp.mixed.a.stop in "), ["outside/sp.mixed.a"]);
}

#[test]
fn the_span_made_of_ours_can_be_entered() {
    let (recorder, _default) = record();
    let _forward = forward(["sp.enter.*"]).attach("sp.enter").unwrap().guard();
    let span = span!("sp.enter.a");
    let context = span.context();
    assert!(!span_of(context).is_none());
    span.in_scope(|| {
        span_of(SpanContext::current()).in_scope(|| {
            info!(message = "theirs");
            execute!("sp.enter.event");
        });
    });
    assert!(span_of(context).is_none(), "it has ended");
    let told = story(&recorder.take());
    assert!(
        told.contains(&"theirs in sp.enter.a".to_owned()),
        "{told:?}"
    );
    assert!(
        told.contains(&"sp.enter.event in sp.enter.a".to_owned()),
        "{told:?}"
    );
    assert_eq!(told.last().unwrap(), "close sp.enter.a");
    assert!(span_of(None).is_none());
}

#[tokio::test]
async fn futures_in_turns_do_not_mix() {
    let (recorder, _default) = record();
    let _forward = forward(["sp.turns.*"]).attach("sp.turns").unwrap().guard();
    let work = async || {
        for _ in 0..3 {
            execute!("sp.turns.step");
            info!(message = "theirs");
            tokio::task::yield_now().await;
        }
    };
    let (one, two) = (span!("sp.turns.one"), span!("sp.turns.two"));
    let [their_one, their_two] = [&one, &two].map(|span| span_of(span.context()));
    tokio::join!(
        one.wrap(work().instrument(their_one)),
        two.wrap(work().instrument(their_two)),
    );
    let told = story(&recorder.take());
    let count = |line: &str| told.iter().filter(|told| *told == line).count();
    for name in ["sp.turns.one", "sp.turns.two"] {
        assert_eq!(count(&format!("sp.turns.step in {name}")), 3, "{told:#?}");
        assert_eq!(count(&format!("theirs in {name}")), 3, "{told:#?}");
        assert_eq!(count(&format!("close {name}")), 1, "{told:#?}");
    }
}

#[test]
fn a_panic_is_an_error() {
    let (recorder, _default) = record();
    let _forward = forward(["sp.panic.*"]).attach("sp.panic").unwrap().guard();
    let work = || span!("sp.panic.a").in_scope(|| panic!("on purpose"));
    std::panic::catch_unwind(work).unwrap_err();
    let work = || completion_span!("sp.panic.query").in_scope(|| panic!("on purpose"));
    std::panic::catch_unwind(work).unwrap_err();
    let told = recorder.take();
    let levels: Vec<_> = told
        .iter()
        .filter_map(|told| match told {
            Told::Event { name, level, .. } => Some((*name, *level)),
            _ => None,
        })
        .collect();
    assert_eq!(
        levels,
        [
            ("sp.panic.a.exception", Level::ERROR),
            ("sp.panic.query", Level::ERROR)
        ]
    );
}

#[test]
fn without_spans_the_start_is_an_event() {
    let (recorder, _default) = record();
    let forward = forward(["sp.flat.*"]).spans(false).attach("sp.flat");
    let _forward = forward.unwrap().guard();
    span!("sp.flat.a").finish();
    assert_eq!(
        story(&recorder.take()),
        ["sp.flat.a.start in ", "sp.flat.a.stop in "]
    );
}

#[test]
fn without_ids_there_are_none() {
    let (recorder, _default) = record();
    let forward = forward(["sp.bare.*"]).ids(false).attach("sp.bare");
    let _forward = forward.unwrap().guard();
    span!("sp.bare.a").finish();
    let told = recorder.take();
    assert!(
        matches!(&told[0], Told::Opened { fields, .. } if fields.0.is_empty()),
        "{told:#?}"
    );
}

#[test]
fn detaching_closes_what_is_open() {
    let (recorder, _default) = record();
    let attached = forward(["sp.left.*"]).attach("sp.left").unwrap();
    let span = span!("sp.left.a");
    recorder.take();
    assert!(attached.detach());
    assert_eq!(story(&recorder.take()), ["close sp.left.a"]);
    span.finish();
    assert!(recorder.take().is_empty());
}

#[test]
fn two_that_forward_make_one_span() {
    let (recorder, _default) = record();
    let _one = forward(["sp.two.*"]).attach("sp.two one").unwrap().guard();
    let _two = forward(["sp.two.*"]).attach("sp.two two").unwrap().guard();
    span!("sp.two.a").finish();
    let told = story(&recorder.take());
    let count = |line: &str| told.iter().filter(|told| *told == line).count();
    assert_eq!(count("sp.two.a.stop in sp.two.a"), 1, "{told:?}");
    assert!(span_of(None).is_none());
    assert_eq!(
        told.iter().filter(|line| line.starts_with("close")).count(),
        told.iter().filter(|line| line.starts_with("open")).count(),
        "{told:?}"
    );
}

#[test]
fn a_span_on_a_thread_without_a_subscriber_stays_with_its_own() {
    let (recorder, _default) = record();
    let _forward = forward(["sp.thread.*"])
        .attach("sp.thread")
        .unwrap()
        .guard();
    let span = span!("sp.thread.a");
    std::thread::spawn(|| {
        span.in_scope(|| {
            execute!("sp.thread.event");
            span!("sp.thread.b").finish();
        });
    })
    .join()
    .unwrap();
    assert_eq!(
        story(&recorder.take()),
        [
            "open sp.thread.a",
            "sp.thread.event in sp.thread.a",
            "open sp.thread.a/sp.thread.b",
            "sp.thread.b.stop in sp.thread.a/sp.thread.b",
            "record sp.thread.b",
            "close sp.thread.b",
            "sp.thread.a.stop in sp.thread.a",
            "record sp.thread.a",
            "close sp.thread.a",
        ]
    );
}

#[test]
fn a_parent_that_came_back_from_elsewhere_is_known() {
    let (recorder, _default) = record();
    let _forward = forward(["sp.remote.*"])
        .attach("sp.remote")
        .unwrap()
        .guard();
    let span = span!("sp.remote.a");
    let sent = span.context().unwrap().to_string();
    let came: SpanContext = sent.parse().unwrap();
    assert!(came.is_remote());
    span!(parent: came, "sp.remote.b").finish();
    let stranger = SpanContext::new_root();
    span!(parent: stranger, "sp.remote.c").finish();
    let told = story(&recorder.take());
    assert!(
        told.contains(&"open sp.remote.a/sp.remote.b".to_owned()),
        "{told:?}"
    );
    assert!(told.contains(&"open sp.remote.c".to_owned()), "{told:?}");
}

#[test]
fn fmt_shows_spans_as_its_own() {
    let buffer = Buffer::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(Level::DEBUG)
        .with_ansi(false)
        .without_time()
        .with_writer(buffer.clone());
    let _default = tracing::subscriber::set_default(subscriber.finish());
    let forward = forward(["sp.fmt.*"]).ids(false).attach("sp.fmt");
    let _forward = forward.unwrap().guard();
    span!("sp.fmt.a", { route: "/" }).in_scope(|| execute!("sp.fmt.event", { n: 1 }));
    let text = buffer.take();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(
        lines[0],
        "DEBUG sp.fmt.a{route=\"/\"}: telemetry::sp::fmt: sp.fmt.event n=1"
    );
    assert!(
        lines[1].starts_with(
            "DEBUG sp.fmt.a{route=\"/\"}: telemetry::sp::fmt::a: sp.fmt.a.stop duration="
        ),
        "{lines:?}"
    );
    assert_eq!(lines.len(), 2);
}
