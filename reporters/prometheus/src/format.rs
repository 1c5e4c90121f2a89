//! [`Format`]: what a scrape may be written in.

use crate::accept;

/// The content type of what [`Prometheus::render`](crate::Prometheus::render) returns.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A text format.
///
/// Both say the same numbers under the same names. OpenMetrics has the units, the exemplars and, on
/// request, the times at which series began; the text format is what every tool reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Format {
    /// Prometheus's text format, version 0.0.4.
    #[default]
    Text,
    /// OpenMetrics, version 1.0.0.
    OpenMetrics,
}

impl Format {
    /// The value of the header `Content-Type`.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Text => CONTENT_TYPE,
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }

    /// The format that a request with this `Accept` header gets; text if it asks for neither.
    ///
    /// Weights and wildcards count as RFC 9110 has it. OpenMetrics wins a draw only where the
    /// header names it. Versions other than the two here are not known, and of a header with more
    /// than 64 media types the rest is not read.
    ///
    /// ```
    /// use telemetry_prometheus::Format;
    ///
    /// let modern = "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.3";
    /// assert_eq!(Format::from_accept(modern), Format::OpenMetrics);
    /// assert_eq!(Format::from_accept("text/html,*/*;q=0.8"), Format::Text);
    /// ```
    #[must_use]
    pub fn from_accept(accept: &str) -> Self {
        accept::format([accept])
    }
}
