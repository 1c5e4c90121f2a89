//! [`Visible`]: whose values of metadata are shown.

use std::collections::HashSet;

/// Keys whose values say what kind of thing happened rather than to whom; the ones that our
/// instrumentation uses.
pub(crate) const USUAL: [&str; 24] = [
    "action",
    "attempt",
    "channel",
    "code",
    "command",
    "direction",
    "ended",
    "error_type",
    "event",
    "host",
    "kind",
    "location",
    "method",
    "name",
    "outcome",
    "queue",
    "repo",
    "route",
    "scheme",
    "source",
    "state",
    "status",
    "system",
    "worker",
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

    pub(crate) fn is_shown(&self, key: &str) -> bool {
        self.all || self.keys.contains(key)
    }
}
