//! Futures (and streams) that take what is current along.

use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::current::EnteredAll;
use super::{Current, current, enter, enter_all, within};

/// Takes what is current here along into a future: for `spawn`, whose tasks otherwise begin with
/// nothing.
///
/// ```
/// # async fn charge() {}
/// # async fn example() {
/// let span = telemetry::span!("shop.checkout");
/// span.wrap(async {
///     // Runs on another thread, perhaps after the span has ended, and still belongs to it.
///     tokio::spawn(telemetry::in_current_context(charge()));
/// }).await;
/// # }
/// ```
///
/// For threads and `spawn_blocking` there is [`in_current_context_fn`].
pub fn in_current_context<F>(future: F) -> InContext<F> {
    InContext::new(current(), future)
}

/// Takes what is current here along into a closure: for threads and `spawn_blocking`, which
/// otherwise begin with nothing.
///
/// ```
/// # fn resize() -> u32 { 7 }
/// # async fn example() {
/// let resized = tokio::task::spawn_blocking(telemetry::in_current_context_fn(resize)).await;
/// # }
/// ```
pub fn in_current_context_fn<R>(work: impl FnOnce() -> R) -> impl FnOnce() -> R {
    let context = current();
    move || {
        let _within = enter(context);
        work()
    }
}

pin_project! {
    /// A future (or, with the feature `stream`, a stream) that runs in a context; made by
    /// [`in_current_context`], [`SpanContext::wrap`](super::SpanContext::wrap) and
    /// [`Capture::scope`](crate::testing::Capture::scope).
    ///
    /// The context is current in each poll, and while the future is dropped.
    #[must_use = "futures do nothing unless polled"]
    pub struct InContext<F> {
        #[pin]
        inner: Option<F>,
        around: Around,
    }

    impl<F> PinnedDrop for InContext<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            // What the future owns is dropped in its context, too.
            let _dropping = this.around.enter();
            this.inner.set(None);
        }
    }
}

/// What is current around a future.
#[derive(Clone, Copy)]
enum Around {
    Context(Current),
    /// What is current where it is polled, and this scope as well.
    Scope(u64),
}

impl Around {
    fn enter(self) -> EnteredAll {
        enter_all(match self {
            Self::Context(context) => context,
            Self::Scope(scope) => within(scope),
        })
    }
}

impl<F> InContext<F> {
    pub(super) fn new(context: Current, inner: F) -> Self {
        Self::around(Around::Context(context), inner)
    }

    /// Of a capture's scope.
    pub(crate) fn in_scope(scope: u64, inner: F) -> Self {
        Self::around(Around::Scope(scope), inner)
    }

    fn around(around: Around, inner: F) -> Self {
        Self {
            inner: Some(inner),
            around,
        }
    }
}

impl<F: Future> Future for InContext<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let _poll = this.around.enter();
        match this.inner.as_pin_mut() {
            Some(inner) => inner.poll(cx),
            // Only the drop empties it.
            None => Poll::Pending,
        }
    }
}

#[cfg(feature = "stream")]
impl<S: futures_core::Stream> futures_core::Stream for InContext<S> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.project();
        let _poll = this.around.enter();
        match this.inner.as_pin_mut() {
            Some(inner) => inner.poll_next(cx),
            None => Poll::Ready(None),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match &self.inner {
            Some(inner) => inner.size_hint(),
            None => (0, Some(0)),
        }
    }
}

impl<F> std::fmt::Debug for InContext<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("InContext");
        if let Around::Context(context) = &self.around {
            shown.field("span", &context.span);
        }
        shown.finish_non_exhaustive()
    }
}
