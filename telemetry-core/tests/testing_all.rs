//! Captures of everything. They make every event of the process observed, so they have one to
//! themselves.

use std::sync::Barrier;
use std::thread;

use telemetry::testing::capture;
use telemetry::{OwnedEvent, execute, span};

#[test]
fn a_capture_of_everything_takes_only_what_is_of_its_test() {
    const TESTS: u64 = 4;
    let all_capture = Barrier::new(TESTS as usize);
    thread::scope(|tests| {
        for test in 0..TESTS {
            let all_capture = &all_capture;
            tests.spawn(move || {
                let captured = capture("*");
                all_capture.wait();
                execute!("all.event", {}, { test });
                span!("all.span", { test }).finish();
                all_capture.wait();
                let events = captured.events();
                let names: Vec<_> = events.iter().map(OwnedEvent::name).collect();
                assert_eq!(names, ["all.event", "all.span.start", "all.span.stop"]);
                assert!(events.iter().all(|event| event.metadata_is("test", test)));
                assert_eq!(captured.named("*").len(), 3);
            });
        }
    });
}
