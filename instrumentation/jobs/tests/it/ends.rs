//! However an attempt ends, there is one event about it, and nothing is left that counts as running.

use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use futures_util::FutureExt;
use telemetry::OwnedEvent;
use telemetry_jobs::{Attempt, Queue};

use crate::support::{EXPECTED, assert_idle, names, number, observed, one, quiet, text, time};

/// Begins with a job, lets it end, looks at what was said, and answers the last event.
fn ends(prefix: &str, outcome: &str, end: impl FnOnce(Attempt, &Queue)) -> OwnedEvent {
    quiet();
    let (events, _jobs, queue) = observed(prefix);
    let ticket = queue.enqueued("Work");
    assert_eq!((queue.waiting(), queue.running()), (1, 0));
    let attempt = ticket.start();
    assert_eq!((queue.waiting(), queue.running()), (0, 1));
    end(attempt, &queue);
    assert_idle(&queue);

    let last = if outcome == "panic" {
        "exception"
    } else {
        "stop"
    };
    assert_eq!(names(&events), ["enqueued", "start", last]);
    for event in ["start", last] {
        let event = one(&events, event);
        assert_eq!(
            (text(&event, "queue"), text(&event, "worker")),
            ("q".into(), "Work".into())
        );
        assert!(event.metadata_is("attempt", 1));
    }
    let end = one(&events, last);
    assert_eq!(text(&end, "outcome"), outcome);
    assert_eq!(number(&end, "attempts"), 1);
    assert!(time(&end, "queue_time") < Duration::from_secs(60));
    assert!(end.measurement("duration").is_some());
    end
}

fn failing() -> Result<(), &'static str> {
    Err("no such address")
}

#[tokio::test]
async fn a_future_that_is_ready_is_ok() {
    let (events, _jobs, queue) = observed("ends.future");
    let answer = queue.enqueued("Work").start().run(async { 7 }).await;
    assert_eq!(answer, 7);
    assert_idle(&queue);
    assert_eq!(text(&one(&events, "stop"), "outcome"), "ok");
}

#[test]
fn a_future_that_answers_an_error_is_an_error() {
    let stop = ends("ends.future_error", "error", |mut attempt, _| {
        let result = attempt.run_result(async { failing() }).now_or_never();
        assert_eq!(result, Some(failing()));
    });
    assert_eq!(text(&stop, "reason"), "no such address");
}

#[test]
fn a_future_that_answers_ok_is_ok() {
    ends("ends.future_ok", "ok", |mut attempt, _| {
        attempt
            .run_result(async { Ok::<_, String>(()) })
            .now_or_never()
            .unwrap()
            .unwrap();
    });
}

#[test]
fn a_future_that_panics_is_a_panic_before_it_is_dropped() {
    let exception = ends("ends.future_panic", "panic", |mut attempt, queue| {
        let mut work = Box::pin(attempt.run(async { panic!("{EXPECTED}") }));
        let panicked = catch_unwind(AssertUnwindSafe(|| work.as_mut().now_or_never()));
        assert!(panicked.is_err());
        assert_eq!(queue.running(), 0);
        drop(work);
    });
    assert_eq!(text(&exception, "reason"), EXPECTED);
}

#[test]
fn a_future_that_is_dropped_half_way_was_cancelled() {
    ends(
        "ends.future_cancelled",
        "cancelled",
        |mut attempt, queue| {
            let mut work = Box::pin(attempt.run(pending::<()>()));
            assert!(work.as_mut().now_or_never().is_none());
            assert_eq!(queue.running(), 1);
            drop(work);
        },
    );
}

#[test]
fn a_future_that_is_never_polled_was_cancelled() {
    ends("ends.future_unpolled", "cancelled", |mut attempt, _| {
        drop(attempt.run(async {}));
    });
}

#[test]
fn a_closure_ends_as_a_future_does() {
    ends("ends.closure", "ok", |mut attempt, queue| {
        attempt.in_scope(|| assert_eq!(queue.running(), 1));
    });
    ends("ends.closure_ok", "ok", |mut attempt, _| {
        attempt.in_scope_result(|| Ok::<_, String>(())).unwrap();
    });
    ends("ends.closure_error", "error", |mut attempt, _| {
        assert_eq!(attempt.in_scope_result(failing), failing());
    });
    ends("ends.closure_panic", "panic", |mut attempt, _| {
        let work = || attempt.in_scope(|| panic!("{EXPECTED}"));
        assert!(catch_unwind(AssertUnwindSafe(work)).is_err());
    });
}

#[test]
fn an_attempt_ended_by_hand_is_ok_or_an_error() {
    ends("ends.finished", "ok", |attempt, _| attempt.finish());
    ends("ends.failed", "error", |attempt, _| {
        attempt.fail("no such address");
        attempt.finish();
    });
}

#[test]
fn an_attempt_that_is_dropped_was_cancelled() {
    ends("ends.dropped", "cancelled", |attempt, _| drop(attempt));
}

#[test]
fn an_attempt_dropped_by_a_panic_is_a_panic() {
    ends("ends.unwound", "panic", |attempt, _| {
        let unwound = catch_unwind(AssertUnwindSafe(|| {
            let _attempt = attempt;
            panic!("{EXPECTED}");
        }));
        assert!(unwound.is_err());
    });
}

#[test]
fn what_is_run_after_the_work_is_run_and_not_observed() {
    ends("ends.twice", "ok", |mut attempt, _| {
        attempt.in_scope(|| ());
        assert_eq!(attempt.in_scope(|| 7), 7);
        assert_eq!(attempt.in_scope_result(failing), failing());
        assert_eq!(attempt.run(async { 8 }).now_or_never(), Some(8));
        attempt.fail("too late");
        attempt.finish();
    });
}

#[test]
fn the_handle_decorates_from_inside() {
    let stop = ends("ends.handle", "error", |mut attempt, _| {
        let handle = attempt.handle();
        attempt.in_scope(|| {
            handle.measure("mails", 3);
            handle.set("provider", "acme");
            handle.fail("one of them bounced");
        });
    });
    assert_eq!(number(&stop, "mails"), 3);
    assert_eq!(text(&stop, "provider"), "acme");
    assert_eq!(text(&stop, "reason"), "one of them bounced");
}

#[test]
fn who_sees_the_end_finds_nothing_running() {
    quiet();
    let jobs = telemetry_jobs::Jobs::new("ends.seen").unwrap();
    let queue = jobs.queue("q");
    let (sender, seen) = std::sync::mpsc::channel();
    let watched = queue.clone();
    let events = [
        "ends.seen.attempt.stop",
        "ends.seen.attempt.exception",
        "ends.seen.dropped",
    ];
    let attached = telemetry::attach_many("ends.seen", events, move |_| {
        sender.send((watched.waiting(), watched.running())).unwrap();
    });
    let _guard = attached.unwrap().guard();
    let start = || queue.enqueued("Work").start();

    drop(start());
    start().finish();
    start().in_scope(|| ());
    start().run(async {}).now_or_never();
    drop(start().run(async {}));
    let _ = catch_unwind(|| start().in_scope(|| panic!("{EXPECTED}")));
    let _ = catch_unwind(|| start().run(async { panic!("{EXPECTED}") }).now_or_never());
    drop(queue.enqueued("Work"));
    assert_eq!(seen.try_iter().collect::<Vec<_>>(), [(0, 0); 8]);
}
