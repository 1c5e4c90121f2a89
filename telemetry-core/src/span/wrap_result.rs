//! A future that is a span's work, and says by its result whether that went well.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::{Span, Wrapped, fail_if_err};

pin_project! {
    /// A future whose end is the end of a span, and whose `Err` is the span's `error`; made by
    /// [`Span::wrap_result`].
    #[must_use = "futures do nothing unless polled"]
    pub struct WrappedResult<F> {
        #[pin]
        wrapped: Wrapped<F>,
    }
}

impl<F> WrappedResult<F> {
    pub(super) fn new(span: Span, future: F) -> Self {
        Self {
            wrapped: Wrapped::new(span, future),
        }
    }
}

impl<F, T, E> Future for WrappedResult<F>
where
    F: Future<Output = Result<T, E>>,
    E: fmt::Display,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let judged = |span: &Span, polled: &Poll<F::Output>| match polled {
            Poll::Ready(result) => {
                fail_if_err(span, result);
                true
            }
            Poll::Pending => false,
        };
        let wrapped = self.project().wrapped;
        wrapped
            .poll_with(|future| future.poll(cx), judged)
            .unwrap_or(Poll::Pending)
    }
}

impl<F> fmt::Debug for WrappedResult<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.wrapped.fmt(f)
    }
}
