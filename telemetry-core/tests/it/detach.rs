//! Detaching: what it stops and what it does not, and destructors of handlers, which are user code
//! that may do anything.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;

use telemetry::{attach, attach_many, detach, execute, list_handlers};

use crate::support::{
    DEADLINE, Log, OnDrop, catch, failures, in_own_process, panic_quietly, unstuck,
};

#[test]
fn detach_says_whether_there_was_anything() {
    assert!(!detach("it-detach-says"));
    attach("it-detach-says", "it.detach.says", |_| {}).unwrap();
    assert!(!detach("it-detach"), "ids are compared whole");
    assert!(!detach("it-detach-*"));
    assert!(detach("it-detach-says"));
    assert!(!detach("it-detach-says"));
}

#[test]
fn a_handler_is_detached_from_all_its_events() {
    let log = Log::new();
    let events = ["it.detach.all.a", "it.detach.all.b", "it.detach.all.c"];
    let emit = || {
        execute!("it.detach.all.a");
        execute!("it.detach.all.b");
        execute!("it.detach.all.c");
    };
    let _other = attach("it-detach-all-other", "it.detach.all.b", log.writes("b"))
        .unwrap()
        .guard();
    attach_many("it-detach-all", events, log.writes_name()).unwrap();
    emit();
    assert_eq!(
        log.take(),
        ["it.detach.all.a", "b", "it.detach.all.b", "it.detach.all.c"]
    );
    assert!(detach("it-detach-all"));
    emit();
    assert_eq!(log.take(), ["b"]);
    assert_eq!(list_handlers("it.detach.all").len(), 1);
}

#[test]
fn after_detach_the_arguments_are_not_evaluated() {
    let evaluated = AtomicU32::new(0);
    let emit = || execute!("it.detach.lazy", { n: evaluated.fetch_add(1, Ordering::Relaxed) });
    let guard = attach("it-detach-lazy", "it.detach.lazy", |_| {})
        .unwrap()
        .guard();
    emit();
    drop(guard);
    emit();
    assert_eq!(evaluated.into_inner(), 1);
}

#[test]
fn a_handler_may_detach_itself_and_go_on() {
    let log = Log::new();
    let (seen, alive) = (log.clone(), Arc::new("still here"));
    let weak = Arc::downgrade(&alive);
    attach("it-detach-self", "it.detach.self", move |_| {
        assert!(detach("it-detach-self"));
        assert!(!detach("it-detach-self"));
        // What it captured is there until it returns.
        seen.push(*alive);
    })
    .unwrap();
    let _last = attach("it-detach-last", "it.detach.self", log.writes("last"))
        .unwrap()
        .guard();
    let emit = || execute!("it.detach.self");
    emit();
    assert!(
        weak.upgrade().is_none(),
        "the handler is dropped when the event is through"
    );
    emit();
    assert_eq!(log.take(), ["still here", "last", "last"]);
}

#[test]
fn an_event_in_flight_still_reaches_a_handler_that_is_detached_meanwhile() {
    let log = Log::new();
    let _first = attach("it-detach-flight-1", "it.detach.flight", |_| {
        detach("it-detach-flight-2");
    })
    .unwrap()
    .guard();
    attach(
        "it-detach-flight-2",
        "it.detach.flight",
        log.writes("second"),
    )
    .unwrap();
    let emit = || execute!("it.detach.flight");
    emit();
    assert_eq!(
        log.take(),
        ["second"],
        "the list is as it was when the dispatch began"
    );
    emit();
    assert_eq!(log.len(), 0);
}

#[test]
fn detach_does_not_wait_for_a_dispatch_in_progress() {
    unstuck(|| {
        let (entered, has_entered) = mpsc::channel();
        let (detached, is_detached) = mpsc::channel::<()>();
        let is_detached = std::sync::Mutex::new(is_detached);
        let (dropped, is_dropped) = mpsc::channel();
        let on_drop = OnDrop::new(move || dropped.send(thread::current().id()).unwrap());
        attach("it-detach-busy", "it.detach.busy", move |_| {
            let _ = &on_drop;
            entered.send(()).unwrap();
            is_detached.lock().unwrap().recv_timeout(DEADLINE).unwrap();
        })
        .unwrap();
        let emitter = thread::spawn(|| execute!("it.detach.busy"));
        let emitter_id = emitter.thread().id();
        has_entered.recv_timeout(DEADLINE).unwrap();
        assert!(detach("it-detach-busy"));
        assert!(is_dropped.try_recv().is_err(), "it is running");
        detached.send(()).unwrap();
        emitter.join().unwrap();
        assert_eq!(is_dropped.recv_timeout(DEADLINE), Ok(emitter_id));
    });
}

/// Attaches a handler whose captured value runs `on_drop` in its destructor, and drops it in both
/// possible places: in `detach`, and at the end of a dispatch in which it detached itself.
fn with_destructor(
    event: &'static str,
    emit: fn(),
    on_drop: impl Fn() + Clone + Send + Sync + 'static,
) {
    unstuck(move || {
        let value = OnDrop::new(on_drop.clone());
        attach(event, event, move |_| {
            let _ = &value;
        })
        .unwrap();
        assert!(detach(event), "whatever its destructor does");
        assert!(!detach(event));

        let value = OnDrop::new(on_drop);
        attach(event, event, move |_| {
            let _ = &value;
            detach(event);
        })
        .unwrap();
        emit();
        assert!(!detach(event));
    });
}

#[test]
fn a_destructor_may_emit() {
    let log = Log::new();
    let _guard = attach(
        "it-detach-emits-2",
        "it.detach.emits.dropped",
        log.writes("dropped"),
    );
    with_destructor(
        "it.detach.emits",
        || execute!("it.detach.emits"),
        || execute!("it.detach.emits.dropped"),
    );
    assert!(detach("it-detach-emits-2"));
    assert_eq!(log.take(), ["dropped", "dropped"]);
}

#[test]
fn a_destructor_may_attach_under_the_id_and_event_that_it_leaves() {
    let log = Log::new();
    let seen = log.clone();
    with_destructor(
        "it.detach.again",
        || execute!("it.detach.again"),
        move || {
            let _guard = attach("it.detach.again", "it.detach.again", seen.writes("again"))
                .unwrap()
                .guard();
            execute!("it.detach.again");
        },
    );
    assert_eq!(log.take(), ["again", "again"]);
}

#[test]
fn a_destructor_may_detach_another_handler() {
    let log = Log::new();
    let seen = log.clone();
    with_destructor(
        "it.detach.other",
        || execute!("it.detach.other"),
        move || {
            attach("it-detach-other-2", "it.detach.other", |_| {}).unwrap();
            seen.push(format!("{}", detach("it-detach-other-2")));
            assert!(list_handlers("it.detach.other").is_empty());
        },
    );
    assert_eq!(log.take(), ["true", "true"]);
}

#[test]
fn a_destructor_that_panics_does_not_reach_the_emitter() {
    let log = Log::new();
    let seen = log.clone();
    let _other = attach("it-detach-panics", "it.detach.panics", log.writes("other"))
        .unwrap()
        .guard();
    with_destructor(
        "it.detach.panics",
        || execute!("it.detach.panics"),
        move || {
            seen.push("dropped");
            panic_quietly("in a destructor");
        },
    );
    execute!("it.detach.panics");
    assert_eq!(log.take(), ["dropped", "other", "dropped", "other"]);
}

#[test]
fn a_destructor_that_panics_while_the_emitter_unwinds_does_not_abort() {
    let test = "detach::a_destructor_that_panics_while_the_emitter_unwinds_does_not_abort";
    in_own_process(test, || {
        let value = OnDrop::new(|| panic_quietly("in a destructor"));
        attach("it-detach-unwind", "it.detach.unwind", move |_| {
            let _ = &value;
            detach("it-detach-unwind");
        })
        .unwrap();
        let panic = catch(|| {
            let _emits = OnDrop::new(|| execute!("it.detach.unwind"));
            panic_quietly("the emitter's own");
        });
        assert_eq!(
            panic.unwrap_err().downcast_ref(),
            Some(&"the emitter's own")
        );
        assert!(!detach("it-detach-unwind"));
    });
}

#[test]
fn a_guard_dropped_by_unwinding_survives_a_destructor_that_panics() {
    let test = "detach::a_guard_dropped_by_unwinding_survives_a_destructor_that_panics";
    in_own_process(test, || {
        let value = OnDrop::new(|| panic_quietly("in a destructor"));
        let attached = attach("it-detach-guard", "it.detach.guard", move |_| {
            let _ = &value;
        });
        let panic = catch(|| {
            let _guard = attached.unwrap().guard();
            panic_quietly("on purpose");
        });
        assert_eq!(panic.unwrap_err().downcast_ref(), Some(&"on purpose"));
        assert_eq!(list_handlers("it.detach.guard"), []);
    });
}

#[test]
fn two_destructors_that_panic_after_one_event_do_not_abort() {
    let test = "detach::two_destructors_that_panic_after_one_event_do_not_abort";
    in_own_process(test, || {
        for id in ["it-detach-two-1", "it-detach-two-2"] {
            let value = OnDrop::new(|| panic_quietly("in a destructor"));
            attach(id, "it.detach.two", move |_| {
                let _ = &value;
                detach(id);
            })
            .unwrap();
        }
        // Both handlers live only in the list of this dispatch when it ends.
        execute!("it.detach.two");
        assert_eq!(list_handlers("it.detach.two"), []);
    });
}

#[test]
fn an_id_can_be_used_again_in_the_handler_that_gives_it_up() {
    let log = Log::new();
    let seen = log.clone();
    attach("it-detach-reuse", "it.detach.reuse", move |_| {
        detach("it-detach-reuse");
        attach(
            "it-detach-reuse",
            "it.detach.reuse",
            seen.writes("successor"),
        )
        .unwrap();
        seen.push("first");
    })
    .unwrap();
    let emit = || execute!("it.detach.reuse");
    emit();
    emit();
    assert_eq!(failures("it-detach-reuse"), 0);
    assert!(detach("it-detach-reuse"));
    assert_eq!(log.take(), ["first", "successor"]);
}
