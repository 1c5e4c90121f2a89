//! The catalogue of events, and a live tail.

use crate::card::Card;
use crate::live::{Live, Made};
use crate::sources::Sources;

pub(super) fn catalogue() -> Box<dyn Live> {
    Box::new(Made::new(None, |_| {
        vec![Card::text("catalogue", "to come")]
    }))
}

pub(super) fn tail(_pattern: &str, _sources: &Sources) -> Box<dyn Live> {
    Box::new(Made::new(None, |_| vec![Card::text("tail", "to come")]))
}
