//! Jobs, from being handed in to their end, with the events that tell of it.

use std::time::Duration;

use telemetry::testing::{Capture, assert_emitted, assert_not_emitted, capture};
use telemetry::{Number, OwnedEvent, SpanContext};

use super::{End, Fault, Figures, Kind, Refused, Settings, Tasks, Work};
use crate::store::Store;

const DEADLINE: Duration = Duration::from_secs(20);

/// So that no test waits long.
fn quick(fail_percent: u8) -> Settings {
    Settings {
        first_delay: Duration::from_millis(5),
        fail_percent,
        ..Settings::default()
    }
}

async fn start(settings: Settings) -> (Capture, Work, Tasks) {
    let events = capture("demo.jobs.*");
    let store = Store::open("sqlite::memory:").await.expect("a database");
    let (work, tasks) = Work::start(store, settings).expect("a name");
    (events, work, tasks)
}

/// What the ends of attempts say, in the order in which they came.
fn ends(events: &Capture) -> Vec<(u64, String)> {
    let ends = events.events().into_iter().filter_map(|event| {
        let is_end = matches!(
            event.name(),
            "demo.jobs.attempt.stop" | "demo.jobs.attempt.exception"
        );
        is_end.then(|| {
            let attempt = event.measurement("attempts").and_then(Number::as_u64);
            let outcome = event.metadata("outcome").expect("an outcome");
            (attempt.expect("a number"), outcome.to_string())
        })
    });
    ends.collect()
}

fn told(ends: &[(u64, &str)]) -> Vec<(u64, String)> {
    let owned = ends.iter().map(|(n, outcome)| (*n, (*outcome).to_owned()));
    owned.collect()
}

#[tokio::test]
async fn a_job_that_goes_well_is_done_once() {
    let (events, work, tasks) = start(quick(0)).await;
    work.enqueue(Kind::Flaky, "mine", 1).unwrap();
    assert_eq!(tasks.stop(DEADLINE).await, 0);
    assert_emitted!(events, "demo.jobs.enqueued", {}, { queue: "default", worker: "flaky" });
    assert_eq!(ends(&events), told(&[(1, "ok")]));
    for never in ["retried", "discarded", "dropped", "refused"] {
        assert_not_emitted!(events, format!("demo.jobs.{never}"));
    }
    let results = work.results();
    assert_eq!(results.len(), 1);
    assert_eq!(results[0].end, End::Done("went well".to_owned()));
    assert_eq!(&*results[0].label, "mine");
}

#[tokio::test]
async fn a_job_that_fails_is_tried_again_later_and_later_and_then_given_up() {
    let (events, work, tasks) = start(quick(100)).await;
    work.enqueue(Kind::Flaky, "", 1).unwrap();
    assert_eq!(tasks.stop(DEADLINE).await, 0);
    assert_eq!(
        ends(&events),
        told(&[(1, "error"), (2, "error"), (3, "error")])
    );
    let delays: Vec<_> = events
        .named("demo.jobs.retried")
        .iter()
        .map(delay)
        .collect();
    assert_eq!(delays, [5, 10].map(|ms| Some(Duration::from_millis(ms))));
    assert_emitted!(events, "demo.jobs.discarded", { attempts: 3 }, { worker: "flaky" });
    let ends: Vec<_> = work
        .results()
        .into_iter()
        .map(|result| result.end)
        .collect();
    let again = |ms| End::Again(Fault::Flaky, Duration::from_millis(ms));
    assert_eq!(ends, [End::GivenUp(Fault::Flaky), again(10), again(5)]);
}

fn delay(event: &OwnedEvent) -> Option<Duration> {
    event.measurement("delay")?.as_duration()
}

#[tokio::test]
async fn a_job_that_panics_is_given_up_at_once_and_hurts_nobody() {
    let settings = Settings {
        workers: 1,
        ..quick(0)
    };
    let (events, work, tasks) = start(settings).await;
    work.enqueue(Kind::Crash, "", 3).unwrap();
    work.enqueue(Kind::ResizeImage, "", 1).unwrap();
    assert_eq!(tasks.stop(DEADLINE).await, 0);
    let panic = (1, "panic");
    assert_eq!(ends(&events), told(&[panic, panic, panic, (1, "ok")]));
    assert_eq!(events.named("demo.jobs.discarded").len(), 3);
    assert_not_emitted!(events, "demo.jobs.retried");
    assert_eq!(work.results()[1].end, End::GivenUp(Fault::Panic));
}

#[tokio::test]
async fn an_attempt_that_takes_too_long_is_cancelled_and_made_again() {
    let settings = Settings {
        patience: Duration::from_millis(1),
        attempts: 2,
        ..quick(0)
    };
    let (events, work, tasks) = start(settings).await;
    work.enqueue(Kind::ResizeImage, "", 1).unwrap();
    assert_eq!(tasks.stop(DEADLINE).await, 0);
    assert_eq!(ends(&events), told(&[(1, "cancelled"), (2, "cancelled")]));
    assert_eq!(work.results()[0].end, End::GivenUp(Fault::Timeout));
}

#[tokio::test]
async fn there_is_room_for_so_many_and_a_job_that_waits_to_be_tried_again_keeps_its_place() {
    let settings = Settings {
        places: 3,
        first_delay: Duration::from_secs(3600),
        ..quick(100)
    };
    let (events, work, tasks) = start(settings).await;
    assert_eq!(work.enqueue(Kind::Flaky, "", 4), Err(Refused::Full));
    assert_not_emitted!(events, "demo.jobs.enqueued");
    assert_emitted!(events, "demo.jobs.refused", { jobs: 4 }, { worker: "flaky", reason: "full" });

    assert_eq!(work.enqueue(Kind::Flaky, "", 3), Ok(()));
    let all = events.wait_for_count("demo.jobs.retried", 3, DEADLINE);
    all.await.expect("all have failed once");
    assert_eq!(work.enqueue(Kind::ResizeImage, "", 1), Err(Refused::Full));
    let figures = Figures {
        waiting: 3,
        running: 0,
        limit: 3,
    };
    assert_eq!(work.figures(), figures);

    // Nobody waits an hour for them when the application ends.
    assert_eq!(tasks.stop(Duration::from_millis(20)).await, 3);
    assert_eq!(events.named("demo.jobs.dropped").len(), 3);
    assert_eq!((work.figures().waiting, work.figures().running), (0, 0));
    assert_eq!(
        work.enqueue(Kind::ResizeImage, "", 1),
        Err(Refused::Stopping)
    );
}

#[tokio::test]
async fn what_is_not_done_in_time_is_cancelled_or_dropped_and_nothing_is_left() {
    let settings = Settings {
        workers: 2,
        ..quick(0)
    };
    let (events, work, tasks) = start(settings).await;
    work.enqueue(Kind::SendReport, "", 10).unwrap();
    let begun = events.wait_for_count("demo.jobs.attempt.start", 2, DEADLINE);
    begun.await.expect("there are two workers");
    assert_eq!(tasks.stop(Duration::ZERO).await, 10);
    let cancelled = (1, "cancelled");
    assert_eq!(ends(&events), told(&[cancelled, cancelled]));
    assert_eq!(events.named("demo.jobs.dropped").len(), 8);
    assert_eq!((work.figures().waiting, work.figures().running), (0, 0));
}

#[tokio::test]
async fn all_attempts_are_below_the_span_that_asked_for_the_job() {
    let (events, work, tasks) = start(quick(100)).await;
    let request = SpanContext::new_root();
    request
        .in_scope(|| work.enqueue(Kind::Flaky, "", 1))
        .unwrap();
    assert_eq!(tasks.stop(DEADLINE).await, 0);
    let attempts = events.named("demo.jobs.attempt.stop");
    assert_eq!(attempts.len(), 3);
    for attempt in attempts {
        let span = attempt.span().expect("a span");
        assert_eq!(span.parent(), Some(request));
    }
    for result in work.results() {
        assert_eq!(result.trace_id, Some(request.trace_id()));
    }
}

#[tokio::test]
async fn the_gauges_say_what_is_there() {
    let settings = Settings {
        workers: 1,
        ..quick(0)
    };
    let (events, work, tasks) = start(settings).await;
    work.enqueue(Kind::SendReport, "", 3).unwrap();
    work.emit_gauges();
    assert_emitted!(events, "demo.jobs.queue", { depth: 3, running: 0 }, { queue: "default" });
    assert_eq!(work.in_channel(), Some((3, 100)));
    let begun = events.wait_for("demo.jobs.attempt.start", DEADLINE);
    begun.await.expect("a worker begins");
    work.emit_gauges();
    assert_emitted!(events, "demo.jobs.queue", { depth: 2, running: 1 }, { queue: "default" });
    drop(tasks);
}
