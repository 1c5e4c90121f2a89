//! [`Collected`]: a request, and what it stands for.

use bytes::Bytes;
use telemetry_metrics::{Data, Mark};

use super::observed::Key;

/// One request.
#[derive(Debug)]
pub(crate) struct Collected {
    /// An `ExportMetricsServiceRequest`.
    pub(crate) body: Bytes,
    /// How many points it has.
    pub(crate) points: u64,
    pub(super) taken: Taken,
}

/// What is taken when a request is delivered.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// The moment of its points.
    pub(super) time: u64,
    /// The collection it is of; of an older one nothing is taken any more.
    pub(super) round: u64,
    /// Of the reader, each with its series.
    pub(super) marks: Vec<(Mark, (u64, usize))>,
    /// What was read elsewhere.
    pub(super) observed: Vec<(Key, Data)>,
}
