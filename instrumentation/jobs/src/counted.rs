//! [`Counted`]: a future that counts as running until it is over.

use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::queue::Running;

pin_project! {
    /// Inside of the span's future, so that the count is right by the time the span's last event
    /// is emitted: when the future is ready, when it panics, and when it is dropped.
    #[must_use = "futures do nothing unless polled"]
    pub(crate) struct Counted<F> {
        #[pin]
        future: F,
        running: Option<Running>,
    }
}

impl<F> Counted<F> {
    pub(crate) fn new(future: F, running: Option<Running>) -> Self {
        Self { future, running }
    }
}

impl<F: Future> Future for Counted<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // Taken out while it is polled: a panic lets go of it at once, and not only when somebody
        // drops the future.
        let running = this.running.take();
        let polled = this.future.poll(cx);
        if polled.is_pending() {
            *this.running = running;
        }
        polled
    }
}
