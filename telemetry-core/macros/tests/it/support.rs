//! What the tests share: a log of the events of one span, and futures polled by hand.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use telemetry::{AttachGuard, attach_many};

/// The events of one span, as lines, until it is dropped.
pub(crate) struct Watch {
    lines: Lines,
    _guard: AttachGuard,
}

/// Lines that handlers and destructors wrote, in order.
#[derive(Clone, Default)]
pub(crate) struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    pub(crate) fn push(&self, line: impl Into<String>) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(line.into());
    }

    /// The lines so far, which are gone afterwards.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Attaches to the events of the span `name`. A line is the last word of the event, what was
/// measured beside the times, and the metadata: `stop rows=2 | outcome=ok`.
pub(crate) fn watch(name: &'static str) -> Watch {
    let lines = Lines::default();
    let log = lines.clone();
    let events = ["start", "stop", "exception"].map(|event| format!("{name}.{event}"));
    let attached = attach_many(name, events, move |event| {
        let mut line = event.name()[name.len() + 1..].to_owned();
        for (key, number) in event.measurements() {
            if !["duration", "monotonic_time", "system_time"].contains(&key) {
                line.push_str(&format!(" {key}={number}"));
            }
        }
        line.push_str(" |");
        for (key, value) in event.all_metadata() {
            line.push_str(&format!(" {key}={value}"));
        }
        log.push(line);
    });
    Watch {
        lines,
        _guard: attached.unwrap().guard(),
    }
}

impl Watch {
    /// The lines so far, which are gone afterwards.
    pub(crate) fn take(&self) -> Vec<String> {
        self.lines.take()
    }

    /// The log itself, for others to write to.
    pub(crate) fn lines(&self) -> Lines {
        self.lines.clone()
    }
}

/// Writes a line when it is dropped.
pub(crate) struct OnDrop(pub(crate) &'static str, pub(crate) Lines);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.1.push(self.0);
    }
}

pub(crate) fn poll_once<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// The output of a future that never waits.
pub(crate) fn now<F: Future>(future: F) -> F::Output {
    match poll_once(std::pin::pin!(future)) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the future waits"),
    }
}

/// Panics without the lines that the panic hook would write.
pub(crate) fn panic_quietly(text: &'static str) -> ! {
    std::panic::resume_unwind(Box::new(text))
}

/// Runs what is to panic, and asserts that it does.
pub(crate) fn panics<R>(work: impl FnOnce() -> R) {
    assert!(catch_unwind(AssertUnwindSafe(work)).is_err(), "no panic");
}
