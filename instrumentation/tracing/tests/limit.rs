//! How many callsites are made at most. A binary of its own, because it makes them all.

#[path = "support/mod.rs"]
mod support;

use support::{Recorder, Told, Typed, text};
use telemetry::{EventName, SpanName, execute, span};
use telemetry_tracing::{MAX_CALLSITES, forward};
use tracing_subscriber::prelude::*;

#[test]
fn beyond_the_limit_events_come_from_a_generic_callsite() {
    let recorder = Recorder::default();
    let subscriber = tracing_subscriber::registry().with(recorder.clone());
    let _default = tracing::subscriber::set_default(subscriber);
    let attach = || forward(["limit.*"]).attach("limit").unwrap().guard();
    let _forward = {
        // Attaching again makes nothing again.
        for _ in 0..100 {
            let _forward = attach();
            execute!("limit.again", { n: 1 });
        }
        recorder.take();
        attach()
    };
    for n in 1..MAX_CALLSITES {
        let name = EventName::new(&format!("limit.event-{n}")).unwrap();
        execute!(name, { n });
        let (target, _, fields) = recorder.event();
        assert_eq!(target, "telemetry::limit", "number {n} is an ordinary one");
        assert_eq!(*fields.get("n"), Typed::U64(n as u64));
    }

    let name = EventName::new("limit.last").unwrap();
    execute!(name, { n: 1, took: std::time::Duration::from_millis(2) }, { word: "a b" });
    let (target, _, fields) = recorder.event();
    assert_eq!(target, "telemetry");
    assert_eq!(*fields.get("message"), text("limit.last"));
    assert_eq!(*fields.get("fields"), text("n=1 took=2ms word=\"a b\""));

    let name = SpanName::new("limit.span").unwrap();
    span!(name, { route: "/" }).finish();
    let told = recorder.take();
    let [
        Told::Opened {
            name: "telemetry",
            fields,
            ..
        },
        Told::Event { scope, .. },
        Told::Recorded("telemetry", end),
        Told::Closed("telemetry"),
    ] = &*told
    else {
        panic!("{told:#?}");
    };
    assert_eq!(*fields.get("fields"), text("span=limit.span route=\"/\""));
    assert_eq!(*scope, ["telemetry"]);
    assert_eq!(*end.get("outcome"), text("ok"));

    // What had a callsite still has it, unless it has a new key.
    let name = EventName::new("limit.event-1").unwrap();
    execute!(name, { n: 5u64 });
    assert_eq!(*recorder.event().2.get("n"), Typed::U64(5));
    execute!(name, { n: 5u64, more: 6 });
    assert_eq!(*recorder.event().2.get("fields"), text("n=5 more=6"));
}
