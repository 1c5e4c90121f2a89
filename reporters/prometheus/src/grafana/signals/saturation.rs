//! How full something is: of the whole process, and of a part of it.

use super::names;
use super::services::span_of;
use crate::family::{Family, Type};
use crate::grafana::definitions::{by_instance, named};
use crate::grafana::escape::literal;
use crate::grafana::panel::Panel;
use crate::grafana::promql::{self, Scope};
use crate::grafana::unit;

/// What a gauge's name says if it tells how full something is; the best first.
const FULL: [&str; 11] = [
    "run_queue",
    "queue",
    "in_flight",
    "inflight",
    "pending",
    "backlog",
    "waiting",
    "in_use",
    "depth",
    "saturation",
    "utilization",
];
/// The measurements that say how full something can be.
const LIMITS: [&str; 3] = ["limit", "max", "capacity"];

pub(super) fn panel(title: String, family: &Family, own: &[&Family], scope: &Scope) -> Panel {
    let name = names(&[family]);
    let panel = Panel::time_series(title).min(0.0);
    let labels = promql::labels(family);
    match family.kind {
        Type::Gauge => {
            let panel = panel
                .unit(unit::of(family.unit))
                .query(scope.select(&family.name, ""), by_instance(&labels));
            let Some(limit) = limit_of(family, own) else {
                return panel.description(format!("How full it is, from {name}"));
            };
            let limits = names(&[limit]);
            let text = format!("How full it is, from {name}, and can be at most, from {limits}");
            let instance = ["instance".to_owned()];
            let labels: Vec<String> = labels.into_iter().chain(instance).collect();
            panel
                .description(text)
                .query(scope.select(&limit.name, ""), named("limit", &labels))
        }
        Type::Counter => panel
            .description(format!("How much per second, from {name}"))
            .unit(unit::per_second(family.unit))
            .query(
                promql::sum_by(&labels, &scope.rate(&family.name, "")),
                promql::legend(&labels, &literal(family.definition.name())),
            ),
        Type::Histogram | Type::Summary => {
            let (quantile, expr) = scope.p95(family, &[]);
            panel
                .description(format!("How full it is: {quantile} of {name}"))
                .unit(unit::of(family.unit))
                .query(expr, quantile)
        }
    }
}

/// The gauge that says how full it can be: of the same event, with the same tags.
fn limit_of<'f>(family: &Family, own: &[&'f Family]) -> Option<&'f Family> {
    let of = &family.definition;
    let is_limit = |other: &&Family| {
        let measurement = other.definition.measurement();
        other.kind == Type::Gauge
            && measurement.is_some_and(|measurement| LIMITS.contains(&measurement))
            && other.definition.events() == of.events()
            && other.definition.tags() == of.tags()
            && other.definition.name() != of.name()
    };
    own.iter().copied().find(is_limit)
}

/// Of the whole process: the gauge whose name says most clearly that it tells how full something is;
/// else how long was waited for something; else memory.
pub(super) fn most_full<'f>(own: &[&'f Family]) -> Option<&'f Family> {
    FULL.into_iter()
        .find_map(|word| gauge(own, word))
        .or_else(|| own.iter().copied().find(|family| is_wait(family)))
        .or_else(|| gauge(own, "memory"))
}

/// Of a span: the same among what is said of it, of its parts, and of what stands beside it.
pub(super) fn most_full_of<'f>(span: &str, own: &[&'f Family]) -> Option<&'f Family> {
    let beside = span.rsplit_once('.').map_or("", |(part, _)| part);
    // What is said of everything is said of no span.
    let around = if beside.contains('.') { beside } else { span };
    let parts = [about(span, own), about(around, own)];
    let full = |own: &Vec<&'f Family>| FULL.into_iter().find_map(|word| gauge(own, word));
    // Of one part, a summary will do.
    let wait = |own: &Vec<&'f Family>| own.iter().copied().find(|family| measures_wait(family));
    let found = parts.iter().find_map(full);
    found.or_else(|| parts.iter().find_map(wait))
}

/// Those that are about a part of the program and nothing else.
fn about<'f>(part: &str, own: &[&'f Family]) -> Vec<&'f Family> {
    let is_within = |event: &String| {
        let rest = span_of(event).strip_prefix(part);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let is_about = |family: &&&Family| family.definition.events().iter().all(is_within);
    own.iter().filter(is_about).copied().collect()
}

fn gauge<'f>(own: &[&'f Family], word: &str) -> Option<&'f Family> {
    let named = |family: &&Family| {
        family.kind == Type::Gauge && family.name.to_ascii_lowercase().contains(word)
    };
    own.iter().copied().find(named)
}

fn is_wait(family: &Family) -> bool {
    family.kind == Type::Histogram && measures_wait(family)
}

fn measures_wait(family: &Family) -> bool {
    let measurement = family.definition.measurement();
    let has_quantiles = matches!(family.kind, Type::Histogram | Type::Summary);
    has_quantiles && matches!(measurement, Some("queue_time" | "wait_time"))
}
