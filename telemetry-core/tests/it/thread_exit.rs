//! Emitting while a thread ends, from destructors of its thread locals.

use std::cell::Cell;
use std::thread;

use telemetry::{attach, execute};

use crate::support::{Log, OnDrop, failures, panic_quietly};

#[test]
fn a_destructor_of_a_thread_local_may_emit_while_its_thread_ends() {
    struct Emits;
    impl Drop for Emits {
        fn drop(&mut self) {
            execute!("it.execute.exit", { n: 1 }, { thread: "ending" });
            let span = telemetry::span!("it.execute.exit.span");
            span.finish();
        }
    }
    thread_local! {
        static BEFORE: Cell<Option<Emits>> = const { Cell::new(None) };
        static AFTER: Cell<Option<Emits>> = const { Cell::new(None) };
    }
    let log = Log::new();
    let events = [
        "it.execute.exit",
        "it.execute.exit.span.stop",
        "it.execute.exit.ordinary",
    ];
    let _guard = telemetry::attach_many("it-execute-exit", events, log.writes_name())
        .unwrap()
        .guard();
    // Thread locals are dropped in an order of their own, so one is made before this crate's are
    // first used by the thread and one after.
    thread::spawn(|| {
        BEFORE.set(Some(Emits));
        execute!("it.execute.exit.ordinary");
        AFTER.set(Some(Emits));
    })
    .join()
    .unwrap();
    assert_eq!(
        log.take(),
        [events[2], events[0], events[1], events[0], events[1]]
    );
    assert_eq!(failures("it-execute-exit"), 0);
}

#[test]
fn a_failing_handler_is_isolated_while_the_thread_ends() {
    type Emits = OnDrop<fn()>;
    thread_local! {
        static LAST: Cell<Option<Emits>> = const { Cell::new(None) };
    }
    let id = "it-execute-exit-fails";
    let _guard = attach(id, "it.execute.exit.fails", |_| panic_quietly("late"))
        .unwrap()
        .guard();
    thread::spawn(|| LAST.set(Some(OnDrop::new(|| execute!("it.execute.exit.fails")))))
        .join()
        .unwrap();
    assert_eq!(failures(id), 1);
}
