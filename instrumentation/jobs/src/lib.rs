//! Telemetry events for background jobs: any queue, observed.
//!
//! This is no queue. Whatever carries the jobs of an application (a channel, a table, a broker), a
//! [`Ticket`] travels with each of them, and says where it is: enqueued, begun, ended, tried again,
//! given up or lost.
//!
//! ```
//! use std::time::Duration;
//! use telemetry_jobs::{Jobs, Ticket};
//! use tokio::sync::mpsc;
//!
//! struct Job {
//!     ticket: Ticket,
//!     to: String,
//! }
//!
//! # async fn send(to: &str) -> std::io::Result<()> { assert_eq!(to, "ann@example.com"); Ok(()) }
//! async fn worker(mut receiver: mpsc::Receiver<Job>, sender: mpsc::WeakSender<Job>) {
//!     while let Some(Job { ticket, to }) = receiver.recv().await {
//!         let mut attempt = ticket.start();
//!         if attempt.run_result(send(&to)).await.is_ok() {
//!             continue;
//!         }
//!         if attempt.number() == 5 {
//!             attempt.discard();
//!         } else if let Some(sender) = sender.upgrade() {
//!             let job = Job { ticket: attempt.retry(Duration::ZERO), to };
//!             // When there is no room, the job is lost, and that is counted, too.
//!             sender.try_send(job).ok();
//!         }
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let jobs = Jobs::new("shop.jobs")?;
//! let emails = jobs.queue("emails");
//! let (sender, receiver) = mpsc::channel(100);
//! let worker = tokio::spawn(worker(receiver, sender.downgrade()));
//!
//! // In a request, say; the job's spans are in the request's trace.
//! let job = Job { ticket: emails.enqueued("SendWelcome"), to: "ann@example.com".into() };
//! sender.send(job).await?;
//! # drop(sender);
//! # worker.await?;
//! # assert_eq!((emails.waiting(), emails.running()), (0, 0));
//! # Ok(()) }
//! ```
//!
//! It needs no particular runtime, and none at all: [`Attempt::run`] is for futures of any, and
//! [`Attempt::in_scope`] for threads.
//!
//! # Events
//!
//! All names begin with the prefix that [`Jobs::new`] is given.
//!
//! | event | when | measurements | metadata |
//! |---|---|---|---|
//! | `.enqueued` | [`Queue::enqueued`], [`Queue::scheduled`] | `delay`, of a scheduled job | `queue`, `worker` |
//! | `.attempt.start` | [`Ticket::start`] | `monotonic_time`, `system_time` | `queue`, `worker`, `attempt` |
//! | `.attempt.stop` | the work has ended | `duration`, `queue_time`, `attempts`, `monotonic_time` | the same, `outcome`; `reason` of an error |
//! | `.attempt.exception` | the work has panicked | the same | the same, `outcome`, `kind`, `reason` |
//! | `.retried` | [`Attempt::retry`] | `delay`, `attempts` | `queue`, `worker` |
//! | `.discarded` | [`Attempt::discard`] | `attempts` | `queue`, `worker` |
//! | `.dropped` | a ticket was dropped: the job is lost | `queue_time`, `attempts` | `queue`, `worker` |
//! | `.queue` | [`Jobs::poll`], [`Queue::report_depth`] | `depth`, `running` | `queue` |
//! | `.batch.start`, `.stop`, `.exception` | a [`Batch`] | at the end `duration`, `messages`, `failed`, `monotonic_time` | `queue`, `worker`; at the end `outcome` |
//!
//! - `duration`, `queue_time` and `delay` are `Duration`s. `queue_time` is how long the job had been
//!   due when the attempt began: since it was enqueued, or since the delay of a scheduled job or of
//!   a retry was over.
//! - `attempts` is how many the job has had, the one that the event is about included; `attempt` is
//!   the number of that one, the first being 1.
//! - `outcome` is `ok`, `error` (with the error's text as `reason`), `cancelled` (the future or the
//!   attempt was dropped: a timeout, or a runtime that shut down) or `panic`. Each attempt has
//!   exactly one terminal event.
//! - `depth` and `running` are the [`Queue::waiting`] and [`Queue::running`] of this process. They
//!   are exact and kept also while nobody observes anything, and a job that is lost does not stay in
//!   them. By the time an event says that an attempt has ended, it is not counted any more.
//!
//! [`metrics`] has the definitions that most people want.
//!
//! # Traces
//!
//! Each attempt is a span. With [`Jobs::new`] it is a child of the span that enqueued the job, and so
//! are the attempts that follow: one trace has the request, its jobs, and what those enqueue. A job
//! that was enqueued in no span stays one trace, too: its later attempts are children of the first.
//! With [`Jobs::linked`] each attempt begins a trace, and the metadata `link` has the `traceparent` of
//! the enqueuer. It is different for each job: no tag. What is current where a worker waits for jobs
//! is neither.
//!
//! # Queues outside of the process
//!
//! [`Ticket::store`] makes a short text of a ticket, to be kept in a column or sent as a header, and
//! [`Queue::restore`] a ticket of the text. That comes from outside, so a text that is none, or from
//! a clock that is wrong, harms nothing: such a job is from nowhere, a time that lies ahead has not
//! been waited for, and none was waited for longer than a year. Names of queues and workers are not
//! in the text. Two machines agree on the time of day only roughly; within a process, `queue_time`
//! does not depend on that.
//!
//! Only the store knows how many jobs are in it: count them now and then, and
//! [report the depth](Queue::report_depth).
//!
//! # Cost
//!
//! A job that nobody observes allocates nothing: from being enqueued to the end of its attempt it
//! reads the clock once, and counts in four atomics. One that is observed costs a span per attempt.
//!
//! # Limits
//!
//! - Names of queues and workers become tags: they should be few. Queues are kept for ever; beyond
//!   [`MAX_QUEUES`] they share the name [`OTHER_QUEUES`]. Workers are not counted here, and bounded
//!   by the `max_series` of the metrics.
//! - The `reason` of an error is its text, whatever that tells.
//! - A process that is killed says nothing about the jobs that it had.
//! - `queue_time` arrives with the end of an attempt. Of a queue that nobody reads, only the depth
//!   tells; the age of its oldest job is not known here.

mod attempt;
mod batch;
mod counted;
mod due;
mod jobs;
mod metrics;
mod queue;
mod stored;
mod ticket;

pub use attempt::Attempt;
pub use batch::{Batch, BatchHandle};
pub use jobs::{Jobs, MAX_QUEUES, OTHER_QUEUES};
pub use metrics::metrics;
pub use queue::{Queue, QueueFigures};
pub use stored::{ParseTicketError, StoredTicket};
pub use ticket::Ticket;
