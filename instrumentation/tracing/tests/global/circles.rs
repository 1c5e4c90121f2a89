//! Forwarding and taking in, both at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use telemetry::execute;
use telemetry_tracing::forward;
use tracing::{Event, Subscriber, info};
use tracing_subscriber::layer::{Context, Layer};

use crate::support::{Caught, Told, Typed};

/// A layer that emits about whatever it is given, as one that counts its own work might.
pub(crate) struct Emitting;

impl<S: Subscriber> Layer<S> for Emitting {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target().starts_with("telemetry::gl")
            || event.metadata().target().starts_with("gl")
        {
            execute!("gl.circle.layer", { events: 1 });
        }
    }
}

/// One test, as all parts of the circle are global.
#[test]
fn nothing_goes_round() {
    let recorder = crate::subscriber();
    let _forward = forward(["gl.circle.*"])
        .attach("gl.circle")
        .unwrap()
        .guard();
    let caught = Caught::of("gl.circle.*");
    let handled = Arc::new(AtomicUsize::new(0));
    let count = handled.clone();
    // A handler that records what it is given, in a target that is taken in.
    let attached = telemetry::attach("gl.circle.logs", "gl.circle.taken", move |event| {
        count.fetch_add(1, Ordering::Relaxed);
        info!(target: "gl::handler", "handling {}", event.name());
        execute!("gl.circle.followed");
    });
    let _logs = attached.unwrap().guard();

    let messages = || -> Vec<String> {
        let told = recorder.take().into_iter();
        told.map(|told| match told {
            Told::Event { fields, .. } => match fields.get("message") {
                Typed::Str(text) | Typed::Debug(text) => text.clone(),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        })
        .collect()
    };
    let names = || -> Vec<&str> {
        caught
            .take()
            .iter()
            .map(telemetry::OwnedEvent::name)
            .collect()
    };

    for _ in 0..3 {
        // Begun by telemetry: forwarded, not taken in again, and what the layer emits about it is
        // not forwarded.
        execute!("gl.circle.begin");
        assert_eq!(messages(), ["gl.circle.begin"]);
        assert_eq!(names(), ["gl.circle.layer", "gl.circle.begin"]);
        assert_eq!(handled.load(Ordering::Relaxed), 0);

        // Begun by tracing: taken in once, not forwarded. What the handler records is recorded, and
        // not taken in; what it and the layer emit is forwarded as ever.
        info!(target: "gl::begin", "begin");
        let mut seen = messages();
        seen.sort();
        assert_eq!(
            seen,
            [
                "begin",
                "gl.circle.followed",
                "gl.circle.layer",
                "gl.circle.layer",
                "handling gl.circle.taken",
            ]
        );
        let mut seen = names();
        seen.sort_unstable();
        let layer = ["gl.circle.layer"; 5];
        let mut expected = vec!["gl.circle.followed", "gl.circle.taken"];
        expected.splice(1..1, layer);
        assert_eq!(seen, expected);
        assert_eq!(handled.swap(0, Ordering::Relaxed), 1);
    }
}
