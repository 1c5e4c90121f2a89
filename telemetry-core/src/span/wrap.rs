//! A future that is a span's work.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::{Ending, Span};
use crate::context::{Current, enter_all, enter_all_unless_current, is_current};

pin_project! {
    /// A future (or stream) whose end is the end of a span; made by [`Span::wrap`].
    ///
    /// A panic is caught where it happens, reported with its message, and goes on. So the span
    /// says `panic` even if the future is dropped later, after a layer above has caught the panic
    /// and `thread::panicking` is false again.
    #[must_use = "futures do nothing unless polled"]
    pub struct Wrapped<F> {
        // Taken out only by the drop.
        #[pin]
        future: Option<F>,
        // Dropped after the future, whose destructor is still the span's work.
        span: Span,
        current: Current,
        // Of a stream: it has said that no item is left, but not yet that it is over.
        exhausted: bool,
    }

    impl<F> PinnedDrop for Wrapped<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let dropping = (!is_current(*this.current)).then(|| enter_all(*this.current));
            this.future.set(None);
            drop(dropping);
            if *this.exhausted && !std::thread::panicking() {
                this.span.end(&Ending::Returned);
            }
        }
    }
}

impl<F> Wrapped<F> {
    pub(super) fn new(span: Span, future: F) -> Self {
        Self {
            current: span.current(),
            future: Some(future),
            span,
            exhausted: false,
        }
    }

    /// Polls with the span being current; when that says that all is over, ends the span.
    pub(super) fn poll_with<R>(
        self: Pin<&mut Self>,
        poll: impl FnOnce(Pin<&mut F>) -> R,
        is_over: impl FnOnce(&Span, &R) -> bool,
    ) -> Option<R> {
        let this = self.project();
        let future = this.future.as_pin_mut()?;
        if !this.span.is_observed() {
            let _within = enter_all_unless_current(*this.current);
            return Some(poll(future));
        }
        let within = enter_all(*this.current);
        // Unwind safety: the panic goes on at once; whoever catches it above decides.
        let result = catch_unwind(AssertUnwindSafe(|| poll(future)));
        // Also what the future has entered and not left: none of that is the end's context.
        drop(within);
        match result {
            Ok(result) => {
                if is_over(this.span, &result) {
                    this.span.end(&Ending::Returned);
                }
                Some(result)
            }
            Err(payload) => {
                this.span.end(&Ending::Panicked(Some(&*payload)));
                resume_unwind(payload)
            }
        }
    }
}

impl<F: Future> Future for Wrapped<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.poll_with(|future| future.poll(cx), |_, polled| polled.is_ready())
            .unwrap_or(Poll::Pending)
    }
}

#[cfg(feature = "stream")]
impl<S: futures_core::Stream> futures_core::Stream for Wrapped<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let is_observed = self.span.is_observed();
        let polled = self.as_mut().poll_with(
            |mut stream| {
                let polled = stream.as_mut().poll_next(cx);
                // A consumer that counts, as one of a body of known length, never asks for the end.
                let exhausted = is_observed && stream.size_hint() == (0, Some(0));
                (polled, exhausted)
            },
            |_, (polled, _)| matches!(polled, Poll::Ready(None)),
        );
        let (polled, exhausted) = polled.unwrap_or((Poll::Ready(None), false));
        *self.project().exhausted = exhausted;
        polled
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.future
            .as_ref()
            .map_or((0, Some(0)), futures_core::Stream::size_hint)
    }
}

impl<F> fmt::Debug for Wrapped<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wrapped")
            .field("span", &self.span)
            .finish_non_exhaustive()
    }
}
