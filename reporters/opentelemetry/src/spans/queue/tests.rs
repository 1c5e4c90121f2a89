use std::sync::atomic::AtomicU64;
use std::time::Duration;

use super::*;
use crate::proto::writer::bytes_even_empty;
use crate::spans::tests::{ROOMY, health};

/// A span as far as the queue looks at it.
fn span(content: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    bytes_even_empty(&mut out, 2, content);
    out
}

/// What [`span`] was given, of each of them.
fn contents(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    while let Some((key, rest)) = bytes.split_first() {
        assert_eq!(*key, 2 << 3 | 2);
        let (length, size) = varint(rest);
        all.push(rest[size..size + length].to_vec());
        bytes = &rest[size + length..];
    }
    all
}

fn varint(bytes: &[u8]) -> (usize, usize) {
    let mut number = 0;
    for (at, byte) in bytes.iter().enumerate() {
        number |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return (number, at + 1);
        }
    }
    panic!("no number ends")
}

fn limits(spans: usize, bytes: usize, wake_at: usize) -> QueueLimits {
    QueueLimits {
        spans,
        bytes,
        wake_at,
    }
}

#[test]
fn what_is_pushed_comes_out_in_its_order_in_batches_of_both_limits() {
    let queue = SpanQueue::new(ROOMY, health());
    let all: Vec<_> = (0..100_u8)
        .map(|at| vec![at; usize::from(at) * 3])
        .collect();
    all.iter().for_each(|content| queue.push(&span(content)));
    assert_eq!(queue.waiting(), 100);
    let mut seen = Vec::new();
    while let Some(batch) = queue.next_batch(7, 500) {
        let contents = contents(&batch.bytes);
        assert_eq!(contents.len() as u64, batch.spans);
        assert!(batch.spans <= 7 && batch.bytes.len() <= 500);
        seen.extend(contents);
    }
    assert_eq!(seen, all);
    assert_eq!(queue.waiting(), 0);
}

#[test]
fn a_span_that_is_larger_than_a_batch_comes_alone() {
    let queue = SpanQueue::new(ROOMY, health());
    for size in [10, 1_000, 20, 200_000, 30] {
        queue.push(&span(&vec![1; size]));
    }
    let sizes: Vec<Vec<usize>> = std::iter::from_fn(|| queue.next_batch(10, 100))
        .map(|batch| contents(&batch.bytes).iter().map(Vec::len).collect())
        .collect();
    assert_eq!(
        sizes,
        [vec![10], vec![1_000], vec![20], vec![200_000], vec![30]]
    );
}

#[test]
fn a_full_queue_drops_the_newest_and_what_is_on_its_way_counts() {
    let health = health();
    let queue = SpanQueue::new(limits(3, 1_000, 3), health.clone());
    for at in 0..5 {
        queue.push(&span(&[at]));
    }
    assert_eq!(health.report().dropped, 2);
    let batch = queue.next_batch(2, usize::MAX).unwrap();
    assert_eq!(contents(&batch.bytes), [[0], [1]]);
    assert_eq!(queue.waiting(), 1);
    queue.push(&span(&[5]));
    assert_eq!(health.report().dropped, 3);
    drop(batch);
    queue.push(&span(&[6]));
    let batch = queue.next_batch(9, usize::MAX).unwrap();
    assert_eq!(contents(&batch.bytes), [[2], [6]]);
    assert_eq!(health.report().dropped, 3);
}

#[test]
fn bytes_are_bounded_too() {
    let health = health();
    let queue = SpanQueue::new(limits(1_000, 100, 1_000), health.clone());
    (0..30).for_each(|_| queue.push(&span(&[7; 8])));
    assert_eq!((queue.waiting(), health.report().dropped), (10, 20));
    queue.push(&span(&[7; 200]));
    assert_eq!(queue.next_batch(100, 1_000).unwrap().bytes.len(), 100);
    assert_eq!(queue.waiting(), 0);
    queue.push(&span(&[7; 98]));
    assert_eq!(queue.waiting(), 1);
}

#[test]
fn a_batch_is_counted_as_it_was_whatever_was_done_to_it() {
    let queue = SpanQueue::new(limits(2, 1_000, 2), health());
    queue.push(&span(&[1]));
    let mut batch = queue.next_batch(2, 1_000).unwrap();
    drop(std::mem::take(&mut batch.bytes));
    batch.spans = 7;
    drop(batch);
    assert_eq!((queue.waiting(), queue.used.spans()), (0, 0));
}

#[test]
fn what_is_closed_forgets_what_it_had_and_takes_no_more() {
    let health = health();
    let queue = SpanQueue::new(ROOMY, health.clone());
    (0..9).for_each(|_| queue.push(&span(&[1])));
    let batch = queue.next_batch(4, usize::MAX).unwrap();
    assert_eq!(queue.close(), 5);
    assert!(queue.next_batch(9, usize::MAX).is_none());
    queue.push(&span(&[1]));
    assert_eq!(health.report().dropped, 6);
    drop(batch);
    assert_eq!((queue.waiting(), queue.used.spans()), (0, 0));
}

#[tokio::test]
async fn whoever_waits_is_woken_when_enough_is_there() {
    let queue = SpanQueue::new(limits(100, 1_000, 5), health());
    (0..4).for_each(|_| queue.push(&span(&[1])));
    let short = Duration::from_millis(20);
    assert!(tokio::time::timeout(short, queue.woken()).await.is_err());
    queue.push(&span(&[1]));
    // Also if it happened before anybody waited, and again.
    queue.woken().await;
    queue.woken().await;
    drop(queue.next_batch(100, 1_000));
    assert!(tokio::time::timeout(short, queue.woken()).await.is_err());
    let pusher = std::thread::spawn({
        let queue = queue.clone();
        move || (0..5).for_each(|_| queue.push(&span(&[1])))
    });
    tokio::time::timeout(Duration::from_secs(20), queue.woken())
        .await
        .unwrap();
    pusher.join().unwrap();
}

#[tokio::test]
async fn no_call_to_wake_is_lost() {
    let queue = SpanQueue::new(limits(100, 1_000, 3), health());
    let (go, going) = std::sync::mpsc::channel();
    let pusher = std::thread::spawn({
        let queue = queue.clone();
        move || {
            for () in going {
                (0..3).for_each(|_| queue.push(&span(&[1])));
            }
        }
    });
    for _ in 0..2_000 {
        go.send(()).unwrap();
        let woken = tokio::time::timeout(Duration::from_secs(20), queue.woken());
        woken.await.unwrap();
        // The last one is counted before it is there.
        let mut spans = 0;
        while spans < 3 {
            spans += queue.next_batch(9, 1_000).map_or(0, |batch| batch.spans);
        }
    }
    drop(go);
    pusher.join().unwrap();
}

#[tokio::test]
async fn what_is_being_sent_does_not_wake() {
    let queue = SpanQueue::new(limits(100, 1_000, 5), health());
    (0..5).for_each(|_| queue.push(&span(&[1])));
    let batch = queue.next_batch(5, 1_000).unwrap();
    queue.push(&span(&[1]));
    let short = Duration::from_millis(20);
    assert!(tokio::time::timeout(short, queue.woken()).await.is_err());
    drop(batch);
}

#[test]
fn threads_lose_nothing_tear_nothing_and_keep_their_order() {
    const THREADS: u64 = 6;
    const EACH: u64 = 20_000;
    let health = health();
    let bounds = limits(500, 20_000, 200);
    let queue = SpanQueue::new(bounds, health.clone());
    let running = AtomicU64::new(THREADS);
    let held = Mutex::new((0_usize, 0_usize));
    let takers = std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (queue, running) = (&queue, &running);
            scope.spawn(move || {
                for number in 0..EACH {
                    let mut content = [thread.to_le_bytes(), number.to_le_bytes()].concat();
                    content.resize(16 + (number % 150) as usize, thread as u8);
                    queue.push(&span(&content));
                    if number % 64 == 0 {
                        std::thread::yield_now();
                    }
                }
                running.fetch_sub(1, Ordering::SeqCst);
            });
        }
        // Two who take, each keeping a few batches for a while.
        let takers = [1_usize, 3].map(|keeps| {
            let (queue, running, held) = (&queue, &running, &held);
            scope.spawn(move || {
                let mut kept = std::collections::VecDeque::new();
                let mut seen = Vec::new();
                loop {
                    let is_over = running.load(Ordering::SeqCst) == 0;
                    let batch = queue.next_batch(64, 5_000);
                    let is_empty = batch.is_none();
                    if let Some(batch) = batch {
                        let mut held = held.lock().unwrap();
                        held.0 += batch.spans as usize;
                        held.1 += batch.bytes.len();
                        assert!(held.0 <= bounds.spans && held.1 <= bounds.bytes);
                        kept.push_back(batch);
                    }
                    if kept.len() > keeps || is_empty {
                        if let Some(batch) = kept.pop_front() {
                            seen.extend(contents(&batch.bytes));
                            let mut held = held.lock().unwrap();
                            held.0 -= batch.spans as usize;
                            held.1 -= batch.bytes.len();
                        }
                    }
                    if is_empty && kept.is_empty() {
                        if is_over {
                            break seen;
                        }
                        std::thread::yield_now();
                    }
                }
            })
        });
        takers.map(|taker| taker.join().unwrap())
    });
    let mut taken = 0;
    for seen in &takers {
        let mut last = [None; THREADS as usize];
        for content in seen {
            let number = |at: usize| u64::from_le_bytes(content[at..at + 8].try_into().unwrap());
            let (thread, number) = (number(0) as usize, number(8));
            assert_eq!(content.len(), 16 + (number % 150) as usize);
            assert!(
                content[16..]
                    .iter()
                    .all(|byte| usize::from(*byte) == thread)
            );
            assert!(last[thread] < Some(number), "out of order");
            last[thread] = Some(number);
            taken += 1;
        }
    }
    assert_eq!(taken + health.report().dropped, THREADS * EACH);
    assert_eq!((queue.waiting(), queue.used.spans()), (0, 0));
}
