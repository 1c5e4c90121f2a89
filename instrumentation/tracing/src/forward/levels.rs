//! Which level an event has: that of the longest pattern that matches its name.
//!
//! There may be thousands of patterns, so they are not tried one by one: a name has as many prefixes
//! as it has segments, and each is looked up.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use tracing::Level;

#[derive(Debug)]
pub(super) struct Levels {
    names: HashMap<Box<str>, Level, RandomState>,
    /// With their dots; empty for all.
    prefixes: HashMap<Box<str>, Level, RandomState>,
}

impl Levels {
    /// Of a pattern that is given twice, the last counts. The telemetry crate checks the patterns
    /// when they are attached.
    pub(super) fn new(patterns: &[(String, Level)]) -> Self {
        let mut levels = Self {
            names: HashMap::default(),
            prefixes: HashMap::default(),
        };
        for (pattern, level) in patterns {
            match pattern.strip_suffix('*') {
                Some(prefix) => levels.prefixes.insert(prefix.into(), *level),
                None => levels.names.insert(pattern.as_str().into(), *level),
            };
        }
        levels
    }

    pub(super) fn of(&self, name: &str) -> Level {
        if let Some(level) = lookup(&self.names, name) {
            return level;
        }
        let mut end = name.len();
        while let Some(dot) = name[..end].rfind('.') {
            if let Some(level) = lookup(&self.prefixes, &name[..=dot]) {
                return level;
            }
            end = dot;
        }
        // The name of a span is shorter than those of its events, which were matched.
        lookup(&self.prefixes, "").unwrap_or(Level::DEBUG)
    }
}

fn lookup(levels: &HashMap<Box<str>, Level, RandomState>, text: &str) -> Option<Level> {
    // Most have no names, or no prefixes, at all.
    if levels.is_empty() {
        return None;
    }
    levels.get(text).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_pattern_says_the_level() {
        let levels = [
            ("*", Level::TRACE),
            ("shop.order.placed", Level::ERROR),
            ("shop.*", Level::DEBUG),
            ("shop.order.*", Level::INFO),
            ("shop.*", Level::WARN),
        ];
        let levels = Levels::new(&levels.map(|(pattern, level)| (pattern.to_owned(), level)));
        assert_eq!(levels.of("vm.memory"), Level::TRACE);
        assert_eq!(levels.of("shopping.stop"), Level::TRACE);
        assert_eq!(levels.of("shop"), Level::TRACE);
        assert_eq!(levels.of("shop.stop"), Level::WARN);
        assert_eq!(levels.of("shop.order"), Level::WARN);
        assert_eq!(levels.of("shop.order.sent.late"), Level::INFO);
        assert_eq!(levels.of("shop.order.placed"), Level::ERROR);
    }

    #[test]
    fn what_no_pattern_matches_is_debug() {
        let levels = Levels::new(&[("shop.checkout.stop".to_owned(), Level::WARN)]);
        assert_eq!(levels.of("shop.checkout.stop"), Level::WARN);
        assert_eq!(levels.of("shop.checkout"), Level::DEBUG);
    }
}
