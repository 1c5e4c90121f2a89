//! [`ClientFuture`]: from the call to the headers of its answer.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;

use super::ClientBody;
use super::calls::Settings;
use super::exchange::Exchange;
use super::reason::TRANSPORT;
use crate::left::{Bodiless, Left};
use crate::streamed::is_streamed;

/// A call without an answer yet.
pub(super) struct Waiting {
    pub(super) exchange: Exchange,
    pub(super) method: Bodiless,
    pub(super) settings: Arc<Settings>,
}

pin_project! {
    /// The answer to come, of a [`ClientService`](crate::ClientService).
    ///
    /// The span is current in each poll, and while the future is dropped. Dropped before it is
    /// ready, as by a timeout, it ends the span as `cancelled`.
    #[must_use = "futures do nothing unless polled"]
    pub struct ClientFuture<F> {
        // Taken out only by the drop.
        #[pin]
        inner: Option<F>,
        waiting: Option<Waiting>,
    }

    impl<F> PinnedDrop for ClientFuture<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let _within = this.waiting.as_ref().map(|waiting| waiting.exchange.span.enter());
            this.inner.set(None);
        }
    }
}

impl<F> ClientFuture<F> {
    pub(super) fn new(inner: F, waiting: Option<Waiting>) -> Self {
        Self {
            inner: Some(inner),
            waiting,
        }
    }
}

impl<F, B, E> Future for ClientFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
    E: 'static,
{
    type Output = Result<Response<ClientBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(inner) = this.inner.as_pin_mut() else {
            // Only the drop empties it.
            return Poll::Pending;
        };
        let Some(Waiting {
            mut exchange,
            method,
            settings,
        }) = this.waiting.take()
        else {
            return inner
                .poll(cx)
                .map_ok(|response| response.map(ClientBody::unobserved));
        };
        // Unwind safety: the panic goes on at once; whoever catches it above decides.
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let _within = exchange.span.enter();
            inner.poll(cx).map(|result| {
                // What the body says of itself is code of others too, so it is asked in here.
                result.map(|response| {
                    let left = Left::of(&response, method);
                    (response, left)
                })
            })
        }));
        match polled {
            Ok(Poll::Pending) => {
                *this.waiting = Some(Waiting {
                    exchange,
                    method,
                    settings,
                });
                Poll::Pending
            }
            Ok(Poll::Ready(Ok((response, left)))) => {
                exchange.answered(response.status().as_u16());
                // As on the server's side: what has a length, or no body, comes to its end by itself.
                if left == Left::Unknown && is_streamed(&response) {
                    exchange.streamed();
                }
                Poll::Ready(Ok(
                    response.map(|body| ClientBody::observed(body, exchange, left, settings))
                ))
            }
            Ok(Poll::Ready(Err(error))) => {
                let reason = settings.reasons.of_any(&error);
                exchange.fail(reason.unwrap_or(TRANSPORT));
                exchange.finish();
                Poll::Ready(Err(error))
            }
            Err(payload) => exchange.end_with_panic(payload),
        }
    }
}

impl<F> fmt::Debug for ClientFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let span = self.waiting.as_ref().map(|waiting| &waiting.exchange.span);
        f.debug_struct("ClientFuture")
            .field("span", &span)
            .finish_non_exhaustive()
    }
}
