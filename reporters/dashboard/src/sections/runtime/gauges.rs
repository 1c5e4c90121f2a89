//! Charts of what is looked at now and then: last values.
//!
//! A number and its limit (`depth` and `capacity`) share a chart; that of a definition with tags has a line
//! for each of its busiest series.

use std::sync::Arc;

use telemetry_metrics::history::PastSeries;
use telemetry_metrics::{Definition, Kind};

use super::super::charts::{Labels, Line, Mixed, Number, Of, Piece, Role, Spec};
use super::super::fills::Pairs;
use super::super::past::Book;
use super::super::{links, words};
use crate::card::Card;
use crate::live::Live;
use crate::sources::Sources;
use crate::view::Range;

/// More charts than this are on the page of metrics only.
const MOST_CHARTS: usize = 60;
/// Lines of a chart by series.
const MOST_LINES: usize = 8;

pub(super) fn gauges(range: Range, sources: &Sources) -> Box<dyn Live> {
    let pairs = Pairs::of(&sources.definitions);
    let shown: Vec<usize> = (0..sources.definitions.len())
        .filter(|place| is_shown(*place, &sources.definitions[*place], &pairs))
        .collect();
    let tagged = shown.iter().map(|place| &sources.definitions[*place]);
    let tagged = tagged.filter(|one| !one.tags().is_empty());
    let mut book = Book::of(tagged.map(|one| one.name()));
    Box::new(Mixed::new(None, move |moment| {
        book.update(moment);
        let few = shown.iter().take(MOST_CHARTS);
        let specs = few.map(|place| spec(moment.sources, *place, &pairs, &book, range));
        let mut pieces: Vec<_> = specs.map(Piece::Chart).collect();
        pieces.extend(note(shown.len()).map(Piece::Card));
        pieces
    }))
}

/// A limit stands on the chart of what it limits, where there are no tags.
fn is_shown(place: usize, definition: &Definition, pairs: &Pairs) -> bool {
    let is_drawn_as_limit = definition.tags().is_empty() && pairs.is_limit(place);
    definition.kind() == Kind::LastValue && !is_drawn_as_limit
}

fn note(charts: usize) -> Option<Card> {
    let text = match charts {
        0 => {
            "No definition is a last value.\n\nStart a `telemetry_poller::Poller` with `.vm()`, and add \
             `telemetry_poller::metrics()` to the definitions: memory, processor time, and tokio's figures."
        }
        more if more > MOST_CHARTS => "There are more last values on the page of metrics.",
        _ => return None,
    };
    Some(Card::text("note", text).wide())
}

fn spec(sources: &Sources, place: usize, pairs: &Pairs, book: &Book, range: Range) -> Spec {
    let definition = &sources.definitions[place];
    let spec = Spec::new(&format!("gauge-{place}"), definition.name(), range)
        .compact()
        .href(&links::chart_over(sources, place, range));
    let spec = match definition.description() {
        Some(description) => spec.hint(description),
        None => spec,
    };
    if !definition.tags().is_empty() {
        return by_series(spec, definition, book);
    }
    let of = Of::all(definition);
    let mut spec = spec.line(Line::new("value", "value", Role::Total, of, Number::Value));
    if let Some(limit) = pairs.limit_of(place) {
        let of = Of::all(&sources.definitions[limit]);
        spec = spec.line(Line::new("limit", "limit", Role::Limit, of, Number::Value));
    }
    spec
}

fn by_series(mut spec: Spec, definition: &Arc<Definition>, book: &Book) -> Spec {
    let mut series: Vec<&PastSeries> = book.series(definition).collect();
    // Who is the busiest may change at each poll, and a chart that begins anew each time is none: those
    // that were met first are shown.
    series.sort_by_key(|one| one.id);
    series.truncate(MOST_LINES);
    let told = Labels::of(&series);
    if !told.keys.is_empty() {
        let keys: Vec<_> = told.keys.iter().map(|key| words::short(key)).collect();
        spec = spec.more(&format!("By {}", keys.join(", ")));
    }
    for (one, label) in series.into_iter().zip(told.labels) {
        let of = Of::some(definition, [one.id]);
        let key = one.id.number().to_string();
        spec = spec.line(Line::new(&key, &label, Role::Series, of, Number::Value));
    }
    spec
}
