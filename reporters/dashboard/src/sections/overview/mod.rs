//! The overview: what is wrong, the golden signals, and how full everything is.

use crate::card::Card;
use crate::live::{Live, Made};
use crate::sources::Sources;
use crate::view::Range;

pub(super) fn wrong() -> Box<dyn Live> {
    Box::new(Made::new(None, |_| vec![Card::text("wrong", "to come")]))
}

pub(super) fn signals(_range: Range, _sources: &Sources) -> Box<dyn Live> {
    Box::new(Made::new(None, |_| vec![Card::text("signals", "to come")]))
}

pub(super) fn saturation(_range: Range, _sources: &Sources) -> Box<dyn Live> {
    Box::new(Made::new(None, |_| {
        vec![Card::text("saturation", "to come")]
    }))
}
