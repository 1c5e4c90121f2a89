//! Parameters of an address.

use super::{LONGEST, RANGES, Range};

/// A parameter that a page does not have is one that somebody expects to do something.
pub(super) fn check_names(page: &str, query: &[(String, String)]) -> Result<(), String> {
    let own: &[&str] = match page {
        "metrics" => &["group", "show"],
        // What is found is for the browser to say.
        "events" => &["tail", "find"],
        "traces" => &["list", "route", "id", "before", "all"],
        _ => &[],
    };
    let all = ["page", "range"];
    let is_known = |name: &str| own.contains(&name) || all.contains(&name);
    match query.iter().find(|(name, _)| !is_known(name)) {
        Some((name, _)) => {
            let name: String = name.chars().take(40).collect();
            Err(format!("`{name}` is no parameter of this page"))
        }
        None => Ok(()),
    }
}

pub(super) fn range(query: &[(String, String)], default: u32) -> Result<Range, String> {
    let Some(range) = text(query, "range")? else {
        return Ok(Range(default));
    };
    let known = range.parse().ok().filter(|range| RANGES.contains(range));
    known.map(Range).ok_or_else(|| {
        let given: String = range.chars().take(40).collect();
        format!(
            "The address says range={}; it may be 60, 300, 900, 3600, 21600 or 86400 (seconds)",
            given.escape_debug()
        )
    })
}

/// A parameter that may be there once; one that is empty is not.
pub(super) fn text(query: &[(String, String)], key: &str) -> Result<Option<String>, String> {
    let mut values = query.iter().filter(|(given, _)| given == key);
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some((_, value)), None) if value.is_empty() => Ok(None),
        (Some((_, value)), None) => short(value, key).map(Some),
        (Some(_), Some(_)) => Err(format!("`{key}` is there twice")),
    }
}

pub(super) fn short(value: &str, key: &str) -> Result<String, String> {
    if value.len() > LONGEST {
        return Err(format!("`{key}` is longer than {LONGEST} bytes"));
    }
    Ok(value.to_owned())
}
