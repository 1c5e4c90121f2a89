//! One subscriber in the whole process, and that one only of one thread. A binary of its own: `tracing`
//! asks all subscribers once there have been two, and only the thread's own before.

#[path = "support/mod.rs"]
mod support;

use std::thread;

use support::{Recorder, Told, text};
use telemetry::{execute, span};
use telemetry_tracing::forward;
use tracing_subscriber::prelude::*;

#[test]
fn a_callsite_first_met_without_a_subscriber_is_not_lost() {
    let _forward = forward(["alone.*"]).attach("alone").unwrap().guard();
    let recorder = Recorder::default();
    let subscriber = tracing_subscriber::registry().with(recorder.clone());
    let _default = tracing::subscriber::set_default(subscriber);
    let emit = || execute!("alone.event");
    thread::spawn(emit).join().unwrap();
    assert!(recorder.take().is_empty());
    emit();
    assert_eq!(*recorder.event().2.get("message"), text("alone.event"));

    // In a span whose subscriber is this thread's, and in no other.
    let span = span!("alone.span");
    let context = span.context().unwrap();
    recorder.take();
    let emit = || execute!("alone.elsewhere");
    thread::spawn(move || context.in_scope(emit))
        .join()
        .unwrap();
    let told = recorder.take();
    assert!(
        matches!(&*told, [Told::Event { scope, .. }] if *scope == ["alone.span"]),
        "{told:#?}"
    );
    emit();
    assert_eq!(recorder.take().len(), 1);
}
