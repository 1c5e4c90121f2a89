//! Whose child an attempt is.

use std::time::Duration;

use telemetry::testing::capture;
use telemetry::{OwnedEvent, SpanContext, span};
use telemetry_jobs::Jobs;

use crate::support::{observed, one, text};

fn context(event: &OwnedEvent) -> SpanContext {
    event.context().unwrap()
}

fn parent(event: &OwnedEvent) -> Option<SpanContext> {
    event.span().unwrap().parent()
}

#[test]
fn all_attempts_are_children_of_the_span_that_enqueued_the_job() {
    let (events, _jobs, queue) = observed("traces.child");
    let (request, ticket) = {
        let span = span!("traces.child.request");
        let context = span.context().unwrap();
        (context, span.in_scope(|| queue.enqueued("Work")))
    };
    assert_eq!(ticket.context(), Some(request));
    assert_eq!(context(&one(&events, "enqueued")), request);

    // The worker has a span of its own, which has nothing to do with the job.
    span!("traces.child.worker").in_scope(|| {
        let mut attempt = ticket.start();
        let first = attempt.context().unwrap();
        attempt.in_scope(|| assert_eq!(SpanContext::current(), Some(first)));
        let mut attempt = attempt.retry(Duration::ZERO).start();
        let second = attempt.context().unwrap();
        assert_ne!(first.span_id(), second.span_id());
        attempt.in_scope(|| ());
        attempt.discard();
        assert_eq!(context(&one(&events, "retried")), first);
        assert_eq!(context(&one(&events, "discarded")), second);
    });
    let attempts = events.named("traces.child.attempt.*");
    assert_eq!(attempts.len(), 4);
    for event in attempts {
        assert_eq!(parent(&event), Some(request));
        assert_eq!(context(&event).trace_id(), request.trace_id());
        assert!(event.metadata("link").is_none());
    }
}

#[test]
fn what_a_job_leaves_behind_is_in_its_trace() {
    let (events, jobs, queue) = observed("traces.chain");
    let other = jobs.queue("other_queue");
    let ticket = span!("traces.chain.request").in_scope(|| queue.enqueued("First"));
    let trace = ticket.context().unwrap().trace_id();
    let next = ticket.start().in_scope(|| other.enqueued("Second"));
    drop(next.start());
    for event in events.events() {
        assert_eq!(context(&event).trace_id(), trace);
    }
}

#[test]
fn a_job_from_nowhere_stays_one_trace() {
    let (events, _jobs, queue) = observed("traces.nowhere");
    let ticket = queue.enqueued("Work");
    assert_eq!(ticket.context(), None);
    span!("traces.nowhere.worker").in_scope(|| {
        let attempt = ticket.start();
        let first = attempt.context().unwrap();
        attempt
            .retry(Duration::ZERO)
            .start()
            .retry(Duration::ZERO)
            .start()
            .finish();
        let starts = events.named("traces.nowhere.attempt.start");
        let parents: Vec<_> = starts.iter().map(parent).collect();
        assert_eq!(parents, [None, Some(first), Some(first)]);
    });
}

#[test]
fn linked_attempts_begin_a_trace_each() {
    let events = capture("traces.linked.*").everywhere();
    let queue = Jobs::linked("traces.linked").unwrap().queue("q");
    let request = span!("traces.linked.request");
    let enqueuer = request.context().unwrap();
    let ticket = request.in_scope(|| queue.enqueued("Work"));
    ticket.start().retry(Duration::ZERO).start().finish();
    let attempts = events.named("traces.linked.attempt.*");
    assert_eq!(attempts.len(), 4);
    for event in &attempts {
        assert_eq!(parent(event), None);
        assert_ne!(context(event).trace_id(), enqueuer.trace_id());
        assert_eq!(text(event, "link"), enqueuer.traceparent().as_str());
    }
    assert_ne!(
        context(&attempts[0]).trace_id(),
        context(&attempts[2]).trace_id()
    );
}

#[test]
fn attempts_that_nobody_observes_hand_on_the_enqueuer() {
    let _request = capture("traces.handed.request.stop");
    let queue = Jobs::new("traces.handed").unwrap().queue("q");
    let request = span!("traces.handed.request");
    let enqueuer = request.context();
    let mut attempt = request.in_scope(|| queue.enqueued("Work")).start();
    assert_eq!(attempt.context(), enqueuer);
    attempt.in_scope(|| assert_eq!(SpanContext::current(), enqueuer));
}

#[test]
fn a_lost_job_is_said_in_the_span_that_enqueued_it() {
    let (events, _jobs, queue) = observed("traces.lost");
    let ticket = span!("traces.lost.request").in_scope(|| queue.enqueued("Work"));
    let enqueuer = ticket.context();
    drop(ticket);
    assert_eq!(one(&events, "dropped").context(), enqueuer);
}
