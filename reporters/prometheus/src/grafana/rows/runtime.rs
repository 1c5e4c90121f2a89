//! How the process does: what it has of memory, processors, threads and files, and what waits for them.

use crate::family::{Family, Type};
use crate::grafana::definitions::{by_instance, named};
use crate::grafana::panel::Panel;
use crate::grafana::promql::labels;
use crate::grafana::role::Role;
use crate::grafana::rows::{Source, side_by_side};
use crate::grafana::signals::names;
use crate::grafana::unit;

/// The row's panels; none if nothing is known.
pub(crate) fn runtime(source: &Source<'_, '_>) -> Vec<Panel> {
    let memory = gauges(source, "Memory", "Resident memory", &[(Role::Memory, "")]);
    let cpu = source.get(Role::CpuTime).map(|family| {
        let rate = source.scope.rate(&family.name, "");
        Panel::time_series("Processors")
            .description(format!(
                "How many processors were busy on average, from {}",
                names(&[family])
            ))
            .min(0.0)
            .query(rate, by_instance(&labels(family)))
    });
    let busy = gauges(
        source,
        "Busy workers",
        "Which share of their time tokio's workers had something to do",
        &[(Role::Utilization, "")],
    );
    let busy = busy.map(|panel| panel.unit(unit::SHARE).max(1.0));
    let queue = gauges(
        source,
        "Run queue",
        "Tasks that are ready and wait for a worker",
        &[(Role::RunQueue, "")],
    );
    let threads = gauges(
        source,
        "Threads and tasks",
        "Threads of the process, and tasks alive in tokio",
        &[(Role::Threads, "threads"), (Role::Tasks, "tasks")],
    );
    let files = gauges(
        source,
        "Open files",
        "Open files and sockets, and how many may be open",
        &[(Role::OpenFiles, "open"), (Role::OpenFilesLimit, "limit")],
    );
    let all = [memory, cpu, busy, queue, threads, files];
    side_by_side(all.into_iter().flatten().collect())
}

/// Gauges in one panel, each with what it is called there.
pub(super) fn gauges(
    source: &Source<'_, '_>,
    title: &str,
    what: &str,
    roles: &[(Role, &str)],
) -> Option<Panel> {
    let roles = roles.iter();
    let found: Vec<(&Family, &str)> = roles
        .filter_map(|(role, name)| source.get(*role).map(|family| (family, *name)))
        .collect();
    panel_of(source, title, what, &found)
}

pub(super) fn panel_of(
    source: &Source<'_, '_>,
    title: &str,
    what: &str,
    found: &[(&Family, &str)],
) -> Option<Panel> {
    let (first, _) = found.first()?;
    debug_assert!(found.iter().all(|(family, _)| family.kind == Type::Gauge));
    let families: Vec<&Family> = found.iter().map(|(family, _)| *family).collect();
    let mut panel = Panel::time_series(title)
        .description(format!("{what}, from {}", names(&families)))
        .unit(unit::of(first.unit))
        .min(0.0);
    for (family, name) in found {
        let labels = labels(family);
        let legend = if name.is_empty() {
            by_instance(&labels)
        } else {
            let instance = ["instance".to_owned()];
            let labels: Vec<String> = labels.into_iter().chain(instance).collect();
            named(name, &labels)
        };
        panel = panel.query(source.scope.select(&family.name, ""), legend);
    }
    Some(panel)
}
