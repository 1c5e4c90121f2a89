//! What most programs run out of, as small charts.

use crate::sections::charts::{Line, Number, Of, Role, Spec};
use crate::sections::links;
use crate::sources::Sources;
use crate::view::Range;

/// Definitions by name, and the titles of their charts.
const SHOWN: [(&str, &str); 4] = [
    ("vm.cpu.utilization", "Processors"),
    ("vm.memory.total", "Memory"),
    ("vm.tokio.utilization", "Tokio's workers"),
    ("vm.total_run_queue_lengths.total", "Tokio's run queue"),
];

/// Of those that there are.
pub(super) fn specs(sources: &Sources, range: Range) -> Vec<Spec> {
    let specs = SHOWN.iter().filter_map(|(name, title)| {
        let mut definitions = sources.definitions.iter();
        let place = definitions.position(|one| one.name() == *name)?;
        let of = Of::all(&sources.definitions[place]);
        let line = Line::new("value", "value", Role::Total, of, Number::Value);
        let spec = Spec::new(&format!("gauge-{place}"), title, range);
        let href = links::chart_over(sources, place, range);
        Some(spec.compact().href(&href).line(line))
    });
    specs.collect()
}
