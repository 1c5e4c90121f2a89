//! [`Visible`]: whose values of metadata are shown.
//!
//! A value is shown if its key says what kind of thing happened, rather than to whom: a method, a
//! queue, a status. Those are the keys of our own instrumentation whose values come out of a set that
//! the program's text or its operator bounds. Free texts are not among them, whoever wrote them:
//! `reason` and `message` quote what failed, `statement` may have values in it, and `url`, `path`,
//! `user_agent` or `peer` belong to a visitor. Nor are keys that each program takes for something
//! else: `name`, `code` and `state` may be a person, a voucher, and a login's secret.

use std::collections::HashSet;

/// Keys that are shown wherever they stand.
pub(crate) const USUAL: [&str; 24] = [
    "attempt",
    "channel",
    "command",
    "detached",
    "ended",
    "event",
    "event_name",
    "handler_id",
    "host",
    "kind",
    "metric",
    "method",
    "outcome",
    "queue",
    "repo",
    "route",
    "savepoint",
    "source",
    "status",
    "status_class",
    "streamed",
    "system",
    "version",
    "worker",
];

/// Keys that are shown in certain events: their names, or how those end.
const IN_EVENTS: [(&str, &[&str]); 5] = [
    ("*.mailbox", &["name"]),
    ("*.table", &["name"]),
    (
        "process.panic",
        &["location", "thread", "trace_id", "span_id"],
    ),
    ("telemetry.metrics.definition_warning", &["problem"]),
    ("telemetry.n_plus_one", &["parent"]),
];

/// Which keys of metadata show their values.
#[derive(Debug, Clone)]
pub(crate) struct Visible {
    keys: HashSet<String>,
    all: bool,
}

impl Default for Visible {
    fn default() -> Self {
        Self {
            keys: USUAL.iter().map(|key| (*key).to_owned()).collect(),
            all: false,
        }
    }
}

impl Visible {
    pub(crate) fn add(&mut self, keys: impl IntoIterator<Item = String>) {
        self.keys.extend(keys);
    }

    pub(crate) fn show_all(&mut self) {
        self.all = true;
    }

    /// Whether a key is shown wherever it stands.
    pub(crate) fn is_shown(&self, key: &str) -> bool {
        self.all || self.keys.contains(key)
    }

    /// Whether a key is shown in an event of this name.
    pub(crate) fn is_shown_in(&self, event: &str, key: &str) -> bool {
        let is_event = |pattern: &str| match pattern.strip_prefix('*') {
            Some(end) => event.ends_with(end),
            None => event == pattern,
        };
        let mut there = IN_EVENTS.iter();
        self.is_shown(key) || there.any(|(pattern, keys)| is_event(pattern) && keys.contains(&key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_about_a_person_is_shown_to_nobody_who_was_not_allowed_to_see_it() {
        let mut visible = Visible::default();
        for free in [
            "reason",
            "message",
            "statement",
            "path",
            "url",
            "peer",
            "user_agent",
            "email",
            "name",
            "code",
            "state",
            "location",
        ] {
            assert!(!visible.is_shown(free), "{free}");
            assert!(!visible.is_shown_in("shop.order.placed", free), "{free}");
        }
        assert!(visible.is_shown("route") && visible.is_shown("status"));
        visible.add(["email".to_owned()]);
        assert!(visible.is_shown("email") && !visible.is_shown("name"));
        visible.show_all();
        assert!(visible.is_shown("name"));
    }

    #[test]
    fn a_name_is_shown_where_it_is_that_of_a_mailbox() {
        let visible = Visible::default();
        assert!(visible.is_shown_in("shop.mailbox", "name"));
        assert!(visible.is_shown_in("process.panic", "location"));
        assert!(!visible.is_shown_in("shop.visitor", "name"));
        assert!(!visible.is_shown_in("process.panic.more", "location"));
        assert!(!visible.is_shown_in("process.panic", "message"));
    }
}
