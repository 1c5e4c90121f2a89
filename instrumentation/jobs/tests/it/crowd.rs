//! Many producers, several workers, and jobs of all fates: what is counted is what was done.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use telemetry::testing::Capture;
use telemetry_jobs::Ticket;
use tokio::sync::mpsc as async_mpsc;

use crate::support::{EXPECTED, assert_idle, observed, quiet, text};

const PRODUCERS: u64 = 200;
const EACH: u64 = 25;
const JOBS: u64 = PRODUCERS * EACH;

/// How many events there are of each name, told apart by outcome.
fn counts(events: &Capture) -> BTreeMap<String, u64> {
    assert_eq!(events.dropped(), 0);
    let mut counts = BTreeMap::new();
    for event in events.events() {
        let last = event.name().rsplit('.').next().unwrap_or_default();
        let name = [last, &text(&event, "outcome")]
            .join(" ")
            .trim_end()
            .to_owned();
        *counts.entry(name).or_insert(0) += 1;
    }
    counts
}

fn expected<const N: usize>(counts: [(&str, u64); N]) -> BTreeMap<String, u64> {
    counts.map(|(name, count)| (name.to_owned(), count)).into()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn over_a_tokio_channel() {
    quiet();
    let (events, _jobs, queue) = observed("crowd.tokio");
    let (sender, receiver) = async_mpsc::channel::<(Ticket, u64)>(64);
    let receiver = Arc::new(tokio::sync::Mutex::new(receiver));
    let left = Arc::new(AtomicU64::new(JOBS));

    let workers: Vec<_> = (0..8)
        .map(|_| {
            let (receiver, left, back) = (receiver.clone(), left.clone(), sender.clone());
            tokio::spawn(async move {
                loop {
                    let message = tokio::select! {
                        message = async { receiver.lock().await.recv().await } => message,
                        () = until_none(&left) => None,
                    };
                    let Some((ticket, job)) = message else { return };
                    let mut attempt = ticket.start();
                    match (job % 5, attempt.number()) {
                        // Fails at first.
                        (1, 1) => {
                            let work = attempt.run_result(async { Err::<(), _>("not yet") });
                            work.await.unwrap_err();
                            let again = (attempt.retry(Duration::ZERO), job);
                            // Not waiting for room, or all workers might.
                            let back = back.clone();
                            tokio::spawn(async move { back.send(again).await.unwrap() });
                            continue;
                        }
                        (2, _) => {
                            let work = attempt.run(async { panic!("{EXPECTED}") });
                            tokio::spawn(work).await.unwrap_err();
                            attempt.discard();
                        }
                        (3, _) => {
                            let work = tokio::spawn(attempt.run(std::future::pending::<()>()));
                            work.abort();
                            work.await.unwrap_err();
                        }
                        _ => attempt.run(tokio::task::yield_now()).await,
                    }
                    left.fetch_sub(1, Ordering::SeqCst);
                }
            })
        })
        .collect();

    let producers: Vec<_> = (0..PRODUCERS)
        .map(|producer| {
            let (sender, queue) = (sender.clone(), queue.clone());
            tokio::spawn(async move {
                for job in 0..EACH {
                    let job = producer * EACH + job;
                    sender.send((queue.enqueued("Work"), job)).await.unwrap();
                }
            })
        })
        .collect();
    for task in producers.into_iter().chain(workers) {
        task.await.unwrap();
    }

    assert_idle(&queue);
    let fifth = JOBS / 5;
    let expected = expected([
        ("enqueued", JOBS),
        ("start", JOBS + fifth),
        ("stop ok", 3 * fifth),
        ("stop error", fifth),
        ("stop cancelled", fifth),
        ("exception panic", fifth),
        ("retried", fifth),
        ("discarded", fifth),
    ]);
    assert_eq!(counts(&events), expected);
}

async fn until_none(left: &AtomicU64) {
    while left.load(Ordering::SeqCst) > 0 {
        tokio::task::yield_now().await;
    }
}

#[test]
fn over_a_channel_between_threads() {
    let (events, _jobs, queue) = observed("crowd.threads");
    let (sender, receiver) = mpsc::channel::<(Ticket, u64)>();
    let receiver = Mutex::new(receiver);

    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let message = receiver.lock().unwrap().recv();
                    let Ok((ticket, job)) = message else { return };
                    if job % 4 == 3 {
                        // The last producer has its message thrown away.
                        continue;
                    }
                    let mut attempt = ticket.start();
                    let _ =
                        attempt.in_scope_result(|| if job % 4 == 1 { Err("no") } else { Ok(()) });
                }
            });
        }
        for producer in 0..PRODUCERS {
            let (sender, queue) = (sender.clone(), queue.clone());
            scope.spawn(move || {
                for job in 0..EACH {
                    sender
                        .send((queue.enqueued("Work"), producer * EACH + job))
                        .unwrap();
                }
            });
        }
        drop(sender);
    });

    assert_idle(&queue);
    let quarter = JOBS / 4;
    let expected = expected([
        ("enqueued", JOBS),
        ("start", 3 * quarter),
        ("stop ok", 2 * quarter),
        ("stop error", quarter),
        ("dropped", quarter),
    ]);
    assert_eq!(counts(&events), expected);
}

#[test]
fn the_counts_are_right_also_when_nobody_looks() {
    let jobs = telemetry_jobs::Jobs::new("crowd.unobserved").unwrap();
    let queue = jobs.queue("q");
    let kept = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for job in 0..1000 {
                    let ticket = queue.enqueued("Work");
                    match job % 4 {
                        0 => drop(ticket),
                        1 => ticket.start().finish(),
                        2 => kept.lock().unwrap().push((Some(ticket), None)),
                        _ => kept.lock().unwrap().push((None, Some(ticket.start()))),
                    }
                }
            });
        }
    });
    assert_eq!((queue.waiting(), queue.running()), (2000, 2000));
    drop(kept);
    assert_idle(&queue);
}
