//! [`Attempt`]: a worker does a job, once.

use std::fmt;
use std::time::Duration;

use telemetry::{Span, SpanContext, SpanHandle, execute, span};

use crate::counted::Counted;
use crate::due::Due;
use crate::jobs::Relation;
use crate::queue::Running;
use crate::ticket::{Job, Ticket, within};

/// An attempt at a job; made by [`Ticket::start`].
///
/// Its work is run by one of [`run`](Self::run), [`run_result`](Self::run_result),
/// [`in_scope`](Self::in_scope) and [`in_scope_result`](Self::in_scope_result), or ended by
/// [`finish`](Self::finish). The end of that is the end of the attempt's span: one event, whatever
/// happens. An attempt that is dropped before was `cancelled`.
///
/// The attempt itself stays with whoever decides what comes next, also after a panic or a timeout:
/// [`retry`](Self::retry), [`discard`](Self::discard), or nothing.
///
/// ```
/// # use std::time::Duration;
/// # use telemetry_jobs::{Jobs, Ticket};
/// # async fn send(to: &str) -> std::io::Result<()> { Ok(()) }
/// # fn put_back(ticket: Ticket) {}
/// async fn work(ticket: Ticket, to: &str) {
///     let mut attempt = ticket.start();
///     if attempt.run_result(send(to)).await.is_err() {
///         match attempt.number() {
///             1..=4 => put_back(attempt.retry(Duration::from_secs(30))),
///             _ => attempt.discard(),
///         }
///     }
/// }
/// ```
#[must_use = "an attempt that is dropped at once ends as `cancelled`"]
pub struct Attempt {
    // Empty once the work has begun.
    work: Option<Work>,
    handle: SpanHandle,
    /// The span of the attempt, or what stands for it if nobody observes it.
    context: Option<SpanContext>,
    job: Job,
}

/// In the order in which they are dropped: who sees the last event finds the count right.
struct Work {
    running: Running,
    span: Span,
}

impl Attempt {
    /// Of a job whose ticket has been taken apart, and still counts as waiting.
    pub(crate) fn new(job: Job) -> Self {
        let names = *job.queue.names();
        // First the one, then the other: in between it is counted twice, rather than nowhere.
        let running = Running::new(&job.queue);
        job.queue.end_waiting();
        // Before the handlers of the start, whose time is not the job's.
        let queue_time = names.attempt.is_observed().then(|| job.due.waited());
        let (parent, link) = match names.relation {
            Relation::Child => (job.context, None),
            Relation::Linked => (None, job.context),
        };
        let span = span!(parent: parent, "*.attempt" => names.attempt, {
            queue: job.queue.name(),
            worker: job.worker,
            attempt: job.attempt,
            link,
        });
        if span.is_observed() {
            span.measure("queue_time", queue_time);
            span.measure("attempts", job.attempt);
        }
        Self {
            handle: span.handle(),
            context: span.context(),
            work: Some(Work { running, span }),
            job,
        }
    }

    /// The number of this attempt; the first is 1.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.job.attempt
    }

    /// The name of the job's queue.
    #[must_use]
    pub fn queue(&self) -> &str {
        self.job.queue.name()
    }

    /// What does the job.
    #[must_use]
    pub fn worker(&self) -> &str {
        &self.job.worker
    }

    /// The span of the attempt, for children elsewhere.
    #[must_use]
    pub fn context(&self) -> Option<SpanContext> {
        self.context
    }

    /// A handle to decorate the attempt's last event with, from inside of its work: with metadata,
    /// measurements, or a failure.
    pub fn handle(&self) -> SpanHandle {
        self.handle.clone()
    }

    /// Makes the outcome `error`, with the error's text as `reason`; for work that is ended by
    /// [`finish`](Self::finish). Does nothing once the work has ended.
    pub fn fail(&self, error: &(impl fmt::Display + ?Sized)) {
        self.handle.fail(error);
    }

    /// Makes a future the attempt's work: `ok` when it is ready, `panic` if it panics, `cancelled`
    /// if it is dropped before. The attempt's span is current in it.
    ///
    /// The future does not borrow the attempt, so it may be spawned, and who waits for the task still
    /// has the attempt when it panicked:
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), telemetry::NameError> {
    /// # std::panic::set_hook(Box::new(|_| {}));
    /// # let jobs = telemetry_jobs::Jobs::new("doc.run")?;
    /// # let ticket = jobs.queue("emails").enqueued("SendWelcome");
    /// let mut attempt = ticket.start();
    /// let work = attempt.run(async { panic!("no such template") });
    /// if tokio::spawn(work).await.is_err() {
    ///     attempt.discard();
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// An attempt has one piece of work: what is run after the first is run, and not observed.
    pub fn run<F: Future>(&mut self, future: F) -> impl Future<Output = F::Output> + use<F> {
        let (running, span) = self.begin();
        span.wrap(Counted::new(future, running))
    }

    /// As [`run`](Self::run), and looks at the result: an `Err` makes the outcome `error`, with its
    /// text as `reason`.
    pub fn run_result<F, T, E>(
        &mut self,
        future: F,
    ) -> impl Future<Output = F::Output> + use<F, T, E>
    where
        F: Future<Output = Result<T, E>>,
        E: fmt::Display,
    {
        let (running, span) = self.begin();
        span.wrap_result(Counted::new(future, running))
    }

    /// As [`run`](Self::run), for a closure.
    ///
    /// ```
    /// # let jobs = telemetry_jobs::Jobs::new("doc.in_scope")?;
    /// # let ticket = jobs.queue("emails").enqueued("SendWelcome");
    /// let sent = ticket.start().in_scope(|| 3);
    /// # assert_eq!(sent, 3);
    /// # Ok::<(), telemetry::NameError>(())
    /// ```
    pub fn in_scope<R>(&mut self, work: impl FnOnce() -> R) -> R {
        let (running, span) = self.begin();
        span.in_scope(|| {
            let _running = running;
            work()
        })
    }

    /// As [`run_result`](Self::run_result), for a closure.
    ///
    /// # Errors
    ///
    /// Those of the closure.
    pub fn in_scope_result<T, E: fmt::Display>(
        &mut self,
        work: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        let (running, span) = self.begin();
        span.in_scope_result(|| {
            let _running = running;
            work()
        })
    }

    fn begin(&mut self) -> (Option<Running>, Span) {
        match self.work.take() {
            Some(Work { running, span }) => (Some(running), span),
            None => (None, Span::unobserved()),
        }
    }

    /// Ends the attempt, unless its work has ended already: `ok`, or `error` after
    /// [`fail`](Self::fail). For work that is neither a future nor a closure.
    pub fn finish(mut self) {
        if let Some(Work { running, span }) = self.work.take() {
            drop(running);
            span.finish();
        }
    }

    /// The job is to be tried again: emits `{prefix}.retried`, and makes the ticket for that, which
    /// has to travel with the job as the first one did. Nothing waits here until `after` is over:
    /// that is up to who carries the job. Its time in the queue is counted from then.
    ///
    /// An attempt whose work has not been run ends here.
    pub fn retry(mut self, after: Duration) -> Ticket {
        self.work = None;
        let ticket = Ticket::new(Job {
            queue: self.job.queue.clone(),
            worker: std::mem::take(&mut self.job.worker),
            // A job that came from nowhere comes from its first attempt: it stays one trace.
            context: self.job.context.or(self.context),
            attempt: self.job.attempt.saturating_add(1),
            due: Due::after(after),
        });
        if let Some(job) = ticket.job() {
            within(self.context, || {
                execute!("*.retried" => job.queue.names().retried, {
                    delay: after,
                    attempts: self.job.attempt,
                }, {
                    queue: job.queue.name(),
                    worker: job.worker,
                });
            });
        }
        ticket
    }

    /// The job is given up for good: emits `{prefix}.discarded`.
    ///
    /// An attempt whose work has not been run ends here.
    pub fn discard(mut self) {
        self.work = None;
        within(self.context, || {
            execute!("*.discarded" => self.job.queue.names().discarded, {
                attempts: self.job.attempt,
            }, {
                queue: self.queue(),
                worker: self.job.worker,
            });
        });
    }
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt")
            .field("queue", &self.queue())
            .field("worker", &self.worker())
            .field("number", &self.number())
            .finish_non_exhaustive()
    }
}
