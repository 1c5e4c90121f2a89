//! [`ResponseBody`]: from the headers of the response to the end of its body, which is the end of
//! the span.

use std::fmt::{self, Display};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Buf;
use http::{Response, StatusCode, header};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use telemetry::Span;

use crate::future::{Bodiless, end_with_panic};
use crate::labels::Brief;

/// What is still to come of a body, as far as its server will read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    /// Nothing: the server does not poll the body again.
    Nothing,
    /// So many bytes; after them the server may or may not poll again.
    Bytes(u64),
    /// Whatever comes until the body's end.
    Unknown,
}

impl Left {
    pub(crate) fn of<B: Body>(response: &Response<B>, method: Bodiless) -> Self {
        let status = response.status();
        let without_body = match method {
            Bodiless::Always => true,
            Bodiless::OnSuccess if status.is_success() => true,
            _ => {
                status.is_informational()
                    || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
            }
        };
        if without_body || response.body().is_end_stream() {
            return Self::Nothing;
        }
        // In the order in which hyper asks: the body's own size, then the header.
        let announced = response.body().size_hint().exact().or_else(|| {
            response
                .headers()
                .get(header::CONTENT_LENGTH)?
                .to_str()
                .ok()?
                .parse()
                .ok()
        });
        announced.map_or(Self::Unknown, |bytes| Self::Bytes(bytes).after(0))
    }

    /// What is left after so many more bytes.
    fn after(self, bytes: usize) -> Self {
        match self {
            Self::Bytes(left) => match left.saturating_sub(bytes as u64) {
                0 => Self::Nothing,
                left => Self::Bytes(left),
            },
            known => known,
        }
    }
}

pin_project! {
    /// The body of a response; its end is the end of the span.
    ///
    /// It passes everything through: frames and trailers, `size_hint`, `is_end_stream`. Dropped
    /// before its end, it ends the span as `cancelled`.
    pub struct ResponseBody<B> {
        // Declared before the span: its destructor is still the request's work.
        #[pin]
        inner: B,
        open: Option<Open>,
    }
}

/// A body that is not at its end.
struct Open {
    span: Span,
    left: Left,
}

impl<B> ResponseBody<B> {
    pub(crate) fn unobserved(inner: B) -> Self {
        Self { inner, open: None }
    }

    pub(crate) fn observed(inner: B, span: Span, left: Left) -> Self {
        if left == Left::Nothing {
            span.finish();
            return Self::unobserved(inner);
        }
        Self {
            inner,
            open: Some(Open { span, left }),
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
        let Some(mut open) = this.open.take() else {
            return this.inner.poll_frame(cx);
        };
        // Unwind safety: the panic goes on at once; whoever catches it above decides.
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let polled = this.inner.as_mut().poll_frame(cx);
            let ended = match &polled {
                Poll::Pending => false,
                Poll::Ready(None | Some(Err(_))) => true,
                Poll::Ready(Some(Ok(frame))) => {
                    open.left = open.left.after(frame.data_ref().map_or(0, Buf::remaining));
                    open.left == Left::Nothing || frame.is_trailers() || this.inner.is_end_stream()
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
                if let Poll::Ready(Some(Err(error))) = &polled {
                    open.span.fail(&Brief(error));
                }
                open.span.finish();
                polled
            }
            Err(payload) => end_with_panic(open.span, payload),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl<B> fmt::Debug for ResponseBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseBody")
            .field("span", &self.open.as_ref().map(|open| &open.span))
            .finish_non_exhaustive()
    }
}
