//! Charts of metrics, and the index of them.
//!
//! # Charts in sections of other pages
//!
//! [`Mixed`] is a section (a [`Live`]) of charts and other cards. Its closure is called at each tick and
//! says what there is to show: [`Piece::Card`] for any card, [`Piece::Chart`] for a chart. As long as
//! the [`Spec`] of an id draws the same lines, its chart goes on: the history is asked for what is new,
//! and only that is sent. So make specs anew each time and think no further; what stands around the lines
//! (title, hint) may change at any tick.
//!
//! ```ignore
//! let requests: Arc<Definition> = ...; // a counter, or a summary or distribution
//! Box::new(Mixed::new(Some("Signals"), move |moment| {
//!     let failed: Vec<SeriesId> = ...; // of `requests`, from `moment.sources.history.series_of(name)`
//!     vec![
//!         Piece::Card(Card::figures("now").figure("Requests", Value::per_second(12.0), None)),
//!         Piece::Chart(
//!             Spec::new("rate", "Requests", range)
//!                 .compact()
//!                 .line(Line::new("rate", "requests", Role::Total, Of::all(&requests), Number::Rate)),
//!         ),
//!         Piece::Chart(
//!             Spec::new("errors", "Errors", range).compact().line(Line::new(
//!                 "share",
//!                 "errors",
//!                 Role::Total,
//!                 Of::some(&requests, failed),
//!                 Number::Share(Of::all(&requests)),
//!             )),
//!         ),
//!     ]
//! }))
//! ```
//!
//! - Lines have a key that is their own within the chart. Their unit is the one of the first line's
//!   definition, in the browser's words (seconds for time), unless [`Spec::unit`] says otherwise.
//! - [`Of::all`] is cheap however many series there are (but for last values with tags). It need not
//!   have series yet.
//! - [`Number::Share`] divides counts slot by slot.
//! - [`Totals`] ([`Moment::totals`](crate::moment::Moment::totals)) has the total of each definition: its
//!   `id` for `history.stats`, and `latest`, what it counted since it began.
//! - A range that is longer than the past is drawn as the shortest one that holds it. That is for the
//!   page to say, once; [`Reach`] has the words.
//! - [`Labels`] has what series are called where several stand together.
//! - [`Known`] (`sources.charts`) knows the ids of charts, for links: `metrics?show=<id>`.

mod card;
mod chosen;
mod figures;
mod group;
mod heat;
mod index;
mod known;
mod label;
mod latest;
mod mixed;
mod number;
mod plot;
mod scale;
mod section;
mod source;
mod spec;
mod stat;
#[cfg(test)]
mod tests;
mod timing;

pub(crate) use group::{group_of, group_or_first};
pub(crate) use known::Known;
pub(crate) use label::Labels;
pub(crate) use mixed::{Mixed, Piece};
pub(crate) use number::Number;
pub(crate) use source::Totals;
pub(crate) use spec::{Line, Of, Role, Spec};
pub(crate) use stat::check_chart;
pub(crate) use timing::Reach;

use crate::live::{Live, Made};
use crate::sources::Sources;
use crate::view::{ChartKey, Range};

/// Opens the list of all charts.
pub(super) fn index(group: Option<&str>, range: Range) -> Box<dyn Live> {
    Box::new(index::Index::new(group, range))
}

/// Says that a page of the host names what there is no chart of.
pub(super) fn no_chart(name: &str) -> Box<dyn Live> {
    let card = section::no_definition(name);
    Box::new(Made::new(None, move |_| vec![card.clone()]))
}

/// Opens the chart of a definition.
pub(super) fn chart(key: &ChartKey, sources: &Sources) -> Box<dyn Live> {
    match sources.charts.get(sources, key.definition) {
        Some(definition) => Box::new(section::Section::new(key, definition)),
        // Keys are checked; so there was one.
        None => Box::new(Made::new(None, |_| vec![section::nothing()])),
    }
}
