//! [`ResponseBody`]: from the headers of the response to the end of its body, which is the end of
//! the span.

use std::fmt::{self, Display};
use std::mem;
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
        // Until nothing can come of it.
        #[pin]
        inner: Option<B>,
        stage: Stage,
    }

    impl<B> PinnedDrop for ResponseBody<B> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            match this.stage.end() {
                Stage::Ended(context) => {
                    if this.inner.is_some() {
                        let _entered = context.map(SpanContext::enter);
                        this.inner.set(None);
                    }
                }
                Stage::Open { exchange, .. } => {
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
    }
}

enum Stage {
    Open {
        exchange: Exchange,
        left: Left,
    },
    /// The span has ended, and this is current while the inner body is still there.
    Ended(Option<SpanContext>),
}

impl Stage {
    /// Goes to the end, and returns what was before.
    fn end(&mut self) -> Self {
        let context = match self {
            Self::Open { exchange, .. } => exchange.context(),
            Self::Ended(context) => *context,
        };
        mem::replace(self, Self::Ended(context))
    }
}

/// How a body stands after a poll.
#[derive(PartialEq)]
enum After {
    /// There is more.
    Open,
    /// The server has all that it was promised, but may ask for more, which may be trailers.
    Enough,
    /// Nothing can follow.
    Over,
}

impl<B> ResponseBody<B> {
    pub(crate) fn new(inner: B, exchange: Exchange, left: Left) -> Self {
        let stage = if left == Left::Nothing {
            let context = exchange.context();
            exchange.finish();
            Stage::Ended(context)
        } else {
            Stage::Open { exchange, left }
        };
        Self {
            inner: Some(inner),
            stage,
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
        let mut this = self.project();
        let (exchange, left) = match this.stage {
            Stage::Open { exchange, left } => (exchange, left),
            Stage::Ended(context) => {
                let Some(inner) = this.inner.as_pin_mut() else {
                    return Poll::Ready(None);
                };
                let _entered = context.map(SpanContext::enter);
                return inner.poll_frame(cx);
            }
        };
        // Set from inside, so that frames are moved once less.
        let mut polled = Poll::Pending;
        // Unwind safety: the panic goes on at once; whoever catches it above decides.
        let caught = catch_unwind(AssertUnwindSafe(|| {
            let _entered = exchange.enter();
            let Some(mut inner) = this.inner.as_mut().as_pin_mut() else {
                return After::Over;
            };
            polled = inner.as_mut().poll_frame(cx);
            let after = match &polled {
                Poll::Pending => After::Open,
                Poll::Ready(None | Some(Err(_))) => After::Over,
                Poll::Ready(Some(Ok(frame))) => {
                    let bytes = frame.data_ref().map_or(0, Buf::remaining) as u64;
                    exchange.hand_over(bytes);
                    *left = left.after(bytes);
                    if frame.is_trailers() || inner.is_end_stream() {
                        After::Over
                    } else if *left == Left::Nothing {
                        After::Enough
                    } else {
                        After::Open
                    }
                }
            };
            if after == After::Over {
                // What the body still owns is dropped as the request's work.
                this.inner.set(None);
            }
            after
        }));
        if matches!(caught, Ok(After::Open)) {
            return polled;
        }
        if let Stage::Open { exchange, .. } = this.stage.end() {
            match (caught, &polled) {
                (Err(payload), _) => exchange.end_with_panic(payload),
                (Ok(_), Poll::Ready(Some(Err(error)))) => exchange.fail(error),
                (Ok(_), _) => exchange.finish(),
            }
        }
        polled
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
        let open = match &self.stage {
            Stage::Open { exchange, .. } => Some(exchange),
            Stage::Ended(_) => None,
        };
        f.debug_struct("ResponseBody")
            .field("span", &open)
            .finish_non_exhaustive()
    }
}
