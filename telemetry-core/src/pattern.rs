//! Patterns: which events a handler is attached to.

use std::fmt;

use crate::attach::AttachError;
use crate::name;

/// An event, all events below a prefix, or all events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Pattern {
    Event(Box<str>),
    /// The prefix with its dot, `http.`.
    Below(Box<str>),
    All,
}

impl Pattern {
    pub(crate) fn parse(text: &str) -> Result<Self, AttachError> {
        if text == "*" {
            return Ok(Self::All);
        }
        let (name, below) = match text.strip_suffix(".*") {
            Some(prefix) => (prefix, true),
            None => (text, false),
        };
        if name.contains('*') {
            return Err(AttachError::Pattern {
                pattern: text.to_owned(),
            });
        }
        name::check(name).map_err(|error| AttachError::Name {
            pattern: text.to_owned(),
            error,
        })?;
        Ok(if below {
            Self::Below(text.trim_end_matches('*').into())
        } else {
            Self::Event(text.into())
        })
    }

    pub(crate) fn matches(&self, event: &str) -> bool {
        match self {
            Self::Event(name) => **name == *event,
            Self::Below(prefix) => event.starts_with(&**prefix),
            Self::All => true,
        }
    }

    /// Whether some event that is `prefix` or below it could match.
    pub(crate) fn meets(&self, prefix: &str) -> bool {
        match self {
            Self::Event(name) => is_within(name, prefix),
            Self::Below(below) => {
                let below = below.trim_end_matches('.');
                // `http.*` reaches everything under `http`; `http` itself it does not.
                is_within(below, prefix) || (below != prefix && is_within(prefix, below))
            }
            Self::All => true,
        }
    }
}

/// Whole segments: `shop.stop` is within `shop`, `shopping.stop` is not.
fn is_within(name: &str, prefix: &str) -> bool {
    match name.strip_prefix(prefix) {
        Some(rest) => prefix.is_empty() || rest.is_empty() || rest.starts_with('.'),
        None => false,
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event(name) => f.write_str(name),
            Self::Below(prefix) => write!(f, "{prefix}*"),
            Self::All => f.write_str("*"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_all_events_or_for_those_below_a_prefix() {
        let below = Pattern::parse("http.*").unwrap();
        assert!(below.matches("http.request") && below.matches("http.request.stop"));
        assert!(!below.matches("http") && !below.matches("https.request"));
        let all = Pattern::parse("*").unwrap();
        assert!(all.matches("http") && all.matches("a.b.c"));
        for text in ["http.*", "*", "http.request"] {
            assert_eq!(Pattern::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_star_anywhere_else_is_an_error() {
        for text in ["**", "*.stop", "http*", "http.*.stop", "http.**", "*.*"] {
            assert!(
                matches!(Pattern::parse(text), Err(AttachError::Pattern { .. })),
                "{text}"
            );
        }
        for text in ["", ".*", "http..*", "a b.*"] {
            assert!(
                matches!(Pattern::parse(text), Err(AttachError::Name { .. })),
                "{text}"
            );
        }
    }

    #[test]
    fn a_prefix_meets_what_could_be_emitted_below_it() {
        let meets = |pattern, prefix| Pattern::parse(pattern).unwrap().meets(prefix);
        assert!(meets("http.*", "") && meets("http.*", "http.request"));
        assert!(meets("http.*", "http") && meets("http.request.*", "http"));
        assert!(!meets("http.*", "https") && !meets("http.request.*", "http.reply"));
        assert!(meets("*", "anything") && meets("a.b", "a") && meets("a.b", "a.b"));
        assert!(!meets("a.b", "a.b.c") && !meets("ab", "a"));
    }
}
