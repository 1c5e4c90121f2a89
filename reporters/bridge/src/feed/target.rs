//! [`Target`]: what a kind of recorder needs beside being fed.

use std::time::Instant;

use metrics::{Label, Recorder, SharedString};
use telemetry_metrics::{Definition, Unit};

/// A recorder with its habits: names, units, and what is known of a delivery.
///
/// What is recorded has a *ticket*, which stands for a mark of the reader. A target says at the end
/// which tickets are settled; what is not is part of the next feed.
pub(crate) trait Target: Send + 'static {
    type Recorder: Recorder;

    /// Whether each summary gets one number before all others, and is drained in between.
    const PRIMES: bool = false;

    fn recorder(&self) -> &Self::Recorder;

    /// How the series of a definition are recorded; `None` leaves them out. Asked once for each.
    fn plan(&mut self, definition: &Definition) -> Option<Plan>;

    fn label(&self, key: &str, value: &str) -> Label {
        Label::new(key.to_owned(), value.to_owned())
    }

    /// Whether the recorder can be given this number for a histogram.
    fn takes(&self, _value: f64) -> bool {
        true
    }

    /// A feed begins.
    fn begin(&mut self, _deadline: Instant) {}

    /// What is recorded next is on this ticket, each number for itself or all of it in one.
    fn expect(&mut self, _ticket: usize, _each: bool) {}

    /// The recorder returned after so many numbers on this ticket.
    fn recorded(&mut self, ticket: usize, count: u64);

    /// Whether nothing more gets through in this feed.
    fn is_stuck(&self) -> bool {
        false
    }

    /// Makes the recorder digest what it holds, if it holds anything.
    fn drain(&mut self) {}

    /// A feed ends.
    fn end(&mut self) -> Outcome;
}

/// How the series of a definition are recorded.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) name: SharedString,
    /// The unit of the numbers.
    pub(crate) unit: Unit,
    /// Its name over there.
    pub(crate) described: Option<metrics::Unit>,
    /// A label that only the recorder sees.
    pub(crate) hint: Option<Label>,
}

/// What became of what was recorded.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Tickets, and how many of their numbers.
    pub(crate) settled: Vec<(usize, u64)>,
    pub(crate) sent: u64,
    pub(crate) failed: u64,
    pub(crate) dropped: u64,
    /// The first failure.
    pub(crate) why: Option<String>,
}

impl Outcome {
    /// So many numbers of a ticket are settled. Those of one ticket come together, mostly.
    pub(crate) fn settle(&mut self, ticket: usize, count: u64) {
        match self.settled.last_mut() {
            Some((last, so_far)) if *last == ticket => *so_far = so_far.saturating_add(count),
            _ => self.settled.push((ticket, count)),
        }
    }

    /// Adds what became of more.
    pub(crate) fn add(&mut self, more: Self) {
        self.settled.extend(more.settled);
        self.sent += more.sent;
        self.failed += more.failed;
        self.dropped += more.dropped;
        self.why = self.why.take().or(more.why);
    }
}
