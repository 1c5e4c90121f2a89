//! Cases of the area `handler failure`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, mpsc};
use std::thread;

use telemetry::{
    AttachGuard, AttachOptions, FailurePolicy, HANDLER_FAILURE, Value, attach, attach_with, detach,
    execute, list_handlers,
};

use crate::support::{DEADLINE, Log, OnDrop, failures, panic_quietly, unstuck};

/// Attaches under the original's policy.
fn attach_detaching(
    id: &str,
    events: &[&str],
    handler: impl Fn(&telemetry::Event<'_>) + Send + Sync + 'static,
) -> AttachGuard {
    let options = AttachOptions::new().on_failure(FailurePolicy::Detach);
    attach_with(id, events, options, handler).unwrap().guard()
}

/// Writes the id of each handler whose failure is reported, if it begins with `ids`.
fn watch(id: &str, ids: &'static str, log: &Log) -> AttachGuard {
    let log = log.clone();
    attach(id, HANDLER_FAILURE, move |event| {
        let failed = event
            .metadata("handler_id")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if failed.starts_with(ids) {
            let reason = event.metadata("reason").unwrap_or_default();
            log.push(format!(
                "{failed}: {reason}, {}",
                list_handlers("v.fail001").len()
            ));
        }
    })
    .unwrap()
    .guard()
}

#[test]
fn fail_001_detached_then_reported_then_the_others_run() {
    let log = Log::new();
    let _f = watch("watch-fail-001", "v-fail-001-", &log);
    let _a = attach_detaching("v-fail-001-a", &["v.fail001"], |_| panic_quietly("error"));
    let _b = attach("v-fail-001-b", "v.fail001", log.writes("b"))
        .unwrap()
        .guard();
    execute!("v.fail001");
    // One is left when the failure is reported: detaching comes first.
    assert_eq!(log.take(), ["v-fail-001-a: error, 1", "b"]);
}

#[test]
fn fail_001_by_default_it_is_kept() {
    let _a = attach("v-fail-kept-001", "v.fail001kept", |_| {
        panic_quietly("error")
    })
    .unwrap()
    .guard();
    execute!("v.fail001kept");
    assert_eq!(failures("v-fail-kept-001"), 1);
}

#[test]
fn fail_002_whatever_is_thrown_is_a_panic() {
    let log = Log::new();
    let _f = watch("watch-fail-002", "v-fail-002-", &log);
    let _a = attach_detaching("v-fail-002-a", &["v.fail002"], |_| panic_quietly([1, 2, 3]));
    execute!("v.fail002");
    assert_eq!(log.len(), 1);
    assert_eq!(list_handlers("v.fail002"), []);
}

#[test]
fn fail_004_a_failure_on_one_event_detaches_from_all() {
    let events = ["v.fail004.a", "v.fail004.c"];
    let _a = attach_detaching("v-fail-004", &events, |_| panic_quietly("error"));
    execute!("v.fail004.a");
    assert_eq!(list_handlers("v.fail004"), []);
}

#[test]
fn fail_005_a_failing_failure_handler_is_reported_to_the_others_and_that_ends() {
    let log = Log::new();
    let ids = "v-fail-005-";
    let _f1 = attach_detaching("v-fail-005-f1", &[HANDLER_FAILURE], move |event| {
        let failed = event.metadata("handler_id").and_then(Value::as_str);
        if failed.is_some_and(|failed| failed.starts_with(ids)) {
            panic_quietly("f1");
        }
    });
    let _f2 = watch("watch-fail-005", ids, &log);
    let _a = attach_detaching("v-fail-005-a", &["v.fail005"], |_| panic_quietly("a"));
    execute!("v.fail005");
    let reported: Vec<_> = log
        .take()
        .iter()
        .filter_map(|line| Some(line.split_once(',')?.0.to_owned()))
        .collect();
    assert_eq!(reported, ["v-fail-005-f1: f1", "v-fail-005-a: a"]);
    assert!(
        !list_handlers("").iter().any(|row| row.id.starts_with(ids)),
        "only f2 is left"
    );
}

#[test]
fn fail_007_a_handler_that_failed_once_goes_on() {
    let log = Log::new();
    let seen = log.clone();
    let table_is_there = AtomicBool::new(false);
    let _guard = attach("v-fail-007", "v.fail007", move |_| {
        if !table_is_there.swap(true, Ordering::Relaxed) {
            panic_quietly("no table yet");
        }
        seen.push("ran");
    })
    .unwrap()
    .guard();
    for _ in 0..3 {
        execute!("v.fail007");
    }
    assert_eq!(log.take(), ["ran", "ran"]);
    assert_eq!(failures("v-fail-007"), 1);
}

#[test]
fn fail_008_a_stuck_user_of_the_registry_does_not_hold_up_a_failure() {
    unstuck(|| {
        // A destructor that is stuck in the middle of `detach`.
        let (entered, has_entered) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        let released = Mutex::new(released);
        let stuck = OnDrop::new(move || {
            entered.send(()).unwrap();
            released.lock().unwrap().recv_timeout(DEADLINE).unwrap();
        });
        attach("v-fail-008-stuck", "v.fail008", move |_| {
            let _ = &stuck;
        })
        .unwrap();
        let detaching = thread::spawn(|| detach("v-fail-008-stuck"));
        has_entered.recv_timeout(DEADLINE).unwrap();

        let _a = attach_detaching("v-fail-008", &["v.fail008"], |_| panic_quietly("error"));
        execute!("v.fail008");
        assert_eq!(list_handlers("v.fail008"), []);
        assert!(!detaching.is_finished(), "it is still stuck");
        release.send(()).unwrap();
        assert!(detaching.join().unwrap());
    });
}
