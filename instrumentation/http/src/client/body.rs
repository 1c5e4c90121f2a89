//! [`ClientBody`]: from the headers of the answer to the end of its body, which is the end of the
//! span.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Buf;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::calls::Settings;
use super::exchange::Exchange;
use super::reason::BODY;
use crate::left::Left;

pin_project! {
    /// The body of an answer; its end is the end of the span.
    ///
    /// It passes everything through: frames and trailers, `size_hint`, `is_end_stream`. Dropped
    /// after some of it was asked for, and before its end, it ends the span as `cancelled`; dropped
    /// before anything was asked for, it ends the span as `ok`, because who looks at the status only
    /// has got what it wanted.
    pub struct ClientBody<B> {
        // Taken out only by the drop.
        #[pin]
        inner: Option<B>,
        open: Option<Open>,
    }

    impl<B> PinnedDrop for ClientBody<B> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let open = this.open.take();
            {
                let _within = open.as_ref().map(|open| open.exchange.span.enter());
                this.inner.set(None);
            }
            match open {
                Some(open) if !open.asked && !std::thread::panicking() => open.exchange.finish(),
                open => drop(open),
            }
        }
    }
}

/// A body that is not at its end.
struct Open {
    exchange: Exchange,
    left: Left,
    /// Whether anybody has polled it.
    asked: bool,
    settings: Arc<Settings>,
}

impl<B> ClientBody<B> {
    pub(super) fn unobserved(inner: B) -> Self {
        Self {
            inner: Some(inner),
            open: None,
        }
    }

    pub(super) fn observed(
        inner: B,
        exchange: Exchange,
        left: Left,
        settings: Arc<Settings>,
    ) -> Self {
        if left == Left::Nothing {
            exchange.finish();
            return Self::unobserved(inner);
        }
        Self {
            inner: Some(inner),
            open: Some(Open {
                exchange,
                left,
                asked: false,
                settings,
            }),
        }
    }
}

/// What polling a body answers.
type Polled<B> = Poll<Option<Result<Frame<<B as Body>::Data>, <B as Body>::Error>>>;

impl Open {
    /// Polls, and says whether that was the end.
    fn poll<B>(&mut self, mut inner: Pin<&mut B>, cx: &mut Context<'_>) -> (Polled<B>, bool)
    where
        B: Body<Error: 'static>,
    {
        self.asked = true;
        let _within = self.exchange.span.enter();
        let polled = inner.as_mut().poll_frame(cx);
        let ended = match &polled {
            Poll::Pending => false,
            Poll::Ready(None) => true,
            Poll::Ready(Some(Err(error))) => {
                let reason = self.settings.reasons.of_any(error);
                self.exchange.fail(reason.unwrap_or(BODY));
                true
            }
            Poll::Ready(Some(Ok(frame))) => {
                let bytes = frame.data_ref().map_or(0, Buf::remaining) as u64;
                self.exchange.received(bytes);
                self.left = self.left.after(bytes);
                self.left == Left::Nothing || frame.is_trailers() || inner.is_end_stream()
            }
        };
        (polled, ended)
    }
}

impl<B> Body for ClientBody<B>
where
    B: Body<Error: 'static>,
{
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Polled<B> {
        let this = self.project();
        let Some(inner) = this.inner.as_pin_mut() else {
            return Poll::Ready(None);
        };
        let Some(mut open) = this.open.take() else {
            return inner.poll_frame(cx);
        };
        // Unwind safety: the panic goes on at once; whoever catches it above decides.
        match catch_unwind(AssertUnwindSafe(|| open.poll(inner, cx))) {
            Ok((polled, false)) => {
                *this.open = Some(open);
                polled
            }
            Ok((polled, true)) => {
                open.exchange.finish();
                polled
            }
            Err(payload) => open.exchange.end_with_panic(payload),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner
            .as_ref()
            .map_or_else(SizeHint::default, Body::size_hint)
    }
}

impl<B> fmt::Debug for ClientBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let span = self.open.as_ref().map(|open| &open.exchange.span);
        f.debug_struct("ClientBody")
            .field("span", &span)
            .finish_non_exhaustive()
    }
}
