//! The golden signals: which definitions say how much is asked for, how much of that fails, and how
//! long it takes.
//!
//! They are about one span: its `.stop` and `.exception` events, or an event that stands for the whole
//! of it and has an `outcome`. [`SpanSignals::of`] finds what the definitions say about a span that is
//! known, [`SpanSignals::guess`] the span about which they say most. It is what reporters begin their
//! dashboards with; nothing is read or counted here.
//!
//! ```
//! use telemetry_metrics::signals::SpanSignals;
//! use telemetry_metrics::{Aggregator, counter, summary};
//!
//! # fn main() -> Result<(), telemetry_metrics::StartError> {
//! let definitions = [
//!     counter("shop.order.placed.count"),
//!     counter("shop.endpoint.stop.count").tags(["route", "outcome"]),
//!     summary("shop.endpoint.stop.duration"),
//! ];
//! let aggregator = Aggregator::builder().metrics(definitions).start()?;
//! let all: Vec<_> = aggregator.definitions().iter().map(|one| &**one).collect();
//!
//! let signals = SpanSignals::guess(&all, &[]).unwrap();
//! assert_eq!(signals.span, "shop.endpoint");
//! assert_eq!((signals.all, signals.duration), (vec![1], Some(2)));
//! let (place, failure) = signals.errors.unwrap().failed[0];
//! assert!(place == 1 && failure.unwrap().is_failure("panic"));
//! # Ok(()) }
//! ```

mod failure;
mod span;

pub use failure::Failure;

use span::Span;

use crate::definition::Definition;

/// What definitions say about a span, by their places in the list that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SpanSignals<'d> {
    /// The span's name, `shop.endpoint`.
    pub span: &'d str,
    /// What together counts every end of the span once: counters, summaries or distributions; never
    /// empty.
    pub all: Vec<usize>,
    /// Which of them failed, if there is a word about that.
    pub errors: Option<Errors<'d>>,
    /// The distribution or summary that says best how long it took.
    pub duration: Option<usize>,
}

/// Which part of a total are failures.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Errors<'d> {
    /// What together counts the failures: which series of a definition, or all of them.
    pub failed: Vec<(usize, Option<Failure<'d>>)>,
    /// What together counts everything that they are a part of.
    pub all: Vec<usize>,
}

impl<'d> SpanSignals<'d> {
    /// About the span for which the definitions give the most signals; the first of them in a draw, and
    /// one with a tag `route`, which is a server's, before another. A span that one of the definitions
    /// at the `preferred` places is about comes before all others.
    ///
    /// `None` if no definition counts the ends of a span.
    #[must_use]
    pub fn guess(definitions: &[&'d Definition], preferred: &[usize]) -> Option<Self> {
        let mut best: Option<(u32, Span<'_, 'd>)> = None;
        for span in Span::all(definitions) {
            let score = span.score(preferred);
            if score > best.as_ref().map_or(0, |(best, _)| *best) {
                best = Some((score, span));
            }
        }
        best.and_then(|(_, span)| span.signals())
    }

    /// About the span of this name; `None` if no definition counts its ends.
    #[must_use]
    pub fn of(definitions: &[&'d Definition], span: &str) -> Option<Self> {
        let mut spans = Span::all(definitions).into_iter();
        spans.find(|known| known.name == span)?.signals()
    }
}
