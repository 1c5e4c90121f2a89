//! Addresses of the dashboard's own pages.

use form_urlencoded::Serializer;

use super::group_of;
use crate::sources::Sources;
use crate::view::LONGEST;

/// The chart of the definition at this place.
pub(super) fn chart(sources: &Sources, place: usize) -> String {
    show(sources, place, &place.to_string())
}

/// The same by its series, only those with this value of a tag.
pub(super) fn series(sources: &Sources, place: usize, tag: &str, value: &str) -> String {
    let exact = format!("={tag}={value}");
    // What is too long to be asked for is looked for by its beginning.
    let find = match cut(&exact) {
        cut if cut.len() < exact.len() => &cut[1..],
        whole => whole,
    };
    show(sources, place, &format!("{place};by=series;find={find}"))
}

fn show(sources: &Sources, place: usize, show: &str) -> String {
    let mut query = Serializer::new(String::new());
    if let Some(definition) = sources.definitions.get(place) {
        query.append_pair("group", &group_of(definition));
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
