//! Many threads and many rounds: once `detach_and_wait` says `Finished`, no call is made and none
//! is in progress.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use telemetry::{
    Waited, attach, attach_many, attach_spans, completion_span, detach_and_wait, execute, span,
};

use crate::support::{DEADLINE, alone, until};

/// Emits when it is dropped, with the thread that ends.
struct EmitsLast;

impl Drop for EmitsLast {
    fn drop(&mut self) {
        execute!("stress.event");
    }
}

thread_local! {
    static LAST: RefCell<Option<EmitsLast>> = const { RefCell::new(None) };
}

fn emit() {
    execute!("stress.event");
    execute!("stress.outer");
    completion_span!("stress.span").finish();
}

/// What one round's handler knows.
#[derive(Default)]
struct Round {
    /// Set when the wait is over.
    over: AtomicBool,
    running: AtomicU32,
    calls: AtomicU32,
}

/// Attaches, waits for a call and then until no call runs, again and again. Whether it went well.
fn attach_and_wait(id: &str, go_on: impl Fn() -> bool) -> Result<(), String> {
    let late = Arc::new(AtomicU64::new(0));
    for n in 0u32.. {
        let round = Arc::new(Round::default());
        let (own, counts) = (round.clone(), late.clone());
        let handler = move |_: &telemetry::Event<'_>| {
            own.running.fetch_add(1, Ordering::SeqCst);
            own.calls.fetch_add(1, Ordering::Relaxed);
            for _ in 0..(n % 64) * 8 {
                if own.over.load(Ordering::SeqCst) {
                    counts.fetch_add(1, Ordering::SeqCst);
                }
                std::hint::spin_loop();
            }
            if own.over.load(Ordering::SeqCst) {
                counts.fetch_add(1, Ordering::SeqCst);
            }
            own.running.fetch_sub(1, Ordering::SeqCst);
        };
        match n % 4 {
            0 => attach(id, "stress.event", handler),
            1 => attach(id, "stress.*", handler),
            2 => attach_spans(id, handler),
            _ => attach_many(id, ["*", "stress.event"], handler),
        }
        .unwrap();
        until("a call", || round.calls.load(Ordering::Relaxed) > 0);
        let waited = detach_and_wait(id, DEADLINE);
        let running = round.running.load(Ordering::SeqCst);
        round.over.store(true, Ordering::SeqCst);
        if (waited, running) != (Waited::Finished, 0) {
            return Err(format!("round {n}: {waited:?}, {running} running"));
        }
        if late.load(Ordering::SeqCst) != 0 {
            return Err(format!("round {n}: a call after the wait"));
        }
        if !go_on() {
            break;
        }
    }
    Ok(())
}

/// Waiting takes a millisecond at least, so several do it at once.
fn emit_while_many_wait(time: Duration) {
    const WAITERS: usize = 6;
    let _alone = alone();
    let stop = AtomicBool::new(false);
    let _nests = attach("stress-nests", "stress.outer", |_| execute!("stress.event"))
        .unwrap()
        .guard();

    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    emit();
                }
            });
        }
        // And threads that come and go, and emit with their last breath.
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                thread::scope(|scope| {
                    scope.spawn(|| {
                        LAST.with(|last| *last.borrow_mut() = Some(EmitsLast));
                        emit();
                    });
                });
            }
        });

        let began = Instant::now();
        let waiters: Vec<_> = (0..WAITERS)
            .map(|n| {
                scope.spawn(move || {
                    attach_and_wait(&format!("stress-{n}"), || began.elapsed() < time)
                })
            })
            .collect();
        let results: Vec<_> = waiters
            .into_iter()
            .map(thread::ScopedJoinHandle::join)
            .collect();
        stop.store(true, Ordering::Relaxed);
        for result in results {
            assert_eq!(result.unwrap(), Ok(()));
        }
    });
}

#[test]
fn after_finished_no_call_runs() {
    emit_while_many_wait(Duration::from_secs(1));
}

#[test]
#[ignore = "takes a minute: run with --ignored"]
fn after_finished_no_call_runs_however_often() {
    emit_while_many_wait(Duration::from_secs(60));
}

#[test]
fn many_threads_may_attach_detach_and_wait_at_once() {
    const THREADS: usize = 8;
    let _alone = alone();
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                emit();
                span!("stress.many").finish();
            }
        });
        let workers: Vec<_> = (0..THREADS)
            .map(|n| {
                scope.spawn(move || {
                    let id = format!("stress-many-{n}");
                    for round in 0..100 {
                        let over = Arc::new(AtomicBool::new(false));
                        let is_over = over.clone();
                        let pattern = ["stress.*", "*", "stress.event"][(n + round) % 3];
                        let late = Arc::new(AtomicU32::new(0));
                        let counts = late.clone();
                        attach(&*id, pattern, move |_| {
                            counts.fetch_add(
                                u32::from(is_over.load(Ordering::SeqCst)),
                                Ordering::SeqCst,
                            );
                        })
                        .unwrap();
                        emit();
                        assert_eq!(detach_and_wait(&id, DEADLINE), Waited::Finished);
                        over.store(true, Ordering::SeqCst);
                        emit();
                        assert_eq!(late.load(Ordering::SeqCst), 0);
                    }
                })
            })
            .collect();
        let failed = workers
            .into_iter()
            .map(thread::ScopedJoinHandle::join)
            .filter(Result::is_err)
            .count();
        stop.store(true, Ordering::Relaxed);
        assert_eq!(failed, 0);
    });
}

#[test]
fn a_thread_that_is_in_one_call_after_the_other_does_not_keep_it_waiting() {
    let _alone = alone();
    let stop = AtomicBool::new(false);
    let _slow = attach("stress-slow", "stress.slow", |_| {
        let later = Instant::now() + Duration::from_millis(2);
        while Instant::now() < later {
            std::hint::spin_loop();
        }
    })
    .unwrap()
    .guard();
    thread::scope(|scope| {
        // One call after the other, hardly a moment in between.
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                execute!("stress.slow");
            }
        });
        for _ in 0..20 {
            attach("stress-quick", "stress.quick", |_| {}).unwrap();
            let waited = detach_and_wait("stress-quick", DEADLINE);
            if waited != Waited::Finished {
                stop.store(true, Ordering::Relaxed);
            }
            assert_eq!(waited, Waited::Finished);
        }
        stop.store(true, Ordering::Relaxed);
    });
}
