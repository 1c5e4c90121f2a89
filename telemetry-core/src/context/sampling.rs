//! Which traces that begin here are to be recorded: decided once, where a trace begins, and passed
//! on with its ids.

use std::sync::atomic::{AtomicU64, Ordering};

use super::TraceId;

/// Traces of less [`randomness`] are not sampled.
static REJECTED_BELOW: AtomicU64 = AtomicU64::new(0);

/// How many values [`randomness`] has.
const RANGE: u64 = 1 << 56;

/// A share of all traces, chosen by their ids alone, so that all who look at a trace decide alike.
///
/// The lowest 56 bits of an id are compared with a threshold, as in OpenTelemetry's [consistent
/// probability sampling]. So a larger share has all the traces of a smaller one.
///
/// ```
/// use telemetry::{SpanContext, TraceShare};
///
/// let (tenth, half) = (TraceShare::new(0.1), TraceShare::new(0.5));
/// let trace = SpanContext::new_root().trace_id();
/// assert!(half.takes(trace) || !tenth.takes(trace));
/// ```
///
/// [consistent probability sampling]: https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceShare {
    rejected_below: u64,
}

impl TraceShare {
    /// From 0 for none to 1 for all. What is beyond counts as the nearest of them, NaN as 1.
    #[must_use]
    pub fn new(ratio: f64) -> Self {
        let ratio = if ratio.is_nan() { 1.0 } else { ratio };
        Self {
            // Exact: a number of up to 53 bits times a power of two.
            rejected_below: ((1.0 - ratio.clamp(0.0, 1.0)) * RANGE as f64) as u64,
        }
    }

    /// Whether a trace is in it.
    #[inline]
    #[must_use]
    pub fn takes(self, trace: TraceId) -> bool {
        randomness(trace) >= self.rejected_below
    }
}

/// Says what share of the traces that begin in this process is to be [sampled], from now on: 1 at first,
/// 0 for none.
///
/// The decision is made where a trace begins, and every span below inherits it, in other processes as
/// well: it is the `sampled` flag of `traceparent`. Traces that began elsewhere keep theirs. Spans
/// reach handlers all the same; those that record traces leave out what is not sampled, and so do
/// exemplars.
///
/// Metrics do not depend on it: spans of traces that are not sampled are measured like all others.
///
/// It is one setting for the whole process, so it belongs to the application: reporters that have a
/// setting of their own for it make it when they start.
///
/// The id of a trace alone decides, see [`TraceShare`].
///
/// ```
/// use telemetry::SpanContext;
///
/// telemetry::sample_new_traces(0.0);
/// assert!(!SpanContext::new_root().is_sampled());
/// telemetry::sample_new_traces(1.0);
/// assert!(SpanContext::new_root().is_sampled());
/// ```
///
/// [sampled]: crate::SpanContext::is_sampled
pub fn sample_new_traces(ratio: f64) {
    REJECTED_BELOW.store(TraceShare::new(ratio).rejected_below, Ordering::Relaxed);
}

/// Whether a trace with this id, which begins here, is sampled.
#[inline]
pub(super) fn is_sampled(id: TraceId) -> bool {
    // Relaxed: a trace that begins at the same moment may go either way.
    let share = TraceShare {
        rejected_below: REJECTED_BELOW.load(Ordering::Relaxed),
    };
    share.takes(id)
}

/// The part of an id that is random by all rules there are for ids.
#[inline]
fn randomness(id: TraceId) -> u64 {
    id.get() as u64 & (RANGE - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_a_threshold_on_56_bits() {
        let threshold = |ratio| TraceShare::new(ratio).rejected_below;
        assert_eq!(threshold(1.0), 0);
        assert_eq!(threshold(0.0), RANGE);
        assert_eq!(threshold(0.5), RANGE / 2);
        assert_eq!(threshold(0.25), RANGE / 4 * 3);
        assert_eq!(threshold(f64::NAN), 0);
        assert_eq!(threshold(7.0), 0);
        assert_eq!(threshold(-7.0), RANGE);
    }

    #[test]
    fn the_upper_bits_of_an_id_do_not_matter() {
        let id = |low: u64| TraceId::new(u128::MAX << 56 | u128::from(low)).unwrap();
        assert_eq!(randomness(id(0)), 0);
        assert_eq!(randomness(id(RANGE - 1)), RANGE - 1);
    }
}
