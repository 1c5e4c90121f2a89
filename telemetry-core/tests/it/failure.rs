//! Handlers that panic: nobody else notices, and nobody can overlook it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use telemetry::{
    AttachGuard, AttachOptions, Event, FailurePolicy, HANDLER_FAILURE, Number, attach, attach_many,
    detach, execute, list_handlers,
};

use crate::support::{Log, OnDrop, catch, failures, in_own_process, line, panic_quietly, row};

/// Writes the failure events about handlers whose id begins with `ids`: the event is global, so
/// other tests' failures go by, too.
pub(crate) fn watch(id: &str, ids: &'static str, log: &Log) -> AttachGuard {
    let log = log.clone();
    attach(id, HANDLER_FAILURE, move |event| {
        if is_about(event, ids) {
            log.push(line(event));
        }
    })
    .unwrap()
    .guard()
}

pub(crate) fn is_about(event: &Event<'_>, ids: &str) -> bool {
    let id = event
        .metadata("handler_id")
        .and_then(telemetry::Value::as_str);
    id.is_some_and(|id| id.starts_with(ids))
}

pub(crate) fn policy(on_failure: FailurePolicy) -> AttachOptions {
    AttachOptions::new().on_failure(on_failure)
}

#[test]
fn neither_the_emitter_nor_the_other_handlers_notice() {
    let log = Log::new();
    let event = "it.failure.isolated";
    let _guards = [
        attach("it-failure-isolated-1", event, log.writes("first"))
            .unwrap()
            .guard(),
        attach("it-failure-isolated-2", event, |_| {
            panic_quietly("on purpose")
        })
        .unwrap()
        .guard(),
        attach("it-failure-isolated-3", event, log.writes("third"))
            .unwrap()
            .guard(),
    ];
    let emit = || execute!("it.failure.isolated");
    emit();
    emit();
    assert_eq!(log.take(), ["first", "third", "first", "third"]);
    assert_eq!(
        failures("it-failure-isolated-2"),
        2,
        "it is kept, and counted"
    );
}

#[test]
fn the_failure_event_says_who_failed_where_and_why() {
    let log = Log::new();
    let times = log.clone();
    let _watch = watch("it-failure-says-watch", "it-failure-says-", &log);
    let _times = attach("it-failure-says.times", HANDLER_FAILURE, move |event| {
        if is_about(event, "it-failure-says-") {
            let time = |key| {
                event
                    .measurement(key)
                    .and_then(Number::as_duration)
                    .unwrap()
            };
            assert!(time("monotonic_time") < Duration::from_secs(3600));
            assert!(time("system_time") > Duration::from_secs(1_700_000_000));
            times.push("times");
        }
    })
    .unwrap()
    .guard();
    let _guard = attach("it-failure-says-1", "it.failure.says", |_| {
        panic_quietly("oops")
    })
    .unwrap()
    .guard();
    execute!("it.failure.says");
    assert_eq!(
        log.take(),
        [
            "telemetry.handler.failure failures=1 monotonic_time system_time | \
             handler_id=it-failure-says-1 event_name=it.failure.says kind=panic reason=oops \
             detached=false",
            "times"
        ]
    );
}

#[test]
fn the_reason_is_the_panics_message_whatever_its_type() {
    let log = Log::new();
    let seen = log.clone();
    let _watch = attach("it-failure-reason-watch", HANDLER_FAILURE, move |event| {
        if is_about(event, "it-failure-reason-") {
            seen.push(event.metadata("reason").unwrap_or_default().to_string());
        }
    })
    .unwrap()
    .guard();
    let failing = |id: &str, fail: fn()| {
        let _guard = attach(id, "it.failure.reason", move |_| fail())
            .unwrap()
            .guard();
        execute!("it.failure.reason");
    };
    failing("it-failure-reason-1", || panic_quietly("static"));
    failing("it-failure-reason-2", || {
        panic_quietly(format!("made {}", 7))
    });
    failing("it-failure-reason-3", || panic_quietly(7u8));
    failing("it-failure-reason-4", || panic_quietly(""));
    failing("it-failure-reason-5", || panic!("with the {}", "hook"));
    assert_eq!(
        log.take(),
        [
            "static",
            "made 7",
            "a panic without a message",
            "",
            "with the hook"
        ]
    );
}

#[test]
fn a_payload_whose_destructor_panics_is_isolated_too() {
    let test = "failure::a_payload_whose_destructor_panics_is_isolated_too";
    in_own_process(test, || {
        struct Again(u8);
        impl Drop for Again {
            fn drop(&mut self) {
                if self.0 > 0 {
                    panic_quietly(Again(self.0 - 1));
                }
            }
        }
        let log = Log::new();
        let _guards = [
            attach("it-failure-payload-1", "it.failure.payload", |_| {
                panic_quietly(Again(3))
            }),
            attach(
                "it-failure-payload-2",
                "it.failure.payload",
                log.writes("next"),
            ),
        ]
        .map(|attached| attached.unwrap().guard());
        // Reported at the first and second failure, not at the third.
        for _ in 0..3 {
            execute!("it.failure.payload");
        }
        assert_eq!(log.take(), ["next"; 3]);
        assert_eq!(failures("it-failure-payload-1"), 3);
    });
}

#[test]
fn a_handler_may_fail_while_the_emitter_unwinds() {
    let test = "failure::a_handler_may_fail_while_the_emitter_unwinds";
    in_own_process(test, || {
        let log = Log::new();
        let _watch = watch("it-failure-unwind-watch", "it-failure-unwind-", &log);
        let _guard = attach("it-failure-unwind-1", "it.failure.unwind", |_| {
            panic!("the handler's")
        })
        .unwrap();
        let panic = catch(|| {
            let _emits = OnDrop::new(|| execute!("it.failure.unwind"));
            panic!("the emitter's");
        });
        assert_eq!(panic.unwrap_err().downcast_ref(), Some(&"the emitter's"));
        assert_eq!(failures("it-failure-unwind-1"), 1);
        assert_eq!(log.len(), 1);
    });
}

#[test]
fn every_doubling_of_the_failures_is_reported() {
    let log = Log::new();
    let seen = log.clone();
    let _watch = attach("it-failure-double-watch", HANDLER_FAILURE, move |event| {
        if is_about(event, "it-failure-double-") {
            seen.push(event.measurement("failures").unwrap().to_string());
        }
    })
    .unwrap()
    .guard();
    let _guard = attach("it-failure-double-1", "it.failure.double", |event| {
        assert_eq!(
            event.metadata_is("fail", true),
            event.measurement("n").is_some()
        );
        if event.metadata_is("fail", true) {
            panic_quietly("on purpose");
        }
    })
    .unwrap()
    .guard();
    for n in 0..40 {
        execute!("it.failure.double", { n }, { fail: true });
        // A success in between, so that it is not put to rest.
        execute!("it.failure.double", {}, { fail: false });
    }
    assert_eq!(failures("it-failure-double-1"), 40);
    assert_eq!(log.take(), ["1", "2", "4", "8", "16", "32"]);
}

#[test]
fn after_five_failures_in_a_row_a_handler_rests_and_the_list_shows_it() {
    let runs = Arc::new(AtomicU32::new(0));
    let counted = runs.clone();
    let log = Log::new();
    let _other = attach("it-failure-rest-2", "it.failure.rest", log.writes("other"))
        .unwrap()
        .guard();
    let events = ["it.failure.rest", "it.failure.rest.too"];
    let _guard = attach_many("it-failure-rest", events, move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
        panic_quietly("on purpose");
    })
    .unwrap()
    .guard();
    let emit = || execute!("it.failure.rest");
    for _ in 0..4 {
        emit();
        assert!(
            list_handlers("it.failure.rest")
                .iter()
                .all(|row| row.resting_until.is_none())
        );
    }
    emit();
    // Measured from here on: on a machine that is busy a second may go by.
    let rested = Instant::now();
    let until = list_handlers("it.failure.rest.too")[0].resting_until;
    let until = until.expect("it rests on all of its events");
    assert!(until <= rested + Duration::from_secs(1));
    emit();
    execute!("it.failure.rest.too");
    if rested.elapsed() < Duration::from_millis(500) {
        assert_eq!(runs.load(Ordering::Relaxed), 5, "it is skipped");
        assert_eq!(failures("it-failure-rest"), 5);
    }
    assert_eq!(log.take(), ["other"; 6]);
}

#[test]
fn a_success_ends_the_row() {
    let _guard = attach("it-failure-row", "it.failure.row", |event| {
        if event.metadata_is("fail", true) {
            panic_quietly("on purpose");
        }
    })
    .unwrap()
    .guard();
    for n in 0..20 {
        execute!("it.failure.row", {}, { fail: n % 5 != 4 });
    }
    let row = row("it-failure-row").unwrap();
    assert_eq!((row.failures, row.resting_until), (16, None));
}

#[test]
fn a_handler_that_fails_after_detaching_itself_is_still_reported() {
    let log = Log::new();
    let _watch = watch("it-failure-gone-watch", "it-failure-gone-", &log);
    attach("it-failure-gone-1", "it.failure.gone", |_| {
        detach("it-failure-gone-1");
        panic_quietly("on purpose");
    })
    .unwrap();
    execute!("it.failure.gone");
    assert_eq!(log.len(), 1);
    assert!(row("it-failure-gone-1").is_none());
}
