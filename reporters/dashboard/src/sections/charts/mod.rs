//! Charts of metrics, and the index of them.

use telemetry_metrics::Definition;

use crate::card::Card;
use crate::live::{Live, Made};
use crate::sources::Sources;
use crate::view::ChartKey;

/// The group of a definition: its option `nav`, or the first segment of its name.
pub(crate) fn group_of(definition: &Definition) -> &str {
    let nav = definition.options().iter().find(|(key, _)| key == "nav");
    let first = definition.name().split('.').next().unwrap_or_default();
    nav.map_or(first, |(_, group)| group)
}

/// The group of this name, or the first one.
pub(crate) fn group_or_first<'s>(sources: &'s Sources, group: Option<&str>) -> &'s str {
    let mut groups = sources.definitions.iter().map(|one| group_of(one));
    let first = groups.clone().next().unwrap_or_default();
    groups.find(|name| Some(*name) == group).unwrap_or(first)
}

/// Whether a chart can be made.
pub(crate) fn check_chart(_key: &ChartKey, _sources: &Sources) -> Result<(), String> {
    Ok(())
}

pub(super) fn index(_group: Option<&str>, _sources: &Sources) -> Box<dyn Live> {
    Box::new(Made::new(None, |_| vec![Card::text("index", "to come")]))
}

pub(super) fn chart(_key: &ChartKey, _sources: &Sources) -> Box<dyn Live> {
    Box::new(Made::new(None, |_| vec![Card::text("chart", "to come")]))
}
