//! Saturation: how full everything is.

mod bars;
mod charts;

use crate::live::Live;
use crate::sections::charts::{Mixed, Piece};
use crate::sections::past::Book;
use crate::sources::Sources;
use crate::view::Range;

pub(in crate::sections) fn saturation(range: Range, sources: &Sources) -> Box<dyn Live> {
    let gauges = bars::Gauges::find(sources);
    let charts = charts::specs(sources, range);
    let mut book = Book::of(gauges.names(sources));
    Box::new(Mixed::new(None, move |moment| {
        book.update(moment);
        let mut pieces = vec![Piece::Card(gauges.card(moment.sources, &book))];
        pieces.extend(charts.iter().cloned().map(Piece::Chart));
        pieces
    }))
}
