//! Traces: lists, one as a waterfall, and N+1 queries.

use crate::card::Card;
use crate::live::{Live, Made};
use crate::view::TraceList;

pub(super) fn n_plus_one() -> Box<dyn Live> {
    Box::new(Made::new(None, |_| {
        vec![Card::text("n-plus-one", "to come")]
    }))
}

pub(super) fn list(_list: &TraceList) -> Box<dyn Live> {
    Box::new(Made::new(None, |_| vec![Card::text("traces", "to come")]))
}

pub(super) fn trace(_id: &str) -> Box<dyn Live> {
    Box::new(Made::new(None, |_| vec![Card::text("trace", "to come")]))
}
