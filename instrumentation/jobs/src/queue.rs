//! [`Queue`]: one queue, and the count of what waits in it and of what runs.
//!
//! The two counts follow values, not calls: what waits is the [`Ticket`]s that exist, and what runs
//! is the attempts that have not ended. So they are right whatever happens to a job, and whether
//! or not anybody observes it.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use telemetry::{SpanContext, execute};

use crate::StoredTicket;
use crate::batch::Batch;
use crate::due::Due;
use crate::jobs::Names;
use crate::ticket::{Job, Ticket};

/// A queue by its name; made by [`Jobs::queue`](crate::Jobs::queue). Clones are the same queue.
#[derive(Debug, Clone)]
pub struct Queue {
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    name: Arc<str>,
    names: Names,
    // Counts only, nothing is published by them: relaxed.
    waiting: AtomicU64,
    running: AtomicU64,
    /// The jobs are elsewhere, and so is their number.
    reported: AtomicBool,
}

impl Queue {
    pub(crate) fn new(names: Names, name: &str) -> Self {
        let state = State {
            name: name.into(),
            names,
            waiting: AtomicU64::new(0),
            running: AtomicU64::new(0),
            reported: AtomicBool::new(false),
        };
        Self {
            state: Arc::new(state),
        }
    }

    /// Its name, which is the tag `queue`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.state.name
    }

    pub(crate) fn shared_name(&self) -> Arc<str> {
        self.state.name.clone()
    }

    pub(crate) fn names(&self) -> &Names {
        &self.state.names
    }

    /// A job is about to be put into the queue: emits `{prefix}.enqueued`, and makes the ticket that
    /// has to travel with the job.
    ///
    /// Call it in the span that the job comes from. If the job then cannot be sent, drop the
    /// ticket: that is counted, too. `worker` is what does the job, a type or a function; it
    /// becomes a tag, so it should be one of few.
    ///
    /// ```
    /// # let jobs = telemetry_jobs::Jobs::new("doc.enqueued")?;
    /// let emails = jobs.queue("emails");
    /// let (sender, receiver) = std::sync::mpsc::channel();
    /// sender.send((emails.enqueued("SendWelcome"), "ann@example.com")).unwrap();
    /// assert_eq!(emails.waiting(), 1);
    /// # Ok::<(), telemetry::NameError>(())
    /// ```
    pub fn enqueued(&self, worker: impl Into<Cow<'static, str>>) -> Ticket {
        self.enqueue(worker.into(), Due::now(), None)
    }

    /// As [`enqueued`](Self::enqueued), for a job that is not to be started before `delay` is over:
    /// its time in the queue is counted from then. Meanwhile it counts as waiting.
    pub fn scheduled(&self, worker: impl Into<Cow<'static, str>>, delay: Duration) -> Ticket {
        self.enqueue(worker.into(), Due::after(delay), Some(delay))
    }

    fn enqueue(&self, worker: Cow<'static, str>, due: Due, delay: Option<Duration>) -> Ticket {
        let ticket = Ticket::new(Job {
            queue: self.clone(),
            worker,
            context: SpanContext::current(),
            attempt: 1,
            due,
        });
        if let Some(job) = ticket.job() {
            execute!("*.enqueued" => self.names().enqueued, { delay }, {
                queue: self.name(),
                worker: job.worker,
            });
        }
        ticket
    }

    /// A job came out of a store: its ticket is one again. Emits nothing, as the job was enqueued
    /// before.
    ///
    /// ```
    /// # let jobs = telemetry_jobs::Jobs::new("doc.restore")?;
    /// # let emails = jobs.queue("emails");
    /// let column: String = emails.enqueued("SendWelcome").store().to_string();
    /// assert_eq!(emails.waiting(), 0);
    ///
    /// // In another process, perhaps. A job runs, whatever its ticket is.
    /// let ticket = emails.restore("SendWelcome", column.parse().unwrap_or_default());
    /// assert_eq!(ticket.start().number(), 1);
    /// # Ok::<(), telemetry::NameError>(())
    /// ```
    pub fn restore(&self, worker: impl Into<Cow<'static, str>>, stored: StoredTicket) -> Ticket {
        Ticket::new(Job {
            queue: self.clone(),
            worker: worker.into(),
            context: stored.context(),
            attempt: stored.attempt(),
            due: stored.due().map_or_else(Due::now, Due::from_micros),
        })
    }

    /// So many messages are handled together from here on: a span of its own, `{prefix}.batch`.
    pub fn batch(&self, worker: impl Into<Cow<'static, str>>, messages: usize) -> Batch {
        Batch::new(self, &worker.into(), messages)
    }

    /// How many tickets of this queue there are in this process: jobs that have not been started,
    /// those included that are not due yet.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.state.waiting.load(Ordering::Relaxed)
    }

    /// How many attempts at jobs of this queue have begun in this process, and not ended.
    #[must_use]
    pub fn running(&self) -> u64 {
        self.state.running.load(Ordering::Relaxed)
    }

    /// For a queue that is kept elsewhere, in a database or a broker: emits `{prefix}.queue` with
    /// this `depth`. From then on [`Jobs::poll`](crate::Jobs::poll) leaves out its own, which does
    /// not know those jobs.
    pub fn report_depth(&self, depth: u64) {
        // Who polls at this moment may still emit its own: a matter of one poll.
        self.state.reported.store(true, Ordering::Relaxed);
        execute!("*.queue" => self.names().queue, { depth }, { queue: self.name() });
    }

    /// A ticket came into being. Not a value of its own, as [`Running`] is: the ticket has the queue
    /// already, and one count more of who shares it would cost as much as all the rest.
    pub(crate) fn begin_waiting(&self) {
        self.state.waiting.fetch_add(1, Ordering::Relaxed);
    }

    /// That ticket ended.
    pub(crate) fn end_waiting(&self) {
        self.state.waiting.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn figures(&self) -> QueueFigures {
        QueueFigures {
            name: self.shared_name(),
            waiting: self.waiting(),
            running: self.running(),
        }
    }

    pub(crate) fn poll(&self) {
        let reported = self.state.reported.load(Ordering::Relaxed);
        let depth = (!reported).then(|| self.waiting());
        let running = self.running();
        execute!("*.queue" => self.names().queue, { depth, running }, { queue: self.name() });
    }
}

/// The figures of one queue, as they are in this process; see [`Jobs::figures`](crate::Jobs::figures).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueFigures {
    name: Arc<str>,
    waiting: u64,
    running: u64,
}

impl QueueFigures {
    /// The queue's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// As [`Queue::waiting`].
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.waiting
    }

    /// As [`Queue::running`].
    #[must_use]
    pub fn running(&self) -> u64 {
        self.running
    }
}

/// Counts one as running, as long as it lives.
#[derive(Debug)]
pub(crate) struct Running(Queue);

impl Running {
    pub(crate) fn new(queue: &Queue) -> Self {
        queue.state.running.fetch_add(1, Ordering::Relaxed);
        Self(queue.clone())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.state.running.fetch_sub(1, Ordering::Relaxed);
    }
}
