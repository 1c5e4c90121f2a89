//! What the tests share: a witness that keeps what handlers see, futures polled by hand, panics
//! without a line on standard error.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use telemetry::{AttachGuard, OwnedEvent, SpanContext, attach};

/// How long anything may take before it counts as stuck.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

pub(crate) fn current() -> Option<SpanContext> {
    SpanContext::current()
}

/// A list that handlers and destructors may write to.
pub(crate) struct Notes<T>(Arc<Mutex<Vec<T>>>);

impl<T> Clone for Notes<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Notes<T> {
    pub(crate) fn new() -> Self {
        Self(Arc::default())
    }

    pub(crate) fn push(&self, note: T) {
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        notes.push(note);
    }

    pub(crate) fn take(&self) -> Vec<T> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// An event, and what was current while its handler ran.
pub(crate) struct Seen {
    pub(crate) event: OwnedEvent,
    pub(crate) current: Option<SpanContext>,
}

impl Seen {
    /// Of the span that the event begins or ends.
    pub(crate) fn own(&self) -> SpanContext {
        self.event.span().expect("an event of a span").context()
    }

    pub(crate) fn parent(&self) -> Option<SpanContext> {
        self.event.span().expect("an event of a span").parent()
    }

    /// `stop ok`: the last segment of the name, and the outcome if there is one.
    pub(crate) fn what(&self) -> String {
        let last = self.event.name().rsplit('.').next().unwrap();
        match self.event.metadata("outcome") {
            Some(outcome) => format!("{last} {outcome}"),
            None => last.to_owned(),
        }
    }
}

/// Keeps all events that its pattern matches, as long as it lives.
pub(crate) struct Witness {
    seen: Notes<Seen>,
    _guard: AttachGuard,
}

impl Witness {
    /// The pattern is the handler's id, too.
    pub(crate) fn of(pattern: &str) -> Self {
        let seen = Notes::new();
        let noted = seen.clone();
        let attached = attach(pattern, pattern, move |event| {
            noted.push(Seen {
                event: event.to_owned(),
                current: current(),
            });
        });
        Self {
            seen,
            _guard: attached.unwrap().guard(),
        }
    }

    pub(crate) fn take(&self) -> Vec<Seen> {
        self.seen.take()
    }

    /// Of all that was seen, what happened.
    pub(crate) fn take_what(&self) -> Vec<String> {
        self.take().iter().map(Seen::what).collect()
    }

    /// The only event.
    pub(crate) fn only(&self) -> Seen {
        let mut all = self.take();
        let only = all.pop().expect("one event");
        assert!(all.is_empty(), "more than one event");
        only
    }
}

pub(crate) fn poll_once<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Is pending so many times.
pub(crate) async fn pend(times: usize) {
    let mut left = times;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(());
        }
        left -= 1;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// A panic in the future ends here, as in a layer that turns it into a reply.
pub(crate) async fn catch_panic<F: Future>(future: F) -> Result<F::Output, ()> {
    let mut future = pin!(future);
    poll_fn(
        move |context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(poll) => poll.map(Ok),
            Err(_) => Poll::Ready(Err(())),
        },
    )
    .await
}

/// Panics without the lines that the panic hook would write.
pub(crate) fn panic_quietly(payload: impl Any + Send) -> ! {
    resume_unwind(Box::new(payload))
}

/// The panic of `work`, or what it returned.
pub(crate) fn catch<R>(work: impl FnOnce() -> R) -> Result<R, Box<dyn Any + Send>> {
    catch_unwind(AssertUnwindSafe(work))
}

/// Runs a closure when it is dropped.
pub(crate) struct OnDrop<F: FnMut()>(pub(crate) F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// Notes what is current when it is dropped.
pub(crate) fn notes_current(notes: &Notes<Option<SpanContext>>) -> OnDrop<impl FnMut() + use<>> {
    let notes = notes.clone();
    OnDrop(move || notes.push(current()))
}
