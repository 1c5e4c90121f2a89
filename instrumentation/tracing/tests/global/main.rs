//! What needs a global subscriber: libraries that record on threads of their own, and circles,
//! which `tracing` itself only breaks for the subscribers of one thread.

mod circles;
mod sqlx_queries;
#[path = "../support/mod.rs"]
mod support;

use std::sync::OnceLock;

use support::Recorder;
use telemetry_tracing::{Rule, take_in};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

/// The one subscriber of this process.
fn subscriber() -> &'static Recorder {
    static RECORDER: OnceLock<Recorder> = OnceLock::new();
    RECORDER.get_or_init(|| {
        let recorder = Recorder::default();
        let taken = take_in()
            .rule(Rule::sqlx("gl.sqlx.query"))
            .rule(Rule::below("gl", "gl.circle.taken"))
            .rule(Rule::below("telemetry", "gl.circle.ours"))
            .build()
            .unwrap();
        let circles = Targets::new()
            .with_target("gl", tracing::Level::TRACE)
            .with_target("telemetry", tracing::Level::TRACE);
        tracing_subscriber::registry()
            .with(taken)
            .with(recorder.clone().with_filter(circles))
            .with(circles::Emitting)
            .init();
        recorder
    })
}
