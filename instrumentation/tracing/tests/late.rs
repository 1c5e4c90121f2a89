//! A subscriber that comes late, and filters that change. A binary of its own, because the
//! subscriber is global and must not be there before.

#[path = "support/mod.rs"]
mod support;

use support::{Caught, Recorder, Told, Typed, text};
use telemetry::{execute, span};
use telemetry_tracing::{Rule, forward, span_of, take_in};
use tracing::{info, level_filters::LevelFilter};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;
use tracing_subscriber::reload;

fn messages(recorder: &Recorder) -> Vec<String> {
    let told = recorder.take().into_iter();
    told.filter_map(|told| match told {
        Told::Event { fields, .. } => match fields.get("message") {
            Typed::Str(text) | Typed::Debug(text) => Some(text.clone()),
            other => panic!("{other:?}"),
        },
        _ => None,
    })
    .collect()
}

fn emit() {
    execute!("late.event", { n: 1 });
    span!("late.span").finish();
}

fn record() {
    info!(target: "late::chosen", "wanted");
    info!(target: "late::other", "unwanted");
}

/// One test, as its steps are those of one process.
#[test]
fn a_subscriber_may_come_late_and_change() {
    let _forward = forward(["late.*"]).attach("late").unwrap().guard();
    let caught = Caught::of("taken.late");
    // Nobody is there: every callsite is met, on two threads.
    std::thread::scope(|scope| {
        scope.spawn(|| (emit(), record()));
    });
    emit();
    record();
    let begun_before = span!("late.before");
    assert!(span_of(begun_before.context()).is_none());
    assert_eq!(caught.len(), 0);

    let recorder = Recorder::default();
    let (filter, handle) = reload::Layer::new(Targets::new().with_default(LevelFilter::OFF));
    let taken = take_in()
        .rule(Rule::target("late::chosen", "taken.late"))
        .build()
        .unwrap();
    tracing_subscriber::registry()
        .with(taken)
        .with(recorder.clone().with_filter(filter))
        .init();
    emit();
    record();
    assert!(recorder.take().is_empty(), "its filter is closed");
    assert_eq!(caught.take().len(), 1, "ours is not");

    let open = |targets: Targets| handle.reload(targets).unwrap();
    open(Targets::new().with_target("telemetry::late", LevelFilter::DEBUG));
    emit();
    record();
    assert_eq!(messages(&recorder), ["late.event", "late.span.stop"]);
    assert_eq!(caught.take().len(), 1);
    begun_before.finish();
    assert_eq!(
        messages(&recorder),
        ["late.before.stop"],
        "only its end is known"
    );

    open(Targets::new().with_target("telemetry", LevelFilter::ERROR));
    emit();
    assert!(recorder.take().is_empty());

    // A span whose filter closes while it is open is closed all the same.
    open(Targets::new().with_default(LevelFilter::TRACE));
    recorder.take();
    let open_span = span!("late.open");
    open(Targets::new().with_default(LevelFilter::OFF));
    open_span.finish();
    let told = recorder.take();
    assert!(
        matches!(&*told, [Told::Opened { .. }, .., Told::Closed("late.open")]),
        "{told:#?}"
    );

    // One that crosses threads: begun here, worked in there, ended elsewhere.
    open(Targets::new().with_target("telemetry", LevelFilter::TRACE));
    let span = span!("late.travels");
    let span = std::thread::spawn(move || {
        let entered = span.enter();
        execute!("late.event", { n: 2 });
        span!("late.child").finish();
        drop(entered);
        span
    });
    let span = span.join().unwrap();
    std::thread::spawn(move || span.finish()).join().unwrap();
    let told = recorder.take();
    let scopes: Vec<_> = told
        .iter()
        .filter_map(|told| match told {
            Told::Event { fields, scope, .. } => {
                Some((fields.get("message").clone(), scope.join("/")))
            }
            _ => None,
        })
        .collect();
    assert_eq!(
        scopes,
        [
            (text("late.event"), "late.travels".to_owned()),
            (
                text("late.child.stop"),
                "late.travels/late.child".to_owned()
            ),
            (text("late.travels.stop"), "late.travels".to_owned()),
        ]
    );
    assert!(matches!(told.last(), Some(Told::Closed("late.travels"))));
}
