//! What to say of a pattern that nothing in the program is known to emit: otherwise a slip would be an
//! empty list.

use std::collections::BTreeSet;

/// More edits than this are no slip, however long the name is.
const MOST_EDITS: usize = 4;

/// A sentence or two, if nothing has such a name.
pub(super) fn hint(pattern: &str, known: &BTreeSet<String>) -> Option<String> {
    let stem = pattern.strip_suffix(".*");
    let name = stem.unwrap_or(pattern);
    let is_below = |known: &str| {
        let rest = known.strip_prefix(name);
        rest.is_some_and(|rest| rest.starts_with('.'))
    };
    let has_below = known.iter().any(|known| is_below(known));
    let is_known = match stem {
        Some(_) => has_below,
        None => known.contains(name),
    };
    if is_known || telemetry::EventName::check(name).is_err() {
        return None;
    }
    let mut text =
        format!("No code of this program emits `{pattern}` (it may be named at run time).");
    let meant = if has_below {
        None
    } else if stem.is_some() {
        let prefixes: BTreeSet<&str> = known.iter().flat_map(|name| prefixes(name)).collect();
        nearest(name, prefixes).map(|prefix| format!("{prefix}.*"))
    } else {
        nearest(name, known.iter().map(String::as_str)).map(ToOwned::to_owned)
    };
    match meant {
        Some(meant) => {
            text.push_str(&format!(" Did you mean `{meant}`?"));
            let has_capitals = |text: &str| text.bytes().any(|byte| byte.is_ascii_uppercase());
            if has_capitals(pattern) || has_capitals(&meant) {
                text.push_str(" Names are case-sensitive.");
            }
        }
        None if stem.is_none() => {
            text.push_str(&format!(" For a span's start and end, watch `{name}.*`."));
        }
        None => text.push_str(" Names are case-sensitive; those that are known are listed below."),
    }
    Some(text)
}

/// `shop` and `shop.order` of `shop.order.placed`.
fn prefixes(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('.').map(|(at, _)| &name[..at])
}

/// The one with the fewest edits, the first of several; none if all are unlike. Capitals are no edit.
fn nearest<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let most = (name.len() / 3).min(MOST_EDITS);
    let name = name.to_ascii_lowercase();
    let near = known
        .into_iter()
        .filter(|known| known.len().abs_diff(name.len()) <= most)
        .map(|known| (edits(&name, &known.to_ascii_lowercase()), known));
    let nearest = near.min_by_key(|(edits, _)| *edits)?;
    (nearest.0 <= most).then_some(nearest.1)
}

/// How many letters must be added, taken away or replaced to make one of the other.
fn edits(one: &str, other: &str) -> usize {
    let other = other.as_bytes();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.bytes().enumerate() {
        let mut before = row[0];
        row[0] = at + 1;
        for (place, same) in other.iter().enumerate() {
            let replaced = before + usize::from(*same != letter);
            before = row[place + 1];
            row[place + 1] = replaced.min(before + 1).min(row[place] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> BTreeSet<String> {
        let names = [
            "shop.endpoint.start",
            "shop.endpoint.stop",
            "shop.order.placed",
        ];
        names.map(ToOwned::to_owned).into()
    }

    #[test]
    fn what_is_known_needs_no_hint() {
        let fine = [
            "shop.endpoint.stop",
            "shop.endpoint.*",
            "shop.*",
            "*",
            "no name",
        ];
        for pattern in fine {
            assert_eq!(hint(pattern, &known()), None, "{pattern}");
        }
    }

    #[test]
    fn a_slip_is_told_what_was_meant() {
        for (pattern, says) in [
            ("shop.order.plaecd", "Did you mean `shop.order.placed`?"),
            ("shop.endpont.*", "Did you mean `shop.endpoint.*`?"),
            (
                "Shop.Order.Placed",
                "Did you mean `shop.order.placed`? Names are case-sensitive.",
            ),
            (
                "shop.endpoint",
                "For a span's start and end, watch `shop.endpoint.*`.",
            ),
            (
                "garden.flower",
                "For a span's start and end, watch `garden.flower.*`.",
            ),
            (
                "garden.*",
                "Names are case-sensitive; those that are known are listed below.",
            ),
        ] {
            let emits =
                format!("No code of this program emits `{pattern}` (it may be named at run time).");
            let hint = hint(pattern, &known()).unwrap();
            assert_eq!(hint, format!("{emits} {says}"));
        }
    }

    #[test]
    fn edits_are_counted() {
        let pairs = [("", "abc"), ("abc", "abc"), ("kitten", "sitting")];
        assert_eq!(pairs.map(|(one, other)| edits(one, other)), [3, 0, 3]);
        assert_eq!(nearest("ab", ["xy", "cd"]), None);
    }
}
