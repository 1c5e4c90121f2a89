//! [`ResponseBody`]: from the headers of the response to the end of its body, which is the end of
//! the span.

use std::fmt::{self, Display};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Buf;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use telemetry::SpanContext;

use crate::exchange::Exchange;
use crate::left::Left;

pin_project! {
    /// The body of a response; its end is the end of the span.
    ///
    /// It passes everything through: frames and trailers, `size_hint`, `is_end_stream`. Dropped
    /// before its end, it ends the span as `cancelled`.
    pub struct ResponseBody<B> {
        // Taken out only by the drop.
        #[pin]
        inner: Option<B>,
        open: Option<Open>,
        // What is current from the end on, while the inner body is still there.
        context: Option<SpanContext>,
    }

    impl<B> PinnedDrop for ResponseBody<B> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let Some(Open { exchange, .. }) = this.open.take() else {
                let _entered = this.context.map(SpanContext::enter);
                this.inner.set(None);
                return;
            };
            // What the body owns is dropped as the request's work.
            let dropped = catch_unwind(AssertUnwindSafe(|| {
                let _entered = exchange.enter();
                this.inner.set(None);
            }));
            match dropped {
                Ok(()) => exchange.cancel(),
                Err(payload) => exchange.end_with_panic(payload),
            }
        }
    }
}

/// A body that is not at its end.
struct Open {
    exchange: Exchange,
    left: Left,
}

impl<B> ResponseBody<B> {
    pub(crate) fn new(inner: B, exchange: Exchange, left: Left) -> Self {
        let context = exchange.context();
        let open = if left == Left::Nothing {
            exchange.finish();
            None
        } else {
            Some(Open { exchange, left })
        };
        Self {
            inner: Some(inner),
            open,
            context,
        }
    }

    /// One that nothing is told about any more.
    pub(crate) fn ended(inner: B) -> Self {
        Self {
            inner: Some(inner),
            open: None,
            context: None,
        }
    }
}

impl<B> Body for ResponseBody<B>
where
    B: Body<Error: Display>,
{
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = self.project();
        let Some(mut inner) = this.inner.as_pin_mut() else {
            return Poll::Ready(None);
        };
        let Some(mut open) = this.open.take() else {
            let _entered = this.context.map(SpanContext::enter);
            return inner.poll_frame(cx);
        };
        // Unwind safety: the panic goes on at once; whoever catches it above decides.
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let _entered = open.exchange.enter();
            let polled = inner.as_mut().poll_frame(cx);
            let ended = match &polled {
                Poll::Pending => false,
                Poll::Ready(None | Some(Err(_))) => true,
                Poll::Ready(Some(Ok(frame))) => {
                    let bytes = frame.data_ref().map_or(0, Buf::remaining) as u64;
                    open.exchange.hand_over(bytes);
                    open.left = open.left.after(bytes);
                    open.left == Left::Nothing || frame.is_trailers() || inner.is_end_stream()
                }
            };
            (polled, ended)
        }));
        match polled {
            Ok((polled, false)) => {
                *this.open = Some(open);
                polled
            }
            Ok((polled, true)) => {
                match &polled {
                    Poll::Ready(Some(Err(error))) => open.exchange.fail(error),
                    _ => open.exchange.finish(),
                }
                polled
            }
            Err(payload) => open.exchange.end_with_panic(payload),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.inner {
            Some(inner) => inner.size_hint(),
            None => SizeHint::with_exact(0),
        }
    }
}

impl<B> fmt::Debug for ResponseBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseBody")
            .field("span", &self.open.as_ref().map(|open| &open.exchange))
            .finish_non_exhaustive()
    }
}
