//! Spans nested deeper than any program should: the registry closes a parent with its last child by
//! calling itself. A binary of its own, because overflowing the stack ends the process.

#[path = "support/mod.rs"]
mod support;

use support::{Recorder, Told};
use telemetry::{Span, execute, span};
use telemetry_tracing::{MAX_OPEN_SPANS, MAX_SPAN_DEPTH, forward};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::prelude::*;

fn nested(count: usize) -> Vec<Span> {
    let mut spans = vec![span!("deep.a")];
    while spans.len() < count {
        let above = spans.last().and_then(Span::context);
        spans.push(span!(parent: above, "deep.a"));
    }
    spans
}

/// Several layers, and a small stack.
fn with_subscriber(work: impl FnOnce(&Recorder) + Send) {
    let run = || {
        let recorder = Recorder::default();
        let subscriber = tracing_subscriber::registry()
            .with(fmt::layer().with_writer(std::io::sink))
            .with(recorder.clone())
            .with(Recorder::default().with_filter(LevelFilter::DEBUG))
            .with(fmt::layer().with_filter(LevelFilter::ERROR));
        let _default = tracing::subscriber::set_default(subscriber);
        work(&recorder);
    };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(1024 * 1024);
        thread.spawn_scoped(scope, run).unwrap().join().unwrap();
    });
}

/// One test, as all spans of the process count.
#[test]
fn nesting_is_bounded_and_everything_closes() {
    let _forward = forward(["deep.*"]).attach("deep").unwrap().guard();
    with_subscriber(|recorder| {
        let count = 3 * MAX_SPAN_DEPTH;
        let outer_first = nested(count);
        let last = outer_first.last().and_then(Span::context).unwrap();
        last.in_scope(|| execute!("deep.event"));
        drop(outer_first);
        let mut inner_first = nested(count);
        inner_first.reverse();
        drop(inner_first);

        let told = recorder.take();
        let depth = told.iter().filter_map(|told| match told {
            Told::Opened { scope, .. } => Some(scope.len()),
            _ => None,
        });
        let expected = (1..=count).map(|depth| depth.min(MAX_SPAN_DEPTH));
        assert!(depth.eq(expected.clone().chain(expected)));
        let inside = told.iter().find_map(|told| match told {
            Told::Event {
                name: "deep.event",
                scope,
                ..
            } => Some(scope.len()),
            _ => None,
        });
        assert_eq!(inside, Some(MAX_SPAN_DEPTH));
        let closed = told.iter().filter(|told| matches!(told, Told::Closed(_)));
        assert_eq!(closed.count(), 2 * count);
    });
    // More than may be open: parents are closed while their children are not.
    with_subscriber(|recorder| {
        drop(nested(2 * MAX_OPEN_SPANS));
        let told = recorder.take();
        let closed = told.iter().filter(|told| matches!(told, Told::Closed(_)));
        assert_eq!(closed.count(), 2 * MAX_OPEN_SPANS);
    });
}
