//! Detaching, and waiting until no call is in progress.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use telemetry::{
    Waited, attach, attach_spans, detach, detach_and_wait, execute, list_handlers, span,
};

use crate::support::{DEADLINE, alone, until};

/// A handler that can be held in the middle of its call.
#[derive(Clone, Default)]
struct Held(Arc<State>);

#[derive(Default)]
struct State {
    entered: AtomicBool,
    may_leave: AtomicBool,
    has_left: AtomicBool,
}

impl Held {
    fn call(&self) {
        self.0.entered.store(true, Ordering::SeqCst);
        until("let go", || self.0.may_leave.load(Ordering::SeqCst));
        // Whoever does not wait is gone by then.
        let later = Instant::now() + Duration::from_millis(5);
        until("later", || Instant::now() >= later);
        self.0.has_left.store(true, Ordering::SeqCst);
    }

    fn wait_until_entered(&self) {
        until("entered", || self.0.entered.load(Ordering::SeqCst));
    }

    fn let_go(&self) {
        self.0.may_leave.store(true, Ordering::SeqCst);
    }

    fn has_left(&self) -> bool {
        self.0.has_left.load(Ordering::SeqCst)
    }
}

/// The threads of a test end even if it fails: what is held is let go.
struct LetGo<'h>(&'h Held);

impl Drop for LetGo<'_> {
    fn drop(&mut self) {
        self.0.let_go();
    }
}

#[test]
fn it_waits_for_a_call_on_another_thread() {
    // However the handler is attached, and however it is called.
    let emit: [(&str, fn()); 4] = [
        ("wait.call", || execute!("wait.call")),
        ("wait.*", || execute!("wait.call")),
        ("*", || span!("wait.span").finish()),
        ("spans", || span!("wait.span").finish()),
    ];
    for (pattern, emit) in emit {
        let _alone = alone();
        let held = Held::default();
        let calls = held.clone();
        let handler = move |_: &telemetry::Event<'_>| calls.call();
        match pattern {
            "spans" => attach_spans("wait", handler).unwrap(),
            pattern => attach("wait", pattern, handler).unwrap(),
        };
        thread::scope(|scope| {
            let _let_go = LetGo(&held);
            let emitter = scope.spawn(emit);
            held.wait_until_entered();
            let waiter = scope.spawn(|| (detach_and_wait("wait", DEADLINE), held.has_left()));
            // It is detached at once, while the call is still there.
            until("detached", || list_handlers("").is_empty());
            assert!(!held.has_left());
            held.let_go();
            assert_eq!(
                waiter.join().unwrap(),
                (Waited::Finished, true),
                "{pattern}"
            );
            emitter.join().unwrap();
        });
    }
}

#[test]
fn it_gives_up_when_the_time_is_up() {
    let _alone = alone();
    let held = Held::default();
    let calls = held.clone();
    attach("wait-timeout", "wait.timeout", move |_| calls.call()).unwrap();
    thread::scope(|scope| {
        let _let_go = LetGo(&held);
        scope.spawn(|| execute!("wait.timeout"));
        held.wait_until_entered();
        let (timeout, began) = (Duration::from_millis(30), Instant::now());
        assert_eq!(
            detach_and_wait("wait-timeout", timeout),
            Waited::StillRunning
        );
        let took = began.elapsed();
        assert!(took >= timeout && took < DEADLINE / 2, "{took:?}");
        assert!(!held.has_left());
        assert_eq!(list_handlers(""), [], "it is detached all the same");
        assert_eq!(
            detach_and_wait("wait-timeout", DEADLINE),
            Waited::NotAttached
        );
    });
    assert!(held.has_left());
}

#[test]
fn it_says_so_if_nobody_is_attached() {
    let _alone = alone();
    assert_eq!(
        detach_and_wait("wait-nobody", DEADLINE),
        Waited::NotAttached
    );
    attach("wait-somebody", "wait.somebody", |_| {}).unwrap();
    assert_eq!(
        detach_and_wait("wait-nobody", DEADLINE),
        Waited::NotAttached
    );
    assert!(detach("wait-somebody"));
    assert_eq!(
        detach_and_wait("wait-somebody", DEADLINE),
        Waited::NotAttached
    );
}

#[test]
fn it_is_finished_at_once_when_nothing_runs() {
    let _alone = alone();
    for timeout in [Duration::ZERO, DEADLINE, Duration::MAX] {
        attach("wait-idle", "wait.idle", |_| {}).unwrap();
        execute!("wait.idle");
        let began = Instant::now();
        assert_eq!(detach_and_wait("wait-idle", timeout), Waited::Finished);
        assert!(began.elapsed() < DEADLINE / 2);
        // Nor on a thread that has never emitted, or has, and ended.
        attach("wait-idle", "wait.idle", |_| {}).unwrap();
        thread::spawn(|| execute!("wait.idle")).join().unwrap();
        let waited = thread::spawn(move || detach_and_wait("wait-idle", timeout));
        assert_eq!(waited.join().unwrap(), Waited::Finished);
    }
}

#[test]
fn a_thread_that_ends_is_not_waited_for() {
    let _alone = alone();
    for _ in 0..50 {
        attach("wait-ended", "wait.ended", |_| {}).unwrap();
        let barrier = Barrier::new(5);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    execute!("wait.ended");
                    barrier.wait();
                });
            }
            barrier.wait();
            assert_eq!(detach_and_wait("wait-ended", DEADLINE), Waited::Finished);
        });
    }
}

#[test]
fn of_two_threads_one_waits_and_the_other_finds_nobody() {
    let _alone = alone();
    let held = Held::default();
    let calls = held.clone();
    attach("wait-two", "wait.two", move |_| calls.call()).unwrap();
    thread::scope(|scope| {
        let _let_go = LetGo(&held);
        scope.spawn(|| execute!("wait.two"));
        held.wait_until_entered();
        let barrier = Arc::new(Barrier::new(2));
        let waiters = [(); 2].map(|()| {
            let (barrier, held) = (barrier.clone(), &held);
            scope.spawn(move || {
                barrier.wait();
                let waited = detach_and_wait("wait-two", DEADLINE);
                (waited, held.has_left())
            })
        });
        until("detached", || list_handlers("").is_empty());
        held.let_go();
        let mut answers = waiters.map(|waiter| waiter.join().unwrap());
        answers.sort_by_key(|(waited, _)| *waited != Waited::Finished);
        assert_eq!(answers[0], (Waited::Finished, true));
        assert_eq!(answers[1].0, Waited::NotAttached);
    });
}

#[test]
fn two_threads_may_wait_for_two_handlers_at_once() {
    let _alone = alone();
    let held = [Held::default(), Held::default()];
    for (n, held) in held.iter().enumerate() {
        let calls = held.clone();
        attach(
            format!("wait-both-{n}"),
            &format!("wait.both.{n}"),
            move |_| calls.call(),
        )
        .unwrap();
    }
    thread::scope(|scope| {
        let _let_go = (LetGo(&held[0]), LetGo(&held[1]));
        scope.spawn(|| execute!("wait.both.0"));
        scope.spawn(|| execute!("wait.both.1"));
        held.iter().for_each(Held::wait_until_entered);
        let wait = |id| scope.spawn(move || detach_and_wait(id, DEADLINE));
        let waiters = [wait("wait-both-0"), wait("wait-both-1")];
        until("detached", || list_handlers("").is_empty());
        held.iter().for_each(Held::let_go);
        for waiter in waiters {
            assert_eq!(waiter.join().unwrap(), Waited::Finished);
        }
    });
}

#[test]
fn a_call_within_another_handlers_call_is_waited_for() {
    let _alone = alone();
    let held = Held::default();
    let calls = held.clone();
    let _outer = attach("wait-outer", "wait.outer", |_| execute!("wait.inner"))
        .unwrap()
        .guard();
    attach("wait-inner", "wait.inner", move |_| calls.call()).unwrap();
    thread::scope(|scope| {
        let _let_go = LetGo(&held);
        scope.spawn(|| execute!("wait.outer"));
        held.wait_until_entered();
        let waiter = scope.spawn(|| (detach_and_wait("wait-inner", DEADLINE), held.has_left()));
        until("detached", || list_handlers("wait.inner").is_empty());
        held.let_go();
        assert_eq!(waiter.join().unwrap(), (Waited::Finished, true));
    });
}

#[test]
fn threads_that_emit_all_the_time_do_not_keep_it_waiting() {
    let _alone = alone();
    let (stop, emitted) = (AtomicBool::new(false), AtomicU64::new(0));
    let _busy = attach("wait-busy", "wait.busy.*", |event| {
        if event.name() == "wait.busy.outer" {
            execute!("wait.busy.inner");
        }
    })
    .unwrap()
    .guard();
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    execute!("wait.busy.outer");
                    execute!("wait.busy.other");
                    emitted.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for _ in 0..100 {
            let before = emitted.load(Ordering::Relaxed);
            until("they emit", || emitted.load(Ordering::Relaxed) > before);
            attach("wait-quick", "wait.busy.other", |_| {}).unwrap();
            let waited = detach_and_wait("wait-quick", DEADLINE);
            if waited != Waited::Finished {
                stop.store(true, Ordering::Relaxed);
            }
            assert_eq!(waited, Waited::Finished);
        }
        stop.store(true, Ordering::Relaxed);
    });
}
