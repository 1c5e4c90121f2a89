//! How much waits and runs, as an event for the poller.

use telemetry_jobs::{Jobs, MAX_QUEUES, OTHER_QUEUES};

use crate::support::{number, observed, text};

#[test]
fn a_poll_says_what_waits_and_runs_in_each_queue() {
    let (events, jobs, queue) = observed("figures.poll");
    let idle = jobs.queue("idle");
    let _waiting = [queue.enqueued("A"), queue.enqueued("B")];
    let _running = queue.enqueued("C").start();
    events.take();
    jobs.poll();
    let events = events.events();
    let rows: Vec<_> = events
        .iter()
        .map(|event| {
            (
                text(event, "queue"),
                number(event, "depth"),
                number(event, "running"),
            )
        })
        .collect();
    assert_eq!(rows, [("idle".into(), 0, 0), ("q".into(), 2, 1)]);
    assert!(
        events
            .iter()
            .all(|event| event.name() == "figures.poll.queue")
    );

    let figures = jobs.figures();
    let rows: Vec<_> = figures
        .iter()
        .map(|row| (row.name(), row.waiting(), row.running()))
        .collect();
    assert_eq!(rows, [("idle", 0, 0), ("q", 2, 1)]);
    assert_eq!(idle.waiting(), 0);
}

#[test]
fn a_depth_that_is_reported_takes_the_place_of_the_own() {
    let (events, jobs, queue) = observed("figures.reported");
    let _ticket = queue.enqueued("A");
    events.take();
    queue.report_depth(1000);
    jobs.poll();
    let [reported, polled] = &events.events()[..] else {
        panic!("not two events")
    };
    assert_eq!(number(reported, "depth"), 1000);
    assert_eq!(reported.measurement("running"), None);
    assert_eq!(polled.measurement("depth"), None);
    assert_eq!(number(polled, "running"), 0);
}

#[test]
fn one_name_is_one_queue() {
    let (_events, jobs, queue) = observed("figures.same");
    let _ticket = jobs.clone().queue("q").enqueued("A");
    assert_eq!(queue.waiting(), 1);
    assert_eq!(jobs.figures().len(), 1);
}

#[test]
fn queues_beyond_the_limit_share_a_name() {
    let jobs = Jobs::new("figures.many").unwrap();
    let queues: Vec<_> = (0..MAX_QUEUES + 10)
        .map(|n| jobs.queue(&format!("q{n}")))
        .collect();
    let _tickets: Vec<_> = queues.iter().map(|queue| queue.enqueued("A")).collect();
    assert_eq!(
        queues[MAX_QUEUES - 1].name(),
        format!("q{}", MAX_QUEUES - 1)
    );
    assert_eq!(queues[MAX_QUEUES].name(), OTHER_QUEUES);
    assert_eq!(jobs.queue(OTHER_QUEUES).waiting(), 10);
    assert_eq!(jobs.figures().len(), MAX_QUEUES + 1);
    // Those that were known are still themselves.
    assert_eq!(jobs.queue("q7").waiting(), 1);
}

#[test]
fn queues_may_be_made_by_many_threads() {
    let jobs = Jobs::new("figures.threads").unwrap();
    let tickets: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    (0..100)
                        .map(|n| jobs.queue(&format!("q{n}")).enqueued("A"))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    assert_eq!(tickets.len(), 800);
    let figures = jobs.figures();
    assert_eq!(figures.len(), 100);
    assert!(figures.iter().all(|row| row.waiting() == 8));
}

#[test]
fn a_prefix_has_to_be_a_name() {
    use telemetry::NameError;
    for (prefix, error) in [
        ("", NameError::Empty),
        ("shop.", NameError::EmptySegment),
        ("shop jobs", NameError::InvalidCharacter { at: 4 }),
    ] {
        assert_eq!(Jobs::new(prefix).unwrap_err(), error);
        assert_eq!(Jobs::linked(prefix).unwrap_err(), error);
    }
    assert_eq!(Jobs::new(&"x".repeat(250)).unwrap_err(), NameError::TooLong);
}
