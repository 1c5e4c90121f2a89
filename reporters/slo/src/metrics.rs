//! [`metrics()`]: definitions over the events of this crate.

use telemetry_metrics::{Metric, counter, last_value};

use crate::objective::NAV;

/// Seven windows of each of a thousand objectives, and more: their number is that of lines of code, not
/// of anything from outside.
const MOST_SERIES: usize = 10_000;

/// Definitions over the events of this crate: burn rates and budgets of objectives, and what fires.
///
/// They are for an aggregator like all others. A gauge stands for what this process knows; for a
/// service of many instances, a server that scrapes them calculates it from the objectives' own
/// definitions.
///
/// ```
/// let names: Vec<_> = telemetry_slo::metrics().iter().map(|one| one.name().to_owned()).collect();
/// assert!(names.contains(&"slo.burn_rate".to_owned()));
/// ```
#[must_use]
pub fn metrics() -> Vec<Metric> {
    let metrics = [
        last_value("slo.ratio")
            .event("telemetry.slo.status")
            .tags(["slo"])
            .description("Share that was good, over the objective's window or since the start; 1 without traffic"),
        last_value("slo.budget_left")
            .event("telemetry.slo.status")
            .tags(["slo"])
            .description("Share of the error budget that is left, since the start"),
        last_value("slo.burn_rate")
            .event("telemetry.slo.burn")
            .measurement("rate")
            .tags(["slo", "window"])
            .description("How fast the error budget burns; 1 uses it up in the objective's window, 0 without traffic"),
        last_value("slo.alert.firing")
            .event("telemetry.slo.alert")
            .tags(["slo", "severity", "window"])
            .description("1 while the alert of an objective fires, else 0"),
        counter("slo.alert.count")
            .event("telemetry.slo.firing")
            .tags(["slo", "severity"])
            .description("How often an alert of an objective began to fire"),
        last_value("slo.alarm.firing")
            .event("telemetry.alarm.status")
            .tags(["alarm", "severity", "definition"])
            .description("1 while an alarm fires, else 0"),
        counter("slo.alarm.count")
            .event("telemetry.alarm.firing")
            .tags(["alarm", "severity", "definition"])
            .description("How often an alarm began to fire"),
    ];
    let in_group = |metric: Metric| metric.option("nav", NAV).max_series(MOST_SERIES);
    metrics.into_iter().map(in_group).collect()
}
