//! Events emitted by handlers of events: depth first, and not for ever.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use telemetry::{MAX_NESTING, Number, attach, execute};

use crate::support::{Log, OnDrop, failures, in_own_process, panic_quietly};

#[test]
fn nested_events_go_depth_first() {
    let log = Log::new();
    let first = log.clone();
    let _outer_1 = attach("it-execute-depth-1", "it.execute.depth", move |_| {
        first.push("begin");
        execute!("it.execute.depth.inner");
        first.push("end");
    });
    let _outer_2 = attach(
        "it-execute-depth-2",
        "it.execute.depth",
        log.writes("second"),
    );
    let _inner = attach(
        "it-execute-depth-3",
        "it.execute.depth.inner",
        log.writes("inner"),
    );
    let _guards = [_outer_1, _outer_2, _inner].map(|attached| attached.unwrap().guard());
    execute!("it.execute.depth");
    assert_eq!(log.take(), ["begin", "inner", "end", "second"]);
}

#[test]
fn arguments_may_emit() {
    let log = Log::new();
    let _guard = attach("it-execute-arg", "it.execute.arg", log.writes_event())
        .unwrap()
        .guard();
    let inner = || {
        execute!("it.execute.arg", { n: 1 });
        2
    };
    execute!("it.execute.arg", { n: inner() });
    assert_eq!(log.take(), ["it.execute.arg n=1 |", "it.execute.arg n=2 |"]);
}

#[test]
fn a_handler_that_feeds_itself_is_stopped_while_the_thread_ends_too() {
    type Emits = OnDrop<fn()>;
    thread_local! {
        static LAST: Cell<Option<Emits>> = const { Cell::new(None) };
    }
    let test = "nesting::a_handler_that_feeds_itself_is_stopped_while_the_thread_ends_too";
    in_own_process(test, || {
        let runs = Arc::new(AtomicU32::new(0));
        let counted = runs.clone();
        attach("it-nesting-exit", "it.nesting.exit", move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
            execute!("it.nesting.exit");
        })
        .unwrap();
        std::thread::spawn(|| {
            // Made before this crate's thread locals, so it is dropped after them.
            LAST.set(Some(OnDrop::new(|| {
                for _ in 0..2 {
                    execute!("it.nesting.exit");
                }
            })));
            execute!("it.nesting.exit");
        })
        .join()
        .unwrap();
        assert_eq!(runs.load(Ordering::Relaxed), 3 * MAX_NESTING);
    });
}

#[test]
fn a_handler_that_feeds_itself_is_stopped_and_the_process_lives() {
    let test = "nesting::a_handler_that_feeds_itself_is_stopped_and_the_process_lives";
    let stderr = in_own_process(test, || {
        let runs = Arc::new(AtomicU32::new(0));
        let counted = runs.clone();
        attach("it-execute-feed", "it.execute.feed", move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
            execute!("it.execute.feed");
        })
        .unwrap();
        for round in 1..=3 {
            execute!("it.execute.feed");
            assert_eq!(runs.load(Ordering::Relaxed), round * MAX_NESTING);
        }
        assert_eq!(failures("it-execute-feed"), 0);
    });
    if let Some(stderr) = stderr {
        let said: Vec<_> = stderr
            .lines()
            .filter(|line| line.contains("`it.execute.feed`"))
            .collect();
        assert_eq!(said.len(), 1, "said once: {stderr}");
    }
}

#[test]
fn handlers_that_feed_each_other_are_stopped() {
    let log = Log::new();
    let (ping, pong) = (log.clone(), log.clone());
    let _ping = attach("it-execute-ping", "it.execute.ping", move |_| {
        ping.push("ping");
        execute!("it.execute.pong");
        execute!("it.execute.pong.observed");
    });
    let _pong = attach("it-execute-pong", "it.execute.pong", move |_| {
        pong.push("pong");
        execute!("it.execute.ping");
    });
    let _guards = [_ping, _pong].map(|attached| attached.unwrap().guard());
    execute!("it.execute.ping");
    assert_eq!(
        log.take(),
        ["ping", "pong"].repeat(MAX_NESTING as usize / 2)
    );
}

#[test]
fn panics_of_handlers_do_not_use_up_the_nesting() {
    let log = Log::new();
    let seen = log.clone();
    let _guard = attach("it-execute-count", "it.execute.count", move |event| {
        seen.push("ran");
        // Every second one succeeds, so that the handler is not put to rest.
        if event
            .measurement("n")
            .and_then(Number::as_u64)
            .is_some_and(|n| n % 2 == 0)
        {
            panic_quietly("on purpose");
        }
    })
    .unwrap()
    .guard();
    let rounds = 3 * MAX_NESTING;
    for n in 0..rounds {
        execute!("it.execute.count", { n });
    }
    assert_eq!(log.len(), rounds as usize);
}
