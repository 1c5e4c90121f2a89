//! What a request costs: everything that the process spent, divided by the requests.

use crate::family::Family;
use crate::grafana::panel::Panel;
use crate::grafana::role::{Role, sum_sample};
use crate::grafana::rows::{Source, side_by_side};
use crate::grafana::signals::{Golden, names};
use crate::grafana::unit;

/// The row. There is none for what does not answer requests: the process spends on other things, too.
pub(crate) fn cost(golden: &Golden<'_>, source: &Source<'_, '_>) -> Option<(String, Vec<Panel>)> {
    if !golden.is_server {
        return None;
    }
    let requests = golden.rate.as_ref()?;
    let all = requests.divisor(source.scope)?;
    // Whatever is on this dashboard: it is about all that the process does.
    let get = |role: Role| source.named(role).or_else(|| role.find(source.all, None));
    let panel = |title: &str, what: &str, unit: &str, family: &Family, sample: &str| {
        let spent = source.scope.rate(sample, "");
        let (from, divided) = (names(&[family]), requests.names());
        Panel::time_series(title)
            .description(format!(
                "{what} of the whole process, from {from}, divided by the requests, from {divided}. \
                 What is done for nobody's request counts, too"
            ))
            .unit(unit)
            .min(0.0)
            .query(format!("sum({spent}) / {all}"), "each")
    };
    let cpu = get(Role::CpuTime).map(|family| {
        let what = "Processor time";
        panel(
            "CPU per request",
            what,
            &unit::of(family.unit),
            family,
            &family.name,
        )
    });
    let queries = get(Role::Queries).and_then(|family| {
        let sample = crate::grafana::promql::count_sample(family)?;
        Some(panel(
            "Queries per request",
            "Queries",
            unit::SHORT,
            family,
            &sample,
        ))
    });
    let time = get(Role::QueryTime).and_then(|family| {
        let (what, unit) = ("Time of queries", unit::of(family.unit));
        Some(panel(
            "Database time per request",
            what,
            &unit,
            family,
            &sum_sample(family)?,
        ))
    });
    let rows = get(Role::Rows).and_then(|family| {
        let sample = sum_sample(family)?;
        Some(panel(
            "Rows per request",
            "Rows",
            unit::SHORT,
            family,
            &sample,
        ))
    });
    let panels: Vec<Panel> = [cpu, queries, time, rows].into_iter().flatten().collect();
    let title = match golden.span {
        Some(span) => format!("Cost: {span}"),
        None => "Cost".to_owned(),
    };
    (!panels.is_empty()).then(|| (title, side_by_side(panels)))
}
