//! The catalogue of events, and a live tail.

mod catalogue;
mod place;
pub(in crate::sections) mod shown;
mod tail;

use crate::live::Live;
use crate::sources::Sources;
pub(crate) use tail::Tails;

/// How the id of a tail's handler begins.
const TAIL: &str = "telemetry-dashboard-tail-";

pub(super) fn catalogue() -> Box<dyn Live> {
    Box::new(catalogue::Catalogue::default())
}

pub(super) fn tail(pattern: &str, _sources: &Sources) -> Box<dyn Live> {
    Box::new(tail::Tail::new(pattern))
}
