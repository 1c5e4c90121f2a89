//! Jobs that take several attempts, and what is said about them in between.

use std::time::Duration;

use telemetry::testing::capture;

use crate::support::{EXPECTED, assert_idle, names, number, observed, one, quiet, text, time};

#[test]
fn a_job_that_fails_twice_has_three_attempts() {
    let (events, _jobs, queue) = observed("retries.thrice");
    let mut ticket = queue.enqueued("Charge");
    for expected in 1..=2 {
        let mut attempt = ticket.start();
        assert_eq!(attempt.number(), expected);
        let declined = attempt.in_scope_result(|| Err::<(), _>("declined"));
        declined.unwrap_err();
        ticket = attempt.retry(Duration::ZERO);
        assert_eq!((queue.waiting(), queue.running()), (1, 0));
    }
    let mut attempt = ticket.start();
    assert_eq!(attempt.number(), 3);
    attempt.in_scope_result(|| Ok::<_, &str>(())).unwrap();
    assert_idle(&queue);
    assert_eq!(
        names(&events),
        [
            "enqueued", "start", "stop", "retried", "start", "stop", "retried", "start", "stop"
        ]
    );
    let stops = events.named("retries.thrice.attempt.stop");
    let outcomes: Vec<_> = stops.iter().map(|stop| text(stop, "outcome")).collect();
    assert_eq!(outcomes, ["error", "error", "ok"]);
    let numbers: Vec<_> = stops.iter().map(|stop| number(stop, "attempts")).collect();
    assert_eq!(numbers, [1, 2, 3]);
    let retried = events.named("retries.thrice.retried");
    assert_eq!(number(&retried[1], "attempts"), 2);
    assert_eq!(text(&retried[1], "worker"), "Charge");
}

#[test]
fn a_job_given_up_is_discarded_and_counts_nowhere() {
    let (events, _jobs, queue) = observed("retries.discarded");
    let mut attempt = queue.enqueued("Charge").start();
    attempt
        .in_scope_result(|| Err::<(), _>("declined"))
        .unwrap_err();
    attempt.discard();
    assert_idle(&queue);
    assert_eq!(names(&events), ["enqueued", "start", "stop", "discarded"]);
    let discarded = one(&events, "discarded");
    assert_eq!(number(&discarded, "attempts"), 1);
    assert_eq!(text(&discarded, "queue"), "q");
}

#[test]
fn an_attempt_retried_or_discarded_unrun_ends_first() {
    let (events, _jobs, queue) = observed("retries.unrun");
    let ticket = queue.enqueued("Charge").start().retry(Duration::ZERO);
    assert_eq!((queue.waiting(), queue.running()), (1, 0));
    ticket.start().discard();
    assert_idle(&queue);
    let expected = [
        "enqueued",
        "start",
        "stop",
        "retried",
        "start",
        "stop",
        "discarded",
    ];
    assert_eq!(names(&events), expected);
    for stop in events.named("retries.unrun.attempt.stop") {
        assert_eq!(text(&stop, "outcome"), "cancelled");
    }
}

#[test]
fn the_time_until_a_retry_is_due_is_not_time_in_the_queue() {
    let (events, _jobs, queue) = observed("retries.due");
    let hour = Duration::from_secs(3600);
    queue
        .scheduled("Charge", hour)
        .start()
        .retry(hour)
        .start()
        .finish();
    for stop in events.named("retries.due.attempt.stop") {
        assert_eq!(time(&stop, "queue_time"), Duration::ZERO);
    }
    assert_eq!(time(&one(&events, "enqueued"), "delay"), hour);
    assert_eq!(time(&one(&events, "retried"), "delay"), hour);
}

#[test]
fn an_endless_delay_is_no_panic() {
    let (events, _jobs, queue) = observed("retries.endless");
    let ticket = queue
        .scheduled("Charge", Duration::MAX)
        .start()
        .retry(Duration::MAX);
    let stored = ticket.store();
    queue.restore("Charge", stored).start().finish();
    assert_eq!(events.named("retries.endless.attempt.stop").len(), 2);
    assert_idle(&queue);
}

#[tokio::test]
async fn a_job_that_panicked_in_a_task_is_retried_by_who_waits_for_it() {
    quiet();
    let (events, _jobs, queue) = observed("retries.panicked");
    let mut attempt = queue.enqueued("Charge").start();
    let work = attempt.run(async { panic!("{EXPECTED}") });
    tokio::spawn(work).await.unwrap_err();
    let mut attempt = attempt.retry(Duration::ZERO).start();
    tokio::spawn(attempt.run(async {})).await.unwrap();
    assert_idle(&queue);
    let expected = ["enqueued", "start", "exception", "retried", "start", "stop"];
    assert_eq!(names(&events), expected);
}

#[tokio::test]
async fn a_job_that_took_too_long_is_retried_by_who_did_not_wait() {
    let (events, _jobs, queue) = observed("retries.timeout");
    let mut attempt = queue.enqueued("Charge").start();
    let work = attempt.run(std::future::pending::<()>());
    tokio::time::timeout(Duration::ZERO, work)
        .await
        .unwrap_err();
    let ticket = attempt.retry(Duration::ZERO);
    assert_eq!(ticket.attempt(), 2);
    assert_eq!(text(&one(&events, "stop"), "outcome"), "cancelled");
    ticket.start().finish();
    assert_idle(&queue);
}

#[test]
fn the_number_of_attempts_does_not_overflow() {
    let stops = capture("retries.many.attempt.stop");
    let jobs = telemetry_jobs::Jobs::new("retries.many").unwrap();
    let text = format!("1.-.{}.-", u32::MAX);
    let ticket = jobs.queue("q").restore("Charge", text.parse().unwrap());
    ticket.start().retry(Duration::ZERO).start().finish();
    assert_eq!(number(&stops.events()[1], "attempts"), u64::from(u32::MAX));
}
