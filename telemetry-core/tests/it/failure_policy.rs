//! `FailurePolicy::Detach`, and handlers of the failure event that fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use telemetry::{
    FailurePolicy, HANDLER_FAILURE, attach, attach_with, detach, execute, list_handlers,
};

use crate::failure::{is_about, policy, watch};
use crate::support::{Log, OnDrop, panic_quietly, unstuck};

#[test]
fn detach_on_failure_detaches_from_all_events_at_once() {
    let log = Log::new();
    let _watch = watch("it-failure-detach-watch", "it-failure-detach-", &log);
    let runs = log.clone();
    let id = "it-failure-detach-1";
    let events = ["it.failure.detach.a", "it.failure.detach.b"];
    attach_with(id, events, policy(FailurePolicy::Detach), move |event| {
        runs.push(event.name());
        if event.name() == "it.failure.detach.b" {
            panic_quietly("on purpose");
        }
    })
    .unwrap();
    let emit = || {
        execute!("it.failure.detach.a");
        execute!("it.failure.detach.b");
    };
    emit();
    assert_eq!(list_handlers("it.failure.detach"), []);
    emit();
    assert_eq!(
        log.take(),
        [
            "it.failure.detach.a",
            "it.failure.detach.b",
            "telemetry.handler.failure failures=1 monotonic_time system_time | \
             handler_id=it-failure-detach-1 event_name=it.failure.detach.b kind=panic \
             reason=on purpose detached=true"
        ]
    );
    assert!(!detach(id));
    let _again = attach(id, events[0], |_| {}).unwrap().guard();
}

#[test]
fn detach_on_failure_spares_a_successor_of_the_same_id() {
    let log = Log::new();
    let seen = log.clone();
    let (id, event) = ("it-failure-successor", "it.failure.successor");
    attach_with(id, [event], policy(FailurePolicy::Detach), move |_| {
        detach(id);
        attach(id, event, seen.writes("successor")).unwrap();
        panic_quietly("on purpose");
    })
    .unwrap();
    let emit = || execute!("it.failure.successor");
    emit();
    emit();
    assert!(detach(id));
    assert_eq!(log.take(), ["successor"]);
}

#[test]
fn a_handler_that_is_detached_on_failure_is_dropped_and_its_destructor_may_panic() {
    let log = Log::new();
    let seen = log.clone();
    unstuck(move || {
        let value = OnDrop::new({
            let seen = seen.clone();
            move || {
                seen.push("dropped");
                panic_quietly("in a destructor");
            }
        });
        let event = "it.failure.drop";
        attach_with(
            "it-failure-drop",
            [event],
            policy(FailurePolicy::Detach),
            move |_| {
                let _ = &value;
                panic_quietly("on purpose");
            },
        )
        .unwrap();
        let _next = attach("it-failure-drop-2", event, seen.writes("next"))
            .unwrap()
            .guard();
        execute!("it.failure.drop");
    });
    assert_eq!(log.take(), ["next", "dropped"]);
}

#[test]
fn failing_failure_handlers_come_to_an_end() {
    for (on_failure, ids) in [
        (FailurePolicy::Keep, "it-failure-loop-keep-"),
        (FailurePolicy::Detach, "it-failure-loop-detach-"),
    ] {
        let log = Log::new();
        let runs = Arc::new(AtomicU32::new(0));
        let failing: Vec<_> = (0..20)
            .map(|n| {
                let runs = runs.clone();
                attach_with(
                    format!("{ids}{n}"),
                    [HANDLER_FAILURE],
                    policy(on_failure),
                    move |event| {
                        if is_about(event, ids) {
                            runs.fetch_add(1, Ordering::Relaxed);
                            panic_quietly("the reporter fails, too");
                        }
                    },
                )
                .unwrap()
                .guard()
            })
            .collect();
        let _watch = watch(
            &format!("{ids}-watch").replacen("it-", "watch-", 1),
            ids,
            &log,
        );
        let _first = attach(format!("{ids}first"), "it.failure.loop", |_| {
            panic_quietly("first")
        });
        execute!("it.failure.loop");
        assert!(detach(&format!("{ids}first")));

        // Kept, each runs until it rests, on whatever depth; detached, each runs once.
        let runs = runs.load(Ordering::Relaxed);
        assert!((20..=20 * 40).contains(&runs), "{runs}");
        let left = list_handlers(HANDLER_FAILURE)
            .iter()
            .filter(|row| row.id.starts_with(ids))
            .count();
        assert_eq!(
            left,
            if on_failure == FailurePolicy::Keep {
                failing.len()
            } else {
                0
            }
        );
        let lines = log.take();
        assert!(
            lines
                .iter()
                .any(|line| line.contains(&format!("handler_id={ids}first")))
        );
        assert!(
            lines
                .iter()
                .any(|line| line.contains(&format!("handler_id={ids}0")))
        );
    }
}
