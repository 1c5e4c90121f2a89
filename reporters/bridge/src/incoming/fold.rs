//! Names and labels of others, as names and tags of ours.
//!
//! `metrics` takes any text for a name or a label, and many have no dot. What a name of ours cannot
//! contain becomes `_`. Labels that mean something to a reporter, or that every series has, get
//! another name: a reporter can refuse a definition when it is started, but these come later.

use std::borrow::Cow;

use telemetry_metrics::OVERFLOW_TAG;

/// The longest name; there has to be room for a kind behind it.
const MAX_NAME: usize = 240;

/// The longest key of a tag.
const MAX_KEY: usize = 100;

/// `prefix` and `text` as a name: segments of ASCII letters, digits, `_` and `-`, joined by dots.
/// `None` if there is nothing to be called by.
pub(super) fn name(prefix: &str, text: &str) -> Option<String> {
    let valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let mut name = String::with_capacity(prefix.len() + text.len().min(MAX_NAME) + 1);
    if !prefix.is_empty() {
        name.push_str(prefix);
        name.push('.');
    }
    let mut begins = true;
    for c in text.chars() {
        if name.len() + 2 > MAX_NAME {
            break;
        }
        let c = if valid(c) { c } else { '_' };
        if c == '.' && begins {
            name.push('_');
        }
        name.push(c);
        begins = c == '.';
    }
    if text.is_empty() {
        return None;
    }
    if begins {
        name.push('_');
    }
    Some(name)
}

/// What two names have in common that reporters cannot tell apart.
fn folded(text: &str) -> impl Iterator<Item = char> {
    let fold = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    text.chars().map(fold)
}

pub(super) fn is_same(one: &str, other: &str) -> bool {
    folded(one).eq(folded(other))
}

/// A label's key as that of a tag. `None` if it is empty.
pub(super) fn key<'k>(text: &'k str, constant_tags: &[(String, String)]) -> Option<Cow<'k, str>> {
    if text.is_empty() {
        return None;
    }
    let mut end = text.len().min(MAX_KEY);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = &text[..end];
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    let key = if text.chars().all(plain) {
        Cow::Borrowed(text)
    } else {
        let fold = |c: char| if plain(c) { c } else { '_' };
        Cow::Owned(text.chars().map(fold).collect())
    };
    let reserved = ["le", "quantile", OVERFLOW_TAG];
    let is_reserved = folded(&key).take(2).eq("__".chars())
        || reserved.iter().any(|word| is_same(word, &key))
        || constant_tags.iter().any(|(tag, _)| is_same(tag, &key));
    Some(if is_reserved {
        Cow::Owned(format!("label_{key}"))
    } else {
        key
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use telemetry::EventName;

    use super::*;

    proptest! {
        #[test]
        fn whatever_the_text_names_are_names_and_keys_are_harmless(text in any::<String>()) {
            let constant = [("env".to_owned(), "test".to_owned())];
            for prefix in ["", "libs"] {
                if let Some(name) = name(prefix, &text) {
                    prop_assert_eq!(EventName::check(&name), Ok(()));
                    prop_assert!(name.len() <= MAX_NAME);
                } else {
                    prop_assert_eq!(text.as_str(), "");
                }
            }
            if let Some(key) = key(&text, &constant) {
                prop_assert!(!key.is_empty());
                prop_assert!(!is_same(&key, "env") && !is_same(&key, "le"));
                let plain = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
                prop_assert!(key.chars().all(plain), "{}", key);
            }
        }
    }

    #[test]
    fn every_text_becomes_a_name() {
        for (text, expected) in [
            ("http_requests_total", "http_requests_total"),
            ("a.b", "a.b"),
            (".", "_._"),
            ("a..b.", "a._.b._"),
            ("größe {\n}", "gr__e____"),
            ("a:b/c", "a_b_c"),
        ] {
            assert_eq!(name("", text).as_deref(), Some(expected));
        }
        assert_eq!(name("libs", "a").as_deref(), Some("libs.a"));
        assert_eq!(name("libs", "."), Some("libs._._".into()));
        assert_eq!(name("libs", ""), None);
        for text in ["ü".repeat(5_000), ".".repeat(5_000), "a.".repeat(5_000)] {
            let name = name("libs", &text).unwrap();
            assert_eq!(EventName::check(&name), Ok(()), "{name}");
            assert_eq!(EventName::check(&format!("{name}.histogram")), Ok(()));
        }
    }

    #[test]
    fn labels_that_mean_something_get_another_key() {
        let constant = [("env".to_owned(), "test".to_owned())];
        let key = |text| key(text, &constant).map(Cow::into_owned);
        for same in ["route", "http.route", "a-b", "_x", "enw"] {
            assert_eq!(key(same).as_deref(), Some(same));
        }
        for text in [
            "le",
            "quantile",
            "env",
            "__name__",
            "otel_metric_overflow",
            "_.x",
        ] {
            assert_eq!(key(text), Some(format!("label_{text}")));
        }
        assert_eq!(key("a b\n"), Some("a_b_".into()));
        assert_eq!(key(""), None);
        assert!(key(&"ü".repeat(500)).unwrap().len() <= MAX_KEY);
    }
}
