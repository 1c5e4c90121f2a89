//! Cases of the area `telemetry_test`.

use std::panic::resume_unwind;
use std::sync::Barrier;
use std::thread;

use telemetry::testing::{assert_emitted, assert_not_emitted, capture};
use telemetry::{execute, list_handlers};

#[test]
fn test_001_a_capture_is_a_handler_until_it_is_dropped() {
    let emit = || execute!("v_test1.b", { n: 1 }, { key: "value" });
    let rows = || list_handlers("v_test1").len();
    let captured = capture("v_test1.b");
    emit();
    // There the reference is the handler's id, and comes with each message; here one holds what one
    // captured.
    assert_eq!(list_handlers("v_test1")[0].id, captured.id());
    assert_emitted!(captured, "v_test1.b", { n: 1 }, { key: "value" });
    assert_eq!(captured.len(), 1);

    drop(captured);
    emit();
    assert_eq!(rows(), 0);

    // There nothing detaches it when the test's process ends; here a test that panics does.
    let test = thread::spawn(|| {
        let _captured = capture("v_test1.b");
        resume_unwind(Box::new("on purpose"));
    });
    assert!(test.join().is_err());
    assert_eq!(rows(), 0);
}

#[test]
fn test_003_only_the_test_that_emits_receives() {
    let both_capture = Barrier::new(2);
    let emitted = Barrier::new(2);
    thread::scope(|tests| {
        tests.spawn(|| {
            let captured = capture("v_test3.b");
            both_capture.wait();
            execute!("v_test3.b");
            emitted.wait();
            assert_emitted!(captured, "v_test3.b");
        });
        tests.spawn(|| {
            let captured = capture("v_test3.b");
            // As there, if one asks for it.
            let everywhere = capture("v_test3.b").everywhere();
            both_capture.wait();
            emitted.wait();
            assert_not_emitted!(captured, "v_test3.b");
            assert_emitted!(everywhere, "v_test3.b");
        });
    });
}
