//! How reporters, metrics, the past and the dashboard itself fare.

use crate::card::Card;
use crate::live::{Live, Made};

pub(super) fn reporters() -> Box<dyn Live> {
    Box::new(Made::new(None, |_| {
        vec![Card::text("reporters", "to come")]
    }))
}

pub(super) fn series() -> Box<dyn Live> {
    Box::new(Made::new(None, |_| vec![Card::text("series", "to come")]))
}

pub(super) fn skipped() -> Box<dyn Live> {
    Box::new(Made::new(None, |_| vec![Card::text("skipped", "to come")]))
}

pub(super) fn definitions() -> Box<dyn Live> {
    Box::new(Made::new(None, |_| {
        vec![Card::text("definitions", "to come")]
    }))
}

pub(super) fn past() -> Box<dyn Live> {
    Box::new(Made::new(None, |_| vec![Card::text("past", "to come")]))
}

pub(super) fn viewers() -> Box<dyn Live> {
    Box::new(Made::new(None, |_| vec![Card::text("viewers", "to come")]))
}
