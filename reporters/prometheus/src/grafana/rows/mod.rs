//! The rows that are found by what definitions are about: what a request costs, how the process does,
//! how its database does.

mod cost;
mod database;
mod runtime;

use crate::family::Family;
use crate::grafana::panel::{COLUMNS, Panel};
use crate::grafana::promql::Scope;
use crate::grafana::role::Role;

pub(crate) use cost::cost;
pub(crate) use database::{databases, is_about_database};
pub(crate) use runtime::runtime;

/// What the rows are made from.
#[derive(Debug)]
pub(crate) struct Source<'f, 's> {
    /// The user's definitions that are on the dashboard.
    pub(crate) own: &'s [&'f Family],
    /// All of the user's.
    pub(crate) all: &'s [&'f Family],
    /// What was named, the last of a role counts.
    pub(crate) named: &'s [(Role, &'f Family)],
    pub(crate) scope: &'s Scope,
}

impl<'f> Source<'f, '_> {
    /// What was named for a role.
    fn named(&self, role: Role) -> Option<&'f Family> {
        let mut named = self.named.iter().rev();
        named
            .find(|(known, _)| *known == role)
            .map(|(_, family)| *family)
    }

    /// What plays a role on the dashboard.
    fn get(&self, role: Role) -> Option<&'f Family> {
        self.named(role).or_else(|| role.find(self.own, None))
    }
}

/// So many panels to a line that the lines are full.
fn side_by_side(panels: Vec<Panel>) -> Vec<Panel> {
    let in_line = match panels.len() {
        0 | 1 => 1,
        2 | 4 => 2,
        _ => 3,
    };
    let width = COLUMNS / in_line;
    panels.into_iter().map(|panel| panel.width(width)).collect()
}
