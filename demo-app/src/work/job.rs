//! [`Job`]: what is in the channel.

use std::sync::Arc;

use telemetry_jobs::Ticket;
use tokio::sync::OwnedSemaphorePermit;

use super::Kind;

/// Something to do.
#[derive(Debug)]
pub(super) struct Job {
    /// Tells where the job is. Lost with the job, it says so.
    pub(super) ticket: Ticket,
    pub(super) kind: Kind,
    /// What a visitor calls it.
    pub(super) label: Arc<str>,
    /// Given back when the job is done for good, or lost.
    pub(super) place: OwnedSemaphorePermit,
}
