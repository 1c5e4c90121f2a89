//! Objectives for the cases, and the series that they are made of.

use std::time::Duration;

use telemetry_slo::Objective;
use telemetry_slo::prometheus::{Rules, RulesBuilder};

pub(super) const FAST: &str = "SloBurnsFast";
pub(super) const SLOWLY: &str = "SloBurnsSlowly";
pub(super) const NO_DATA: &str = "SloNoData";
pub(super) const DOWN: &str = "InstanceDown";

/// Counts what matters and what is good, of one instance.
pub(super) const VALID: &str = "slo_site_valid_total{job=\"shop\", instance=\"a\"}";
pub(super) const GOOD: &str = "slo_site_good_total{job=\"shop\", instance=\"a\"}";

/// That an instance answers.
pub(super) const UP: &str = "up{job=\"shop\", instance=\"a\"}";

/// Everything that could end a text, a line or a template too soon.
pub(super) const ODD: &str =
    "\"q\" 'a' back\\slash\nline {{ $value }} {{{ }} # : - % \t\u{1} ünï \u{2028} $1 `x`";

/// As the Prometheus reporter calls them.
pub(super) fn name(definition: &str) -> Option<String> {
    let name = definition.replace(['.', '-'], "_");
    let ending = match definition.rsplit('.').next() {
        Some("good" | "valid" | "count" | "failed" | "dropped" | "overflowed") => "_total",
        Some("duration") => "_seconds",
        Some("memory") => "_bytes",
        _ => "",
    };
    Some(format!("{name}{ending}"))
}

pub(super) fn site() -> Objective {
    Objective::availability("site", ["promtool_test.web.stop"]).target(0.999)
}

/// Rules as they are by default, for series of the job `shop`.
pub(super) fn builder(objectives: &[Objective]) -> RulesBuilder {
    Rules::builder(objectives).selector([("job", "shop")])
}

/// The same for an objective, evaluated once a minute.
pub(super) fn by_the_minute(objective: Objective) -> Rules {
    let minute = Duration::from_secs(60);
    let rules = builder(&[objective])
        .interval(minute)
        .scrape_interval(minute);
    rules.build(name).unwrap()
}

/// The same every 30 seconds.
pub(super) fn rules(objective: Objective) -> Rules {
    builder(&[objective]).build(name).unwrap()
}
