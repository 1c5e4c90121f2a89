//! The golden signals: how much is asked for, how much of that fails, and how long it takes.

mod charts;
mod figures;
mod roles;
mod routes;

pub(in crate::sections) use roles::{Roles, Times};

use crate::card::Card;
use crate::live::Live;
use crate::sections::charts::{Mixed, Piece};
use crate::sections::past::Book;
use crate::sources::Sources;
use crate::view::Range;

pub(in crate::sections) fn signals(range: Range, sources: &Sources) -> Box<dyn Live> {
    let roles = match Roles::find(sources) {
        Ok(roles) => roles,
        Err(missing) => {
            return Box::new(Mixed::new(None, move |_| {
                vec![Piece::Card(
                    Card::text("missing", &missing).title("Requests").wide(),
                )]
            }));
        }
    };
    let mut book = Book::of(roles.names(sources));
    let mut figures = figures::Figures::new(range);
    let mut routes = routes::Routes::new(sources, &roles);
    Box::new(Mixed::new(None, move |moment| {
        book.update(moment);
        let mut pieces = vec![Piece::Card(figures.card(moment, &book, &roles))];
        pieces.extend(
            charts::specs(moment.sources, &book, &roles, range)
                .into_iter()
                .map(Piece::Chart),
        );
        pieces.extend(routes.card(moment, &book, &roles, range).map(Piece::Card));
        pieces
    }))
}
