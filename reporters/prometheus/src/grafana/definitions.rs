//! A panel for each definition; two for a distribution.

use crate::family::{Family, Type};
use crate::grafana::escape::literal;
use crate::grafana::panel::Panel;
use crate::grafana::promql::{Scope, labels, legend, or_zero, sum_by};
use crate::grafana::signals::is_own;
use crate::grafana::unit;

/// The panels of a family; `ambiguous` if another definition has its name.
pub(crate) fn panels(family: &Family, scope: &Scope, ambiguous: bool) -> Vec<Panel> {
    let definition = &family.definition;
    let (labels, name) = (labels(family), definition.name());
    let title = if ambiguous {
        format!("{name} ({})", definition.kind().as_str().replace('_', " "))
    } else {
        name.to_owned()
    };
    let panel = |how: &str| {
        Panel::time_series(title.clone())
            .description(description(family, how))
            .unit(unit::of(family.unit))
            .long_legend(!labels.is_empty())
    };
    let short = literal(name.rsplit('.').next().unwrap_or(name));
    match family.kind {
        Type::Counter => vec![
            panel("how much per second")
                .unit(unit::per_second(family.unit))
                .min(0.0)
                .query(
                    or_zero(&labels, &sum_by(&labels, &scope.rate(&family.name, ""))),
                    legend(&labels, &short),
                ),
        ],
        Type::Gauge => vec![
            panel("as it was at each scrape")
                .query(scope.select(&family.name, ""), by_instance(&labels)),
        ],
        Type::Histogram => {
            let mut quantiles = panel("p50, p95 and p99");
            for (q, short) in [("0.5", "p50"), ("0.95", "p95"), ("0.99", "p99")] {
                let expr = scope.quantile(family, q, &labels);
                quantiles = quantiles.query(expr, named(short, &labels));
            }
            let buckets = scope.select(&format!("{}_bucket", family.name), "");
            let buckets = format!("sum by (le) (increase({buckets}[$__rate_interval]))");
            let heatmap = Panel::heatmap(format!("{title}: how many took which value"))
                .description(description(family, "values by bucket, all series together"))
                .unit(unit::of(family.unit))
                .query(buckets, "{{le}}");
            vec![quantiles.exemplars(), heatmap]
        }
        Type::Summary => {
            let quantiles = scope.quantiles(family, &labels);
            let mut both = panel(match quantiles {
                Some(_) => "quantiles over a recent window, of the worst instance, and the mean",
                None => "the mean",
            });
            if let Some(quantiles) = quantiles {
                both = both.query(quantiles, named("quantile {{quantile}}", &labels));
            }
            vec![both.query(scope.mean(family, &labels), named("mean", &labels))]
        }
    }
}

/// What tells apart series that are shown as they are.
pub(crate) fn by_instance(labels: &[String]) -> String {
    let instance = ["instance".to_owned()];
    let all: Vec<String> = labels.iter().cloned().chain(instance).collect();
    legend(&all, "")
}

/// What is shown, and of which series.
pub(crate) fn named(what: &str, labels: &[String]) -> String {
    match legend(labels, "") {
        legend if legend.is_empty() => what.to_owned(),
        legend => format!("{what} {legend}"),
    }
}

/// What the definition says, and what the panel shows of it.
fn description(family: &Family, how: &str) -> String {
    let definition = &family.definition;
    let kind = definition.kind().as_str().replace('_', " ");
    let mut text = String::new();
    let said = definition.description().map_or("", str::trim);
    if !said.is_empty() {
        text.push_str(said);
        text.push_str("\n\n");
    }
    text.push_str(&format!("The {kind} `{}`", definition.name()));
    if is_own(family) {
        let event = |event: &String| format!("`{event}`");
        let events: Vec<String> = definition.events().iter().map(event).collect();
        text.push_str(&format!(" of {}", events.join(", ")));
    }
    text.push_str(&format!(", in Prometheus `{}`: {how}", family.name));
    text
}
