//! [`Part`]: which definitions are on a dashboard.

use crate::family::Family;
use crate::grafana::signals::is_own;

/// What the names of definitions begin with, of those that are on it and of those that are not.
#[derive(Debug, Clone, Default)]
pub(super) struct Part {
    pub(super) only: Option<Vec<String>>,
    pub(super) except: Vec<String>,
}

impl Part {
    /// Whether a definition is on it; the library's own are on each.
    pub(super) fn has(&self, family: &Family) -> bool {
        let name = family.definition.name();
        let begins = |prefixes: &[String]| prefixes.iter().any(|start| name.starts_with(&**start));
        let only = self.only.as_deref();
        !is_own(family) || (only.is_none_or(begins) && !begins(&self.except))
    }
}
