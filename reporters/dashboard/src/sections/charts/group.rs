//! Groups of charts.

use std::sync::Arc;

use telemetry_metrics::Definition;

use super::label::clean;
use crate::sources::Sources;

/// The option by which a definition says its group.
const OPTION: &str = "nav";

/// The group of what the library says about itself.
const OWN: &str = "telemetry";

/// A longer name is cut: it is part of addresses.
const LONGEST: usize = 60;

/// The group of a definition: its option `nav`, or the first segment of its name.
pub(crate) fn group_of(definition: &Definition) -> String {
    let options = definition.options().iter();
    let mut nav = options.filter(|(key, group)| key == OPTION && !group.trim().is_empty());
    let first = definition.name().split('.').next().unwrap_or_default();
    let group = nav.next_back().map_or(first, |(_, group)| group.trim());
    clean(group, LONGEST)
}

/// Charts that stand together.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) name: String,
    /// With their ids.
    pub(crate) charts: Vec<(usize, Arc<Definition>)>,
}

/// All groups in the order of their first definitions, the library's own last.
pub(crate) fn groups(sources: &Sources) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (id, definition) in sources.charts.all(sources).into_iter().enumerate() {
        let name = group_of(&definition);
        match groups.iter().position(|group| group.name == name) {
            Some(at) => groups[at].charts.push((id, definition)),
            None => groups.push(Group {
                name,
                charts: vec![(id, definition)],
            }),
        }
    }
    // Whatever else calls itself so stands with it.
    groups.sort_by_key(|group| group.name == OWN);
    groups
}

/// The group of this name, or the first one.
pub(crate) fn group_or_first(sources: &Sources, group: Option<&str>) -> Option<Group> {
    let mut groups = groups(sources);
    let asked = groups.iter().position(|known| Some(&*known.name) == group);
    (!groups.is_empty()).then(|| groups.swap_remove(asked.unwrap_or(0)))
}
