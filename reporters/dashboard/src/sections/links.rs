//! Addresses of the dashboard's own pages.

use form_urlencoded::Serializer;

use super::group_of;
use crate::sources::Sources;

/// The chart of the definition at this place, by its series; only those that contain `find`, unless
/// that is empty.
pub(super) fn chart(sources: &Sources, place: usize, find: &str) -> String {
    let group = sources.definitions.get(place).map(|one| group_of(one));
    let show = if find.is_empty() {
        place.to_string()
    } else {
        format!("{place};by=series;find={find}")
    };
    let mut query = Serializer::new(String::new());
    if let Some(group) = group {
        query.append_pair("group", group);
    }
    format!("metrics?{}", query.append_pair("show", &show).finish())
}

/// The traces of a route that failed, or are slow, or simply are there.
pub(super) fn traces(list: &str, route: &str) -> String {
    let mut query = Serializer::new(String::new());
    query.append_pair("list", list);
    if !route.is_empty() {
        query.append_pair("route", route);
    }
    format!("traces?{}", query.finish())
}
