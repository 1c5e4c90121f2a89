//! Code that belongs to a capture wherever it runs.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::Capture;
use crate::context::{Entered, adopt_thread, enter, enter_all, within};

impl Capture {
    /// Makes a future belong to this capture, on whatever thread it is polled; also what it spawns
    /// by [`in_current_context`](crate::in_current_context) or [`Span::wrap`](crate::Span::wrap).
    ///
    /// ```
    /// # tokio::runtime::Builder::new_multi_thread().build().unwrap().block_on(async {
    /// let mails = telemetry::testing::capture("shop.mail.sent");
    /// let sending = tokio::spawn(mails.scope(async { telemetry::execute!("shop.mail.sent") }));
    /// sending.await.unwrap();
    /// assert_eq!(mails.len(), 1);
    /// # });
    /// ```
    pub fn scope<F>(&self, future: F) -> InScope<F> {
        InScope::new(self.scope.number(), future)
    }

    /// Runs a closure, on any thread, as part of this capture's scope.
    ///
    /// ```
    /// let mails = telemetry::testing::capture("shop.mail.sent");
    /// std::thread::scope(|threads| {
    ///     threads.spawn(|| mails.in_scope(|| telemetry::execute!("shop.mail.sent")));
    /// });
    /// assert_eq!(mails.len(), 1);
    /// ```
    pub fn in_scope<R>(&self, work: impl FnOnce() -> R) -> R {
        let _entered = self.enter();
        work()
    }

    /// What runs on this thread belongs to this capture until the guard is dropped.
    ///
    /// Do not hold the guard over an `.await`: use [`scope`](Self::scope) there.
    pub fn enter(&self) -> ScopeGuard {
        ScopeGuard::new(self.scope.number())
    }

    /// A function that makes the thread on which it runs belong to this capture for as long as the
    /// capture lives: for the threads of a runtime whose tasks somebody else spawns, as a server
    /// does for each connection.
    ///
    /// ```
    /// # use std::time::Duration;
    /// let shop = telemetry::testing::capture("shop.*");
    /// let runtime = tokio::runtime::Builder::new_multi_thread()
    ///     .worker_threads(2)
    ///     .on_thread_start(shop.on_thread_start())
    ///     .build()?;
    /// runtime.spawn(async { telemetry::execute!("shop.mail.sent") });
    /// shop.wait_for("shop.mail.sent", Duration::from_secs(5)).blocking()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn on_thread_start(&self) -> impl Fn() + Clone + Send + Sync + use<> + 'static {
        let scope = self.scope.number();
        move || adopt_thread(scope)
    }
}

pin_project! {
    /// A future (or, with the feature `stream`, a stream) that belongs to a capture; made by [`Capture::scope`].
    ///
    /// It does in each poll, and while it is dropped.
    #[must_use = "futures do nothing unless polled"]
    pub struct InScope<F> {
        #[pin]
        inner: Option<F>,
        scope: u64,
    }

    impl<F> PinnedDrop for InScope<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let _dropping = enter_all(within(*this.scope));
            this.inner.set(None);
        }
    }
}

impl<F> InScope<F> {
    pub(super) fn new(scope: u64, inner: F) -> Self {
        Self {
            inner: Some(inner),
            scope,
        }
    }
}

impl<F: Future> Future for InScope<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let _poll = enter_all(within(*this.scope));
        match this.inner.as_pin_mut() {
            Some(inner) => inner.poll(cx),
            // Only the drop empties it.
            None => Poll::Pending,
        }
    }
}

#[cfg(feature = "stream")]
impl<S: futures_core::Stream> futures_core::Stream for InScope<S> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.project();
        let _poll = enter_all(within(*this.scope));
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

impl<F> fmt::Debug for InScope<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InScope").finish_non_exhaustive()
    }
}

/// What runs on this thread belongs to a capture as long as this lives; made by
/// [`Capture::enter`]. Not `Send`.
#[derive(Debug)]
#[must_use = "dropping the guard leaves the capture's scope at once"]
pub struct ScopeGuard {
    _entered: Entered,
}

impl ScopeGuard {
    pub(super) fn new(scope: u64) -> Self {
        Self {
            _entered: enter(within(scope)),
        }
    }
}
