//! The span is current while the function's work runs, and not afterwards.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use telemetry::{SpanContext, attach};
use telemetry_macros::measured;

use crate::support::now;

type Id = Option<String>;

fn id(context: SpanContext) -> String {
    context.span_id().to_string()
}

/// The current span.
fn current() -> Id {
    SpanContext::current().map(id)
}

/// Asserts that what `work` saw as current is the span called `name` each time.
fn assert_current(name: &'static str, work: impl FnOnce() -> Vec<Id>) {
    let span = Arc::new(Mutex::new(None));
    let seen = span.clone();
    let guard = attach(name, &format!("{name}.stop"), move |event| {
        *seen.lock().unwrap() = event.context().map(id);
    });
    let _guard = guard.unwrap().guard();
    let inside = work();
    let span = span.lock().unwrap().clone();
    assert!(span.is_some() && !inside.is_empty());
    assert!(inside.iter().all(|id| *id == span), "{inside:?} {span:?}");
    assert_ne!(current(), span);
}

#[measured("macros.current.call", result = |span, ids| {
    assert_eq!(current(), ids[0]);
    span.measure("n", ids.len());
})]
fn call() -> Vec<Id> {
    vec![current()]
}

#[measured("macros.current.async")]
async fn asynchronous() -> Vec<Id> {
    let before = current();
    tokio::task::consume_budget().await;
    vec![before, current()]
}

#[measured("macros.current.future")]
fn future() -> impl Future<Output = Vec<Id>> {
    let making = current();
    async { vec![making, current()] }
}

#[measured("macros.current.boxed", result = |ids| ids.len())]
fn boxed() -> Pin<Box<dyn Future<Output = Vec<Id>>>> {
    let making = current();
    Box::pin(async { vec![making, current()] })
}

#[test]
fn the_span_is_current_in_every_kind_of_function() {
    assert_current("macros.current.call", call);
    assert_current("macros.current.async", || now(asynchronous()));
    assert_current("macros.current.future", || now(future()));
    assert_current("macros.current.boxed", || now(boxed()));
}
