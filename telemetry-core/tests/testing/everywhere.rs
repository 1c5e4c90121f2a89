//! Captures of what is emitted by code that the test has no hold of.

use std::sync::mpsc;
use std::thread;

use telemetry::testing::{assert_emitted, capture, capture_many};
use telemetry::{OwnedEvent, execute, span};

use super::DEADLINE;

#[test]
fn events_of_other_scopes_and_of_none_are_captured() {
    let everywhere = capture_many(["everywhere.a", "everywhere.span.*"]).everywhere();
    let scoped = capture("everywhere.a");
    execute!("everywhere.a", {}, { from: "here" });
    let other = thread::spawn(|| {
        let own = capture("everywhere.a");
        execute!("everywhere.a", {}, { from: "another capture" });
        own.len()
    });
    assert_eq!(other.join().unwrap(), 1);
    let nobody = thread::spawn(|| {
        execute!("everywhere.a", {}, { from: "nobody" });
        span!("everywhere.span").finish();
    });
    nobody.join().unwrap();
    assert_eq!((everywhere.len(), scoped.len()), (5, 1));
    for from in ["here", "another capture", "nobody"] {
        assert_emitted!(everywhere, "everywhere.a", {}, { from });
    }
    drop(everywhere);
    execute!("everywhere.a");
    assert_eq!(scoped.len(), 2);
}

/// A server as an application's tests share it: started by whoever comes first, never stopped.
fn requests() -> mpsc::Sender<u32> {
    let (send, receive) = mpsc::channel::<u32>();
    thread::spawn(move || {
        for id in receive {
            span!("everywhere.request", { id }).in_scope(|| execute!("everywhere.row", {}, { id }));
        }
    });
    send
}

#[test]
fn tests_of_one_server_tell_their_events_apart_by_what_is_in_them() {
    let server = requests();
    thread::scope(|tests| {
        for id in 0..8 {
            let server = server.clone();
            tests.spawn(move || {
                let captured = capture("everywhere.request.*").everywhere();
                server.send(id).unwrap();
                let is_ours = |event: &OwnedEvent| {
                    event.name().ends_with(".stop") && event.metadata_is("id", id)
                };
                captured.wait_where(is_ours, DEADLINE).blocking().unwrap();
                assert_emitted!(captured, "everywhere.request.start", {}, { id });
            });
        }
    });
}
