//! [`Batch`]: several messages that are handled together.

use std::fmt;

use telemetry::{Span, SpanContext, SpanHandle, span};

use crate::queue::Queue;

/// A batch of messages; made by [`Queue::batch`].
///
/// A span as that of an [`Attempt`](crate::Attempt), with how many `messages` there are and how many
/// of them `failed`. It is below whatever is current. The messages may have
/// [tickets](crate::Ticket), and an attempt each while the batch runs.
///
/// ```
/// # let jobs = telemetry_jobs::Jobs::new("doc.batch")?;
/// # let messages = [Ok(1), Err("2"), Ok(3)];
/// # let insert = |message: Result<i32, &str>| message.is_ok();
/// # let batches = telemetry::testing::capture("doc.batch.batch.stop");
/// let batch = jobs.queue("imports").batch("InsertRows", messages.len());
/// let handle = batch.handle();
/// batch.in_scope(|| {
///     let inserted = messages.into_iter().filter(|message| insert(*message)).count();
///     handle.failed(messages.len() - inserted);
/// });
/// # let stop = &batches.events()[0];
/// # assert_eq!(stop.measurement("failed").unwrap().as_u64(), Some(1));
/// # Ok::<(), telemetry::NameError>(())
/// ```
#[must_use = "a batch that is dropped at once ends as `cancelled`"]
pub struct Batch {
    span: Span,
}

impl Batch {
    pub(crate) fn new(queue: &Queue, worker: &str, messages: usize) -> Self {
        let span = span!("*.batch" => queue.names().batch, { queue: queue.name(), worker });
        if span.is_observed() {
            span.measure("messages", messages);
            span.measure("failed", 0);
        }
        Self { span }
    }

    /// The span of the batch, for children elsewhere.
    #[must_use]
    pub fn context(&self) -> Option<SpanContext> {
        self.span.context()
    }

    /// A handle to say from inside of the work how it goes.
    pub fn handle(&self) -> BatchHandle {
        BatchHandle {
            handle: self.span.handle(),
        }
    }

    /// Makes a future the batch's work: `ok` when it is ready, `panic` if it panics, `cancelled` if
    /// it is dropped before.
    pub fn run<F: Future>(self, future: F) -> impl Future<Output = F::Output> + use<F> {
        self.span.wrap(future)
    }

    /// As [`run`](Self::run), and looks at the result: an `Err`, of the batch as a whole, makes the
    /// outcome `error`.
    pub fn run_result<F, T, E>(self, future: F) -> impl Future<Output = F::Output> + use<F, T, E>
    where
        F: Future<Output = Result<T, E>>,
        E: fmt::Display,
    {
        self.span.wrap_result(future)
    }

    /// As [`run`](Self::run), for a closure.
    pub fn in_scope<R>(self, work: impl FnOnce() -> R) -> R {
        self.span.in_scope(work)
    }

    /// As [`run_result`](Self::run_result), for a closure.
    ///
    /// # Errors
    ///
    /// Those of the closure.
    pub fn in_scope_result<T, E: fmt::Display>(
        self,
        work: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        self.span.in_scope_result(work)
    }

    /// Ends the batch: `ok`, or `error` after [`BatchHandle::fail`].
    pub fn finish(self) {
        self.span.finish();
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch").finish_non_exhaustive()
    }
}

/// Says how a [`Batch`] goes; made by [`Batch::handle`].
#[derive(Debug, Clone)]
pub struct BatchHandle {
    handle: SpanHandle,
}

impl BatchHandle {
    /// So many of the messages have failed, in all.
    pub fn failed(&self, messages: usize) {
        self.handle.measure("failed", messages);
    }

    /// The batch as a whole has failed: makes the outcome `error`, with the error's text as
    /// `reason`.
    pub fn fail(&self, error: &(impl fmt::Display + ?Sized)) {
        self.handle.fail(error);
    }
}
