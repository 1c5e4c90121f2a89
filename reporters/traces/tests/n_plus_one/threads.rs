//! Many threads at once.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use telemetry::{SpanContext, attach, completion_span, in_current_context_fn, span};

use crate::shop::patient;

fn query(n: usize) {
    let statement = match n % 3 {
        0 => "select a from t where id = ?".to_owned(),
        1 => format!("select b from t where id = {n}"),
        _ => "insert into t values (?)".to_owned(),
    };
    completion_span!("nplus.threads.query", { statement }).finish();
}

#[test]
fn every_loop_is_told_of_once_and_no_more_under_load() {
    const THREADS: usize = 4;
    const REQUESTS: usize = 2_000;

    let detector = patient()
        .spans(["nplus.threads.*"])
        .memory(8 << 20)
        .start()
        .unwrap();
    let seen = Arc::new(Mutex::new(
        std::collections::HashMap::<SpanContext, u64>::new(),
    ));
    let (counted, wrong) = (seen.clone(), Arc::new(AtomicU64::new(0)));
    let wrongs = wrong.clone();
    let _guard = attach("nplus.threads", "telemetry.n_plus_one", move |event| {
        if !event.metadata_is("route", "/load") {
            return;
        }
        if event
            .measurement("count")
            .and_then(telemetry::Number::as_u64)
            != Some(8)
        {
            wrongs.fetch_add(1, Ordering::Relaxed);
        }
        *counted
            .lock()
            .unwrap()
            .entry(event.context().unwrap())
            .or_default() += 1;
    })
    .unwrap()
    .guard();

    let is_over = AtomicBool::new(false);
    thread::scope(|threads| {
        let workers: Vec<_> = (0..THREADS)
            .map(|_| {
                threads.spawn(|| {
                    for n in 0..REQUESTS {
                        let request = span!("nplus.threads.request", { route: "/load" });
                        request.in_scope(|| {
                            for query_of_it in 0..24 {
                                // Every other request asks two statements eight times, and writes.
                                if n % 2 == 0 || query_of_it < 12 {
                                    query(query_of_it);
                                }
                            }
                        });
                    }
                })
            })
            .collect();
        let reader = threads.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                let _ = detector.findings();
                assert!(detector.pressure().bytes <= 8 << 20);
            }
        });
        for worker in workers {
            worker.join().unwrap();
        }
        is_over.store(true, Ordering::Relaxed);
        reader.join().unwrap();
    });

    let seen = seen.lock().unwrap();
    assert_eq!(wrong.load(Ordering::Relaxed), 0, "each loop was of eight");
    assert_eq!(seen.len(), THREADS * REQUESTS / 2);
    assert!(
        seen.values().all(|count| *count == 2),
        "two statements each, once each"
    );
    assert_eq!(
        (detector.pressure().evicted, detector.pressure().left_out),
        (0, 0)
    );
}

#[test]
fn a_request_on_many_threads_is_one_request() {
    let detector = patient().spans(["nplus.spread.*"]).start().unwrap();
    span!("nplus.spread.request", { route: "/spread" }).in_scope(|| {
        let threads: Vec<_> = (0..20)
            .map(|_| {
                thread::spawn(in_current_context_fn(|| {
                    span!("nplus.spread.load_one").in_scope(|| {
                        let statement = "select a from t where id = ?";
                        completion_span!("nplus.spread.query", { statement }).finish();
                    });
                }))
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
    });
    let findings = detector.findings();
    assert_eq!(
        (findings[0].count, findings[0].parent),
        (20, Some("nplus.spread.request"))
    );
}
