//! How reporters, metrics, what is kept in memory and the dashboard itself fare.

mod definitions;
mod lost;
mod memory;
mod reporters;
mod series;
mod skipped;
mod viewers;

pub(super) use skipped::{SKIPPED, advice};

use crate::live::{Live, Made};

/// What was lost, and what each reporter has sent, failed to send and given up.
pub(super) fn reporters() -> Box<dyn Live> {
    let mut lost = lost::Lost::new();
    let mut reporters = reporters::Reporters::new();
    Box::new(Made::new(None, move |moment| {
        vec![lost.card(moment), reporters.card(moment)]
    }))
}

/// How many series each metric has, and may have.
pub(super) fn series() -> Box<dyn Live> {
    let mut series = series::Series::new();
    Box::new(Made::new(None, move |moment| vec![series.card(moment)]))
}

/// What metrics did not count, and why.
pub(super) fn skipped() -> Box<dyn Live> {
    let mut skipped = skipped::Skipped::new();
    Box::new(Made::new(None, move |moment| vec![skipped.card(moment)]))
}

/// Definitions that nothing in the program seems to feed.
pub(super) fn definitions() -> Box<dyn Live> {
    Box::new(Made::new(None, |moment| {
        vec![definitions::card(&moment.sources.warnings)]
    }))
}

/// The history, the store of traces and the detector of N+1 queries, within their budgets.
pub(super) fn past() -> Box<dyn Live> {
    Box::new(Made::new(None, |moment| memory::cards(moment.sources)))
}

/// Who looks at the dashboard, and what that costs.
pub(super) fn viewers() -> Box<dyn Live> {
    Box::new(Made::new(None, |moment| vec![viewers::card(moment)]))
}
