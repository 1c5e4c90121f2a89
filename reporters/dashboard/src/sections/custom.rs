//! Pages and cards of the host.

use crate::card::Card;
use crate::live::{Live, Made};
use crate::view::Range;

pub(super) fn extra(_range: Range) -> Box<dyn Live> {
    Box::new(Made::new(None, |_| vec![Card::text("extra", "to come")]))
}

pub(super) fn page(_at: usize, _range: Range) -> Box<dyn Live> {
    Box::new(Made::new(None, |_| vec![Card::text("page", "to come")]))
}
