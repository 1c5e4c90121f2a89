//! The process and its runtime.

mod gauges;
mod process;

use crate::live::{Live, Made};
use crate::sources::Sources;
use crate::view::Range;

/// What the process is, and how its runtime fares.
pub(super) fn process() -> Box<dyn Live> {
    let mut process = process::Process::new();
    Box::new(Made::new(None, move |moment| process.cards(moment)))
}

/// Charts of what is looked at now and then: last values.
pub(super) fn gauges(range: Range, sources: &Sources) -> Box<dyn Live> {
    gauges::gauges(range, sources)
}
