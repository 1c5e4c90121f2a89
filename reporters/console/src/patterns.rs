//! Which names are meant: those that the core's patterns would mean.

use telemetry::EventName;

/// A list of names and patterns (`shop.stop`, `shop.*`, `*`).
#[derive(Debug, Clone, Default)]
pub(crate) struct Patterns {
    patterns: Vec<String>,
}

impl Patterns {
    pub(crate) fn push(&mut self, pattern: &str) {
        self.patterns.push(pattern.to_owned());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.patterns.iter().map(String::as_str)
    }

    /// Those that are neither names nor patterns.
    pub(crate) fn wrong(&self) -> impl Iterator<Item = &str> {
        self.iter().filter(|&pattern| {
            let name = pattern.strip_suffix(".*").unwrap_or(pattern);
            pattern != "*" && EventName::check(name).is_err()
        })
    }

    pub(crate) fn match_any(&self, name: &str) -> bool {
        self.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(prefix) => name.starts_with(prefix),
            None => name == pattern,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(list: &[&str]) -> Patterns {
        let mut patterns = Patterns::default();
        list.iter().for_each(|pattern| patterns.push(pattern));
        patterns
    }

    #[test]
    fn a_pattern_means_what_is_below_its_prefix() {
        let list = patterns(&["vm.*", "shop.stop"]);
        assert!(list.match_any("vm.memory") && list.match_any("shop.stop"));
        assert!(!list.match_any("vm") && !list.match_any("vms.x") && !list.match_any("shop.start"));
        assert!(patterns(&["*"]).match_any("anything") && !patterns(&[]).match_any("anything"));
    }

    #[test]
    fn a_star_anywhere_else_is_wrong() {
        let list = patterns(&["*", "a.*", "a.b", "*.a", "a*", "", ".*", "a b", "a.*.b"]);
        let wrong: Vec<_> = list.wrong().collect();
        assert_eq!(wrong, ["*.a", "a*", "", ".*", "a b", "a.*.b"]);
    }
}
