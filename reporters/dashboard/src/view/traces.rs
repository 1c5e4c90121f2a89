//! What the page of traces shows.

use super::{Key, TraceList, text};

pub(super) fn sections(query: &[(String, String)]) -> Result<Vec<Key>, String> {
    if let Some(id) = text(query, "id")? {
        return Ok(vec![Key::Trace { id }]);
    }
    let list = text(query, "list")?.unwrap_or_else(|| "recent".to_owned());
    let list = match &*list {
        // What the page calls it.
        "slowest" => "slow".to_owned(),
        "recent" | "slow" | "failed" => list,
        _ => return Err("`list` is one of recent, slow, failed".to_owned()),
    };
    let before = match text(query, "before")? {
        None => None,
        Some(number) => {
            let number = number.parse();
            Some(number.map_err(|_| "`before` is a number that a list gave".to_owned())?)
        }
    };
    let route = text(query, "route")?.unwrap_or_default();
    let all = match text(query, "all")?.as_deref() {
        None => false,
        Some("1") => true,
        Some(_) => return Err("`all` is 1, or not there".to_owned()),
    };
    let mut sections = vec![];
    // It is about all traces, so it stands where nobody asked for some of them.
    if list == "recent" && route.is_empty() {
        sections.push(Key::NPlusOne);
    }
    sections.push(Key::TraceList(TraceList {
        list,
        route,
        before,
        all,
    }));
    Ok(sections)
}
