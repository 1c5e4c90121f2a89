//! A future that is a span's work.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::{Ending, Span};

pin_project! {
    /// A future whose end is the end of a span; made by [`Span::wrap`].
    ///
    /// A panic is caught where it happens, reported with its message, and goes on. So the span
    /// says `panic` even if the future is dropped later, after a layer above has caught the panic
    /// and `thread::panicking` is false again.
    #[must_use = "futures do nothing unless polled"]
    pub struct Wrapped<F> {
        // Declared before the span: its destructor is still the span's work.
        #[pin]
        future: F,
        span: Span,
    }
}

impl<F> Wrapped<F> {
    pub(super) fn new(span: Span, future: F) -> Self {
        Self { future, span }
    }
}

impl<F: Future> Future for Wrapped<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if !this.span.is_observed() {
            return this.future.poll(cx);
        }
        // Unwind safety: the panic goes on at once; whoever catches it above decides.
        match catch_unwind(AssertUnwindSafe(|| this.future.poll(cx))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => {
                this.span.end(&Ending::Returned);
                Poll::Ready(output)
            }
            Err(payload) => {
                this.span.end(&Ending::Panicked(Some(&*payload)));
                resume_unwind(payload)
            }
        }
    }
}

impl<F> fmt::Debug for Wrapped<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wrapped")
            .field("span", &self.span)
            .finish_non_exhaustive()
    }
}
