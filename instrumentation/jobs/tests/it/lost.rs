//! Jobs that nobody does: their channel, their runtime or their worker went.

use std::cell::RefCell;
use std::sync::mpsc;

use telemetry::span;
use telemetry_jobs::Ticket;
use tokio::sync::mpsc as async_mpsc;

use crate::support::{DEADLINE, assert_idle, names, number, observed, one, text, time};

#[test]
fn jobs_in_a_channel_that_is_dropped_are_lost_and_said_to_be() {
    let (events, _jobs, queue) = observed("lost.channel");
    let (sender, receiver) = mpsc::channel();
    for number in 0..10 {
        sender.send((queue.enqueued("Send"), number)).unwrap();
    }
    assert_eq!(queue.waiting(), 10);
    drop(receiver);
    assert_idle(&queue);
    assert_eq!(events.named("lost.channel.dropped").len(), 10);
}

#[test]
fn a_job_that_cannot_be_sent_is_lost() {
    let (events, _jobs, queue) = observed("lost.unsent");
    let (sender, receiver) = mpsc::channel();
    drop(receiver);
    sender.send(queue.enqueued("Send")).unwrap_err();
    assert_idle(&queue);
    assert_eq!(names(&events), ["enqueued", "dropped"]);
    let dropped = one(&events, "dropped");
    assert_eq!(
        (text(&dropped, "queue"), text(&dropped, "worker")),
        ("q".into(), "Send".into())
    );
    assert_eq!(number(&dropped, "attempts"), 0);
    assert!(time(&dropped, "queue_time") < DEADLINE);
}

#[test]
fn a_full_queue_gives_the_job_back_with_its_ticket() {
    let (events, _jobs, queue) = observed("lost.full");
    let (sender, _receiver) = mpsc::sync_channel(1);
    sender.try_send(queue.enqueued("Send")).unwrap();
    let Err(mpsc::TrySendError::Full(ticket)) = sender.try_send(queue.enqueued("Send")) else {
        panic!("there was room");
    };
    assert_eq!(queue.waiting(), 2);
    ticket.start().finish();
    assert_eq!(queue.waiting(), 1);
    assert!(events.named("lost.full.dropped").is_empty());
}

#[test]
fn a_runtime_that_is_dropped_cancels_what_runs_and_loses_what_waits() {
    let (events, _jobs, queue) = observed("lost.runtime");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    let (sender, mut receiver) = async_mpsc::unbounded_channel();
    for _ in 0..5 {
        sender.send(queue.enqueued("Send")).unwrap();
    }
    runtime.spawn(async move {
        // Two at a time, and none of them ends.
        let mut running = Vec::new();
        while let Some(ticket) = receiver.recv().await {
            let mut attempt: telemetry_jobs::Attempt = ticket.start();
            running.push(tokio::spawn(async move {
                attempt.run(std::future::pending::<()>()).await;
            }));
            if running.len() == 2 {
                std::future::pending::<()>().await;
            }
        }
    });
    let started = events
        .wait_for_count("lost.runtime.attempt.start", 2, DEADLINE)
        .blocking();
    started.unwrap();
    assert_eq!((queue.waiting(), queue.running()), (3, 2));

    drop(runtime);
    assert_idle(&queue);
    let stops = events.named("lost.runtime.attempt.stop");
    assert_eq!(stops.len(), 2);
    assert!(
        stops
            .iter()
            .all(|stop| stop.metadata_is("outcome", "cancelled"))
    );
    assert_eq!(events.named("lost.runtime.dropped").len(), 3);
}

#[test]
fn a_worker_thread_that_panics_loses_no_count() {
    crate::support::quiet();
    let (events, _jobs, queue) = observed("lost.thread");
    let (sender, receiver) = mpsc::channel();
    for _ in 0..3 {
        sender.send(queue.enqueued("Send")).unwrap();
    }
    let worker = std::thread::spawn(move || {
        for ticket in receiver {
            let failing = |job: u32| assert!(job > 1, "{}", crate::support::EXPECTED);
            ticket.start().in_scope(|| failing(1));
        }
    });
    worker.join().unwrap_err();
    assert_idle(&queue);
    assert_eq!(events.named("lost.thread.attempt.exception").len(), 1);
    assert_eq!(events.named("lost.thread.dropped").len(), 2);
}

#[test]
fn a_job_that_a_thread_takes_to_its_grave_is_lost_as_any() {
    thread_local! {
        static KEPT: RefCell<Vec<Ticket>> = const { RefCell::new(Vec::new()) };
    }
    let (events, _jobs, queue) = observed("lost.grave");
    let grave = queue.clone();
    let bury = move || {
        span!("lost.grave.request").in_scope(|| {
            KEPT.with_borrow_mut(|kept| kept.push(grave.enqueued("Send")));
        });
    };
    std::thread::spawn(bury).join().unwrap();
    assert_idle(&queue);
    let enqueued = one(&events, "enqueued").context();
    assert!(enqueued.is_some());
    assert_eq!(one(&events, "dropped").context(), enqueued);
}
