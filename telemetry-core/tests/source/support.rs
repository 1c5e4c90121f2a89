//! A source whose answer each thread chooses, and what its tests share.

use std::cell::Cell;
use std::future::Future;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::{Arc, Mutex, Once};
use std::task::{Context, Poll, Waker};

use telemetry::{
    AttachGuard, OwnedEvent, SpanContext, attach, execute, list_handlers, set_context_source, span,
};

/// What the other library does when it is asked.
#[derive(Clone, Copy)]
pub(crate) enum Theirs {
    Answer(Option<SpanContext>),
    Panic,
    /// Uses telemetry, and answers.
    Emit(Option<SpanContext>),
    /// Something else each time.
    Change,
}

thread_local! {
    pub(crate) static THEIRS: Cell<Theirs> = const { Cell::new(Theirs::Answer(None)) };
}

pub(crate) fn set_up() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        set_context_source(|| match THEIRS.get() {
            Theirs::Answer(context) => context,
            Theirs::Panic => resume_unwind(Box::new("on purpose")),
            Theirs::Emit(context) => {
                execute!("source.emits");
                span!("source.emits.span").in_scope(|| execute!("source.emits"));
                let _guard = SpanContext::new_root().enter();
                assert!(!list_handlers("source.emits").is_empty());
                assert!(set_context_source(|| None).is_err());
                let _ = SpanContext::current();
                context
            }
            Theirs::Change => Some(SpanContext::new_root()),
        })
        .unwrap();
    });
}

/// Runs `work` inside a span of theirs.
pub(crate) fn within<R>(theirs: SpanContext, work: impl FnOnce() -> R) -> R {
    let _back = Back(THEIRS.replace(Theirs::Answer(Some(theirs))));
    work()
}

pub(crate) struct Back(pub(crate) Theirs);

impl Drop for Back {
    fn drop(&mut self) {
        THEIRS.set(self.0);
    }
}

pub(crate) fn current() -> Option<SpanContext> {
    SpanContext::current()
}

/// A span of theirs, below what they know to be current: the same trace.
pub(crate) fn theirs_below(parent: Option<SpanContext>) -> SpanContext {
    let new = SpanContext::new_root();
    match parent {
        Some(parent) => SpanContext::new(parent.trace_id(), new.span_id(), parent.is_sampled()),
        None => new,
    }
}

pub(crate) fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

pub(crate) async fn pend(mut times: u32) {
    std::future::poll_fn(|_| {
        let now = times;
        times = times.saturating_sub(1);
        if now == 0 {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}

/// An event, and what was current in its handler.
pub(crate) type Noted = (OwnedEvent, Option<SpanContext>);

#[derive(Clone, Default)]
pub(crate) struct Seen(Arc<Mutex<Vec<Noted>>>);

impl Seen {
    pub(crate) fn of(pattern: &str) -> (Self, AttachGuard) {
        set_up();
        let seen = Self::default();
        let noted = seen.clone();
        let attached = attach(pattern, pattern, move |event| {
            // Before the lock: the source may emit, and come back here.
            let seen = (event.to_owned(), current());
            noted.0.lock().unwrap().push(seen);
        });
        (seen, attached.unwrap().guard())
    }

    pub(crate) fn take(&self) -> Vec<Noted> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}
