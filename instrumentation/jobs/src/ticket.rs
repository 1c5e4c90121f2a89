//! [`Ticket`]: what travels with a job from where it is enqueued to where it is done.

use std::borrow::Cow;

use telemetry::{SpanContext, execute};

use crate::due::Due;
use crate::queue::Queue;
use crate::{Attempt, StoredTicket};

/// What is known of a job between its attempts.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) queue: Queue,
    pub(crate) worker: Cow<'static, str>,
    /// The span that it comes from.
    pub(crate) context: Option<SpanContext>,
    /// The number of the attempt that is next, or under way.
    pub(crate) attempt: u32,
    pub(crate) due: Due,
}

/// Emits something in a span that need not be current here.
pub(crate) fn within(context: Option<SpanContext>, emit: impl FnOnce()) {
    match context {
        Some(context) => context.in_scope(emit),
        None => emit(),
    }
}

/// Stands for a job that waits; made by [`Queue::enqueued`], and to be sent along with the job.
///
/// As long as it lives, the job counts as waiting. It ends in one of three ways: the job is
/// [started](Self::start), it is [stored](Self::store) outside of the process, or the ticket is
/// dropped, with its message, its channel or its runtime. The last is a job that is lost, and emits
/// `{prefix}.dropped`.
///
/// That is why a ticket cannot be cloned: it is one job.
#[derive(Debug)]
#[must_use = "a ticket that is dropped is a job that is lost"]
pub struct Ticket {
    // Empty once it has ended; until then it counts as waiting.
    job: Option<Job>,
}

impl Ticket {
    pub(crate) fn new(job: Job) -> Self {
        job.queue.begin_waiting();
        Self { job: Some(job) }
    }

    pub(crate) fn job(&self) -> Option<&Job> {
        self.job.as_ref()
    }

    /// The span in which the job was enqueued.
    #[must_use]
    pub fn context(&self) -> Option<SpanContext> {
        self.job().and_then(|job| job.context)
    }

    /// The number of the attempt that is to come; the first is 1.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.job().map_or(1, |job| job.attempt)
    }

    /// A worker begins with the job: emits `{prefix}.attempt.start`.
    ///
    /// The span of the attempt is below the one that enqueued the job (or
    /// [linked](crate::Jobs::linked) to it), and not below what is current here: a worker's loop is not
    /// where a job comes from.
    pub fn start(mut self) -> Attempt {
        // Nobody but `start`, `store` and the drop empties it, and each of them is the last.
        let job = self.job.take().expect("a ticket is used once");
        Attempt::new(job)
    }

    /// The job leaves this process's memory: makes of the ticket what can be kept with it, in a
    /// column or a header. It does not count as waiting any more; [`Queue::restore`] is the way
    /// back, and [`Queue::report_depth`] tells how many there are.
    #[must_use = "what is not kept with the job is lost"]
    pub fn store(mut self) -> StoredTicket {
        let job = self.job.take();
        job.map_or_else(StoredTicket::default, |job| {
            job.queue.end_waiting();
            StoredTicket::new(job.due.to_micros(), job.attempt, job.context)
        })
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let Some(job) = self.job.take() else {
            return;
        };
        // Before the event, so that who sees that finds the count right.
        job.queue.end_waiting();
        within(job.context, || {
            execute!("*.dropped" => job.queue.names().dropped, {
                attempts: job.attempt - 1,
                queue_time: job.due.waited(),
            }, {
                queue: job.queue.name(),
                worker: job.worker,
            });
        });
    }
}
