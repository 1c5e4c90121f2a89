//! Addresses of the dashboard's own pages.

use form_urlencoded::Serializer;
use telemetry_metrics::Kind;

use super::group_of;
use crate::sources::Sources;
use crate::view::{LONGEST, Range};

/// The chart of the definition at this place.
pub(super) fn chart(sources: &Sources, place: usize) -> String {
    show(sources, place, None, &place.to_string())
}

/// The same over a range.
pub(super) fn chart_over(sources: &Sources, place: usize, range: Range) -> String {
    show(sources, place, Some(range), &place.to_string())
}

/// The same by its series, only those with this value of a tag; of times their p95. No other chart stands
/// beside it.
pub(super) fn series(
    sources: &Sources,
    place: usize,
    range: Range,
    (tag, value): (&str, &str),
) -> String {
    let exact = format!("={tag}={value}");
    // What is too long to be asked for is looked for by its beginning.
    let find = match cut(&exact) {
        cut if cut.len() < exact.len() => &cut[1..],
        whole => whole,
    };
    let definition = sources.definitions.get(place);
    let stat = match definition.map(|definition| definition.kind()) {
        Some(Kind::Summary | Kind::Distribution) => "stat=p95;",
        _ => "",
    };
    let spec = format!("{place};{stat}by=series;find={find}");
    let mut link = show(sources, place, Some(range), &spec);
    if let Some(definition) = definition {
        // For the page itself: the other charts of the group are about all series.
        let mut filter = Serializer::new(String::new());
        filter.append_pair("filter", definition.name());
        link.push('#');
        link.push_str(&filter.finish());
    }
    link
}

fn show(sources: &Sources, place: usize, range: Option<Range>, show: &str) -> String {
    let mut query = Serializer::new(String::new());
    if let Some(definition) = sources.definitions.get(place) {
        query.append_pair("group", &group_of(definition));
    }
    if let Some(range) = range {
        query.append_pair("range", &range.0.to_string());
    }
    format!("metrics?{}", query.append_pair("show", show).finish())
}

/// So much of a text as a query takes.
fn cut(text: &str) -> &str {
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The traces of a route that failed, or are slow, or simply are there.
pub(super) fn traces(list: &str, route: &str) -> String {
    let mut query = Serializer::new(String::new());
    query.append_pair("list", list);
    if !route.is_empty() {
        query.append_pair("route", cut(route));
    }
    format!("traces?{}", query.finish())
}
