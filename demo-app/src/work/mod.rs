//! The job queue: a bounded channel, a few tasks that work, and one that brings back what has to be
//! tried again.
//!
//! ```text
//! request ──job──▶ queue ──▶ worker ──▶ result, shown at /jobs
//!                    ▲          │
//!                    └─ later ◀─┘ it failed, and may be tried again
//! ```
//!
//! It is a queue like any other; what makes events of it is `telemetry_jobs`: a ticket travels with
//! each job. Each attempt is a span below the request that asked for the job, so that one trace has
//! the request, all attempts, and what they did.
//!
//! | event | when | measurements | metadata |
//! |---|---|---|---|
//! | `demo.jobs.enqueued`, `.attempt.start`, `.attempt.stop`, `.attempt.exception`, `.retried`, `.discarded`, `.dropped`, `.queue` | see `telemetry_jobs` | | `queue`, `worker`: the kind of the job |
//! | `demo.jobs.refused` | there is no room, or the application ends | `jobs`: how many were not taken | `worker`, `reason` |
//! | `demo.mailbox` | polled | `depth`, `capacity` | `name`: `jobs` |
//!
//! A job has a *place* from the moment it is accepted until it is done for good, also while it waits
//! to be tried again. There are as many places as the channel has room, so nothing that was accepted
//! ever waits for room, and nothing is lost for want of it.
//!
//! The queue is in memory. What is not done when the application has to end is counted: attempts
//! under way as `cancelled`, jobs that wait as `dropped`.

mod job;
mod kind;
mod later;
mod results;
mod tasks;
#[cfg(test)]
mod tests;
mod worker;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use telemetry::execute;
use telemetry_jobs::{Jobs, Queue};
use tokio::sync::{Semaphore, mpsc};

use job::Job;
use results::Results;

pub(crate) use kind::{Fault, Kind};
pub(crate) use results::{End, Finished};
pub(crate) use tasks::{Settings, Tasks};

/// The prefix of the events.
pub(crate) const PREFIX: &str = "demo.jobs";

/// The one queue.
const QUEUE: &str = "default";

/// Where jobs are handed in, and what became of them. Clones share everything.
#[derive(Debug, Clone)]
pub(crate) struct Work {
    jobs: Jobs,
    queue: Queue,
    sender: mpsc::Sender<Job>,
    places: Arc<Semaphore>,
    stopping: Arc<AtomicBool>,
    results: Arc<Results>,
}

/// Why jobs were not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// There is no room for all of them, so none was taken.
    Full,
    /// The application ends.
    Stopping,
}

/// How much there is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Figures {
    /// Jobs that wait, for the first time or to be tried again.
    pub(crate) waiting: u64,
    /// Jobs that somebody works at.
    pub(crate) running: u64,
    /// How many there may be of both.
    pub(crate) limit: usize,
}

impl Work {
    /// Hands in so many jobs of a kind as part of the current span: all of them, or none. The label
    /// is for people, and its length is the caller's business.
    pub(crate) fn enqueue(&self, kind: Kind, label: &str, jobs: u32) -> Result<(), Refused> {
        let accepted = self.accept(kind, label, jobs);
        if let Err(refused) = accepted {
            let reason = refused.reason();
            execute!("demo.jobs.refused", { jobs }, { worker: kind.name(), reason });
        }
        accepted
    }

    fn accept(&self, kind: Kind, label: &str, jobs: u32) -> Result<(), Refused> {
        // A flag only, which guards nothing: relaxed.
        if self.stopping.load(Ordering::Relaxed) {
            return Err(Refused::Stopping);
        }
        let places = self.places.clone().try_acquire_many_owned(jobs);
        let mut places = places.map_err(|_| Refused::Full)?;
        // There is room, because there were places; unless everything has just ended.
        let room = self.sender.try_reserve_many(jobs as usize);
        let label: Arc<str> = label.into();
        for seat in room.map_err(|_| Refused::Stopping)? {
            let Some(place) = places.split(1) else {
                break;
            };
            seat.send(Job {
                ticket: self.queue.enqueued(kind.name()),
                kind,
                label: label.clone(),
                place,
            });
        }
        Ok(())
    }

    /// How much there is to do now.
    pub(crate) fn figures(&self) -> Figures {
        Figures {
            waiting: self.queue.waiting(),
            running: self.queue.running(),
            limit: self.sender.max_capacity(),
        }
    }

    /// What became of the last attempts, the latest first.
    pub(crate) fn results(&self) -> Vec<Finished> {
        self.results.latest()
    }

    /// For a poller: emits how much waits and runs.
    pub(crate) fn emit_gauges(&self) {
        self.jobs.poll();
    }

    /// For a poller: how many jobs are in the channel, and how many fit in; `None` once nobody takes
    /// any.
    pub(crate) fn in_channel(&self) -> Option<(usize, usize)> {
        let capacity = self.sender.max_capacity();
        (!self.sender.is_closed()).then(|| (capacity - self.sender.capacity(), capacity))
    }
}

impl Refused {
    /// A word for tags.
    fn reason(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Stopping => "stopping",
        }
    }
}
