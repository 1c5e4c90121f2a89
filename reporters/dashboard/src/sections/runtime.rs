//! The process and its runtime.

use crate::card::Card;
use crate::live::{Live, Made};
use crate::sources::Sources;
use crate::view::Range;

pub(super) fn process() -> Box<dyn Live> {
    Box::new(Made::new(None, |_| vec![Card::text("process", "to come")]))
}

pub(super) fn gauges(_range: Range, _sources: &Sources) -> Box<dyn Live> {
    Box::new(Made::new(None, |_| vec![Card::text("gauges", "to come")]))
}
