//! Code that belongs to a capture wherever it runs.

use super::Capture;
use crate::InContext;
use crate::context::{Entered, adopt_thread, enter, within};

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
    pub fn scope<F>(&self, future: F) -> InContext<F> {
        InContext::in_scope(self.scope.number(), future)
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
