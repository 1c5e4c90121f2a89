//! How metrics are told.

/// Whether a point tells what was counted since the start, or since the last one that was delivered.
///
/// Sums that may fall, and numbers that are asked for now and then, are always told as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Temporality {
    /// Since the start of the series. A request that is lost costs nothing but resolution.
    #[default]
    Cumulative,
    /// Since the last delivery: counters, sums that only grow, and histograms. What was not
    /// delivered is part of the next request.
    Delta,
    /// The same, but numbers that are kept elsewhere and only read, such as the process's processor
    /// time and what the library tells about itself, are told since the start.
    LowMemory,
}

/// What distributions are told as. Summaries are always exponential histograms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Histograms {
    /// With the buckets of their definitions.
    #[default]
    Explicit,
    /// With buckets that grow by 2 % each, whatever the numbers are. Emitters pay for one more
    /// addition per number, and each series takes memory for the magnitudes that it meets.
    Exponential,
}

/// What a collector is to do.
#[derive(Debug, Clone)]
pub(crate) struct MetricSettings {
    pub(crate) temporality: Temporality,
    pub(crate) histograms: Histograms,
    /// A request has so many points at most.
    pub(crate) max_points_per_request: usize,
    /// A request that has reached this size is not made larger.
    pub(crate) max_bytes_per_request: usize,
}

impl Default for MetricSettings {
    fn default() -> Self {
        Self {
            temporality: Temporality::default(),
            histograms: Histograms::default(),
            max_points_per_request: 5_000,
            max_bytes_per_request: 2 * 1024 * 1024,
        }
    }
}
