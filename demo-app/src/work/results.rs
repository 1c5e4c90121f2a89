//! What became of the last attempts, for people.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use telemetry::TraceId;

use super::{Fault, Kind};

/// So many are kept.
const KEPT: usize = 20;

/// An attempt that is over.
#[derive(Debug, Clone)]
pub(crate) struct Finished {
    pub(crate) kind: Kind,
    /// What a visitor called the job.
    pub(crate) label: Arc<str>,
    /// The number of the attempt, from 1.
    pub(crate) attempt: u32,
    pub(crate) end: End,
    /// The trace of the request that asked for the job.
    pub(crate) trace_id: Option<TraceId>,
    at: Instant,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// The job is done; this came of it.
    Done(String),
    /// It is tried again after this time.
    Again(Fault, Duration),
    /// It is given up.
    GivenUp(Fault),
}

/// The last of them.
#[derive(Debug, Default)]
pub(super) struct Results(Mutex<VecDeque<Finished>>);

impl Finished {
    pub(crate) fn new(
        kind: Kind,
        label: Arc<str>,
        attempt: u32,
        end: End,
        trace_id: Option<TraceId>,
    ) -> Self {
        Self {
            kind,
            label,
            attempt,
            end,
            trace_id,
            at: Instant::now(),
        }
    }

    /// How long ago that was.
    pub(crate) fn age(&self) -> Duration {
        self.at.elapsed()
    }
}

impl Results {
    pub(super) fn add(&self, finished: Finished) {
        // Nothing can panic while it is held.
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.truncate(KEPT - 1);
        kept.push_front(finished);
    }

    pub(super) fn latest(&self) -> Vec<Finished> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_are_kept() {
        let results = Results::default();
        for attempt in 1..=1000 {
            let end = End::GivenUp(Fault::Panic);
            results.add(Finished::new(Kind::Crash, "".into(), attempt, end, None));
        }
        let attempts: Vec<u32> = results.latest().iter().map(|f| f.attempt).collect();
        assert_eq!(attempts, (981..=1000).rev().collect::<Vec<_>>());
    }
}
