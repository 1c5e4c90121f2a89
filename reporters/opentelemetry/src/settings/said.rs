//! What the program said itself.

use std::fmt;
use std::time::Duration;

use super::compression::Compression;
use super::connection::shown_name;
use super::protocol::Protocol;
use crate::metrics::{Histograms, Temporality};
use crate::sampling::Sampler;
use crate::spans::Convention;

/// What is not said is `None`, so that the environment may say it.
#[derive(Clone, Default)]
pub(crate) struct Said {
    pub(crate) endpoint: Option<String>,
    pub(crate) traces_endpoint: Option<String>,
    pub(crate) metrics_endpoint: Option<String>,
    pub(crate) protocol: Option<Protocol>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) compression: Option<Compression>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) retry_for: Option<Duration>,
    pub(crate) roots: Option<Vec<u8>>,
    /// A certificate and its key.
    pub(crate) identity: Option<(Vec<u8>, Vec<u8>)>,
    pub(crate) service_name: Option<String>,
    pub(crate) resource: Vec<(String, String)>,
    pub(crate) sampler: Option<Sampler>,
    pub(crate) conventions: Vec<(String, Convention)>,
    pub(crate) span_queue: Option<usize>,
    pub(crate) span_queue_bytes: Option<usize>,
    pub(crate) batch: Option<usize>,
    pub(crate) batch_delay: Option<Duration>,
    pub(crate) interval: Option<Duration>,
    pub(crate) temporality: Option<Temporality>,
    pub(crate) histograms: Option<Histograms>,
    pub(crate) without_traces: bool,
    pub(crate) without_metrics: bool,
}

/// No values of headers, no query of a URL, no key.
impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |url: &Option<String>| url.as_deref().map(crate::endpoint::shown);
        let headers: Vec<&str> = self
            .headers
            .iter()
            .map(|(name, _)| shown_name(name))
            .collect();
        f.debug_struct("Said")
            .field("endpoint", &shown(&self.endpoint))
            .field("traces_endpoint", &shown(&self.traces_endpoint))
            .field("metrics_endpoint", &shown(&self.metrics_endpoint))
            .field("protocol", &self.protocol)
            .field("headers", &headers)
            .field("service_name", &self.service_name)
            .field("resource", &self.resource)
            .field("sampler", &self.sampler)
            .field("without_traces", &self.without_traces)
            .field("without_metrics", &self.without_metrics)
            .finish_non_exhaustive()
    }
}
