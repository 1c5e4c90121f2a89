//! Attaching, detaching and emitting at the same time.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use telemetry::{EventName, HANDLER_FAILURE, Number, attach, detach, execute, list_handlers, span};

use crate::support::{Log, OnDrop, catch, failures, panic_quietly};

const THREADS: u64 = 8;

/// Functions that each hold a callsite of their own, which nobody has met.
macro_rules! callsites {
    ($($name:literal)*) => {
        [$(($name, (|after: bool| execute!($name, {}, { after })) as fn(bool))),*]
    };
}

#[test]
fn an_event_emitted_after_attach_returned_is_seen_however_new_its_callsite() {
    let callsites = callsites!(
        "it.threads.new.00" "it.threads.new.01" "it.threads.new.02" "it.threads.new.03"
        "it.threads.new.04" "it.threads.new.05" "it.threads.new.06" "it.threads.new.07"
        "it.threads.new.08" "it.threads.new.09" "it.threads.new.10" "it.threads.new.11"
        "it.threads.new.12" "it.threads.new.13" "it.threads.new.14" "it.threads.new.15"
    );
    for (name, emit) in callsites {
        let barrier = Barrier::new(THREADS as usize + 1);
        let attached = AtomicBool::new(false);
        let seen = Arc::new(AtomicU64::new(0));
        let counted = seen.clone();
        let _guard = thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    barrier.wait();
                    while !attached.load(Ordering::Acquire) {
                        emit(false);
                        thread::yield_now();
                    }
                    emit(true);
                });
            }
            barrier.wait();
            let guard = attach(name, name, move |event| {
                if event.metadata_is("after", true) {
                    counted.fetch_add(1, Ordering::Relaxed);
                }
            });
            attached.store(true, Ordering::Release);
            guard.unwrap().guard()
        });
        assert_eq!(seen.load(Ordering::Relaxed), THREADS, "{name}");
    }
}

#[test]
fn no_event_emitted_after_detach_returned_is_seen() {
    for _ in 0..15 {
        let detached = AtomicBool::new(false);
        let (seen, seen_late) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let (counted, counted_late) = (seen.clone(), seen_late.clone());
        attach("it-threads-detach", "it.threads.detach", move |event| {
            let late = event.metadata_is("late", true);
            if late { &counted_late } else { &counted }.fetch_add(1, Ordering::Relaxed);
        })
        .unwrap();
        thread::scope(|scope| {
            for _ in 0..THREADS / 2 {
                scope.spawn(|| {
                    let mut late = false;
                    while !late {
                        late = detached.load(Ordering::Acquire);
                        execute!("it.threads.detach", {}, { late });
                        thread::yield_now();
                    }
                });
            }
            while seen.load(Ordering::Relaxed) < 10 {
                thread::yield_now();
            }
            assert!(detach("it-threads-detach"));
            detached.store(true, Ordering::Release);
        });
        assert_eq!(seen_late.load(Ordering::Relaxed), 0);
    }
}

#[test]
fn no_handler_is_lost_while_others_come_and_go() {
    thread::scope(|scope| {
        for me in 0..THREADS {
            scope.spawn(move || {
                let seen = Arc::new(AtomicU64::new(0));
                let emit = || execute!("it.threads.churn", { me });
                for round in 1..=150 {
                    let counted = seen.clone();
                    let id = format!("it-threads-churn-{me}");
                    let guard = attach(id, "it.threads.churn", move |event| {
                        if event.measurement("me") == Some(Number::from(me)) {
                            counted.fetch_add(1, Ordering::Relaxed);
                        }
                    });
                    let guard = guard.unwrap().guard();
                    emit();
                    assert_eq!(seen.load(Ordering::Relaxed), round);
                    drop(guard);
                    emit();
                    assert_eq!(seen.load(Ordering::Relaxed), round);
                }
            });
        }
    });
    assert_eq!(list_handlers("it.threads.churn"), []);
}

#[test]
fn one_of_many_attaches_of_an_id_wins_and_one_of_many_detaches() {
    let barrier = Barrier::new(THREADS as usize);
    let (attached, detached) = (AtomicU64::new(0), AtomicU64::new(0));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for round in 1..=50 {
                    barrier.wait();
                    let won = attach("it-threads-one", "it.threads.one", |_| {}).is_ok();
                    attached.fetch_add(u64::from(won), Ordering::Relaxed);
                    barrier.wait();
                    assert_eq!(attached.load(Ordering::Relaxed), round);
                    let won = detach("it-threads-one");
                    detached.fetch_add(u64::from(won), Ordering::Relaxed);
                    barrier.wait();
                    assert_eq!(detached.load(Ordering::Relaxed), round);
                }
            });
        }
    });
}

#[test]
fn handlers_attached_at_the_same_time_run_in_one_order_for_everybody() {
    let barrier = Barrier::new(THREADS as usize);
    let log = Log::new();
    let guards: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|me| {
                let (barrier, log) = (&barrier, &log);
                scope.spawn(move || {
                    barrier.wait();
                    let id = format!("it-threads-order-{me}");
                    attach(id.as_str(), "it.threads.order", log.writes(&id))
                        .unwrap()
                        .guard()
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    execute!("it.threads.order");
    let listed: Vec<_> = list_handlers("it.threads.order")
        .into_iter()
        .map(|row| row.id)
        .collect();
    assert_eq!(listed.len(), guards.len());
    assert_eq!(log.take(), listed);
}

#[test]
fn one_name_made_by_many_threads_is_one_name() {
    let barrier = Barrier::new(THREADS as usize);
    let log = Log::new();
    for round in 0..10 {
        let text = format!("it.threads.name.{round}");
        let _guard = (round % 2 == 0).then(|| attach(text.as_str(), &text, log.writes("ran")));
        let names: Vec<_> = thread::scope(|scope| {
            let make = || {
                barrier.wait();
                let name = EventName::new(&text).unwrap();
                execute!(name);
                name
            };
            let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(make)).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        assert!(
            names
                .iter()
                .all(|name| *name == names[0] && name.as_str() == text)
        );
        let expected = if round % 2 == 0 { THREADS as usize } else { 0 };
        assert_eq!(log.take().len(), expected);
        detach(&text);
    }
}

#[test]
fn every_observed_span_ends_once_while_handlers_come_and_go() {
    let done = AtomicBool::new(false);
    let ends = Arc::new(AtomicU64::new(0));
    let counted = ends.clone();
    let _guard = attach("it-threads-span", "it.threads.span.stop", move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
    })
    .unwrap()
    .guard();
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                for event in ["it.threads.span.start", "it.threads.span.exception"] {
                    drop(attach("it-threads-span-2", event, |_| {}).unwrap().guard());
                }
            }
        });
        let spans: Vec<_> = (0..THREADS / 2)
            .map(|_| scope.spawn(|| (0..300).for_each(|_| span!("it.threads.span").finish())))
            .collect();
        spans.into_iter().for_each(|thread| thread.join().unwrap());
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(ends.load(Ordering::Relaxed), THREADS / 2 * 300);
}

#[test]
fn failures_on_many_threads_are_all_counted() {
    let _guard = attach("it-threads-fail", "it.threads.fail", |event| {
        if event.metadata_is("fail", true) {
            panic_quietly("on purpose");
        }
    })
    .unwrap()
    .guard();
    thread::scope(|scope| {
        // Two, each with a success after a failure: the row never gets to five.
        for _ in 0..2 {
            scope.spawn(|| {
                for n in 0..200 {
                    execute!("it.threads.fail", {}, { fail: n % 2 == 0 });
                }
            });
        }
    });
    assert_eq!(failures("it-threads-fail"), 200);
}

/// Attaches and detaches a handler with a destructor that panics, while `work` runs again and
/// again on another thread; the destructor may run there, and must not be felt. Whether it does is
/// a matter of nanoseconds, so this tries for a while.
fn against_panicking_destructors(event: &'static str, work: impl Fn()) {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let value = OnDrop::new(|| panic_quietly("in a destructor"));
                let attached = attach(event, event, move |_| {
                    let _ = &value;
                });
                assert!(attached.unwrap().detach());
            }
        });
        let begin = Instant::now();
        let mut felt = 0;
        while felt == 0 && begin.elapsed() < Duration::from_millis(200) {
            felt = (0..100).filter(|_| catch(&work).is_err()).count();
        }
        done.store(true, Ordering::Relaxed);
        assert_eq!(felt, 0, "panics of destructors reached the emitter");
    });
}

#[test]
fn an_emitter_does_not_feel_destructors_of_handlers_detached_meanwhile() {
    against_panicking_destructors("it.threads.destructor", || {
        execute!("it.threads.destructor");
    });
}

#[test]
fn the_begin_of_a_span_does_not_feel_destructors_of_handlers_detached_meanwhile() {
    against_panicking_destructors("it.threads.begin.start", || {
        span!("it.threads.begin").finish();
    });
}

#[test]
fn the_end_of_a_span_does_not_feel_destructors_of_handlers_detached_meanwhile() {
    // Observed throughout, so that the end is reached each time.
    let _guard = attach("it-threads-end", "it.threads.end.exception", |_| {})
        .unwrap()
        .guard();
    against_panicking_destructors("it.threads.end.stop", || span!("it.threads.end").finish());
}

#[test]
fn a_failure_does_not_feel_destructors_of_failure_handlers_detached_meanwhile() {
    against_panicking_destructors(HANDLER_FAILURE, || {
        let id = "it-threads-failure";
        // A new one each time: the first failure is always reported.
        let _guard = attach(id, "it.threads.failure", |_| panic_quietly("on purpose"));
        let emitted = catch(|| execute!("it.threads.failure"));
        assert!(detach(id));
        emitted.unwrap_or_else(|_| panic_quietly("felt"));
    });
}
