//! Streams that end when those who watch may do so no longer.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::Error;
use axum::body::{Body, BodyDataStream};
use axum::response::Response;
use bytes::Bytes;
use futures_core::Stream;

use crate::access::Lease;

/// It ends without a word, perhaps within an event, which browsers then forget: a page asks again, and
/// goes on or is told to log in.
struct Leased {
    /// `None` after the end.
    body: Option<BodyDataStream>,
    over: Pin<Box<dyn Future<Output = ()> + Send>>,
}

/// What is told is not told any longer than this.
pub(super) fn until(lease: Lease, response: Response) -> Response {
    if !response.status().is_success() {
        return response;
    }
    response.map(|body| {
        Body::from_stream(Leased {
            body: Some(body.into_data_stream()),
            over: Box::pin(lease.over()),
        })
    })
}

impl Stream for Leased {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        let next = Pin::new(body).poll_next(cx);
        let is_over = self.over.as_mut().poll(cx).is_ready();
        if is_over || matches!(next, Poll::Ready(None)) {
            self.body = None;
            return Poll::Ready(None);
        }
        next
    }
}
