//! The golden signals: how much is asked for, how much of that fails, how long it takes, and how
//! full the process is.
//!
//! They are about one span, whichever the definitions say most about: see [`SpanSignals`]. Which parts
//! of a program matter most is a guess, so every signal can be named.

mod total;

use telemetry_metrics::Kind;
use telemetry_metrics::signals::SpanSignals;

use crate::family::{Family, Type};
use crate::grafana::definitions;
use crate::grafana::error::GrafanaError;
use crate::grafana::escape::literal;
use crate::grafana::panel::Panel;
use crate::grafana::promql::{self, Scope, count_sample};
use crate::grafana::unit;
use total::{Errors, Total};

/// What a gauge's name says if it tells how full something is; the best first.
const FULL: [&str; 9] = [
    "run_queue",
    "queue",
    "in_flight",
    "inflight",
    "pending",
    "backlog",
    "waiting",
    "saturation",
    "utilization",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    Rate,
    Errors,
    Duration,
    Saturation,
}

impl Signal {
    pub(crate) const ALL: [Self; 4] = [Self::Rate, Self::Errors, Self::Duration, Self::Saturation];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Rate => "rate",
            Self::Errors => "errors",
            Self::Duration => "duration",
            Self::Saturation => "saturation",
        }
    }

    /// Which definitions can give the signal.
    fn expected(self) -> &'static str {
        match self {
            Self::Rate => "a counter, a sum that cannot fall, a distribution or a summary",
            Self::Errors => "a counter, a distribution or a summary",
            Self::Duration => "a distribution or a summary",
            Self::Saturation => "anything",
        }
    }

    fn fits(self, family: &Family) -> bool {
        match self {
            Self::Rate => count_sample(family).is_some(),
            Self::Errors => counts_events(family),
            Self::Duration => matches!(family.kind, Type::Histogram | Type::Summary),
            Self::Saturation => true,
        }
    }
}

/// The definitions that were named, by [`Signal::ALL`].
pub(crate) type Chosen<'f> = [Option<&'f Family>; 4];

/// Finds the definition that was named for a signal.
pub(crate) fn choose<'f>(
    families: &'f [Family],
    signal: Signal,
    name: &str,
) -> Result<&'f Family, GrafanaError> {
    let mut named = families
        .iter()
        .filter(|family| family.definition.name() == name);
    let Some(first) = named.clone().next() else {
        return Err(GrafanaError::UnknownDefinition {
            signal: signal.as_str(),
            name: name.to_owned(),
        });
    };
    named
        .find(|family| signal.fits(family))
        .ok_or(GrafanaError::Unsuitable {
            signal: signal.as_str(),
            name: name.to_owned(),
            kind: first.definition.kind(),
            expected: signal.expected(),
        })
}

/// The signals' panels, and the name of the span that most of them are about.
pub(crate) fn panels<'f>(
    families: &'f [Family],
    scope: &Scope,
    chosen: &Chosen<'f>,
) -> (Option<&'f str>, Vec<Panel>) {
    let own: Vec<&Family> = families.iter().filter(|family| is_own(family)).collect();
    let span = guess(&own, chosen);
    let at = |place: &usize| own[*place];
    let all = |places: &[usize]| Total(places.iter().map(at).collect());
    let [rate, errors, duration, saturation] = *chosen;

    let rate = match rate {
        Some(family) => Some(Total(vec![family])),
        None => span.as_ref().map(|span| all(&span.all)),
    };
    let errors = match errors {
        Some(family) => Some(Errors::among(Total(vec![family]), rate.as_ref())),
        None => {
            let errors = span.as_ref().and_then(|span| span.errors.as_ref());
            errors.map(|errors| Errors {
                failed: (errors.failed.iter())
                    .map(|(place, failure)| (at(place), failure.map(total::matcher)))
                    .collect(),
                all: Some(all(&errors.all)),
            })
        }
    };
    let guessed = span.as_ref().and_then(|span| span.duration.as_ref());
    let duration = duration.or_else(|| guessed.map(at));
    let saturation = saturation.or_else(|| most_full(&own));
    let panels = [
        rate.and_then(|rate| rate.panel(scope)),
        errors.and_then(|errors| errors.panel(scope)),
        duration.map(|family| duration_panel(family, scope)),
        saturation.map(|family| saturation_panel(family, scope)),
    ];
    (
        span.map(|span| span.span),
        panels.into_iter().flatten().collect(),
    )
}

/// The span that the definitions say most about, or the one that those chosen are about.
fn guess<'f>(own: &[&'f Family], chosen: &Chosen<'_>) -> Option<SpanSignals<'f>> {
    let definitions: Vec<_> = own.iter().map(|family| &*family.definition).collect();
    let is_chosen = |family: &Family| {
        let mut chosen = chosen.iter().flatten();
        chosen.any(|chosen| std::ptr::eq(*chosen, family))
    };
    let places = 0..own.len();
    let preferred: Vec<_> = places.filter(|place| is_chosen(own[*place])).collect();
    SpanSignals::guess(&definitions, &preferred)
}

/// Whether it is the user's and not one of the library's own.
pub(crate) fn is_own(family: &Family) -> bool {
    !family.definition.events().is_empty()
}

fn counts_events(family: &Family) -> bool {
    let kind = family.definition.kind();
    matches!(kind, Kind::Counter | Kind::Distribution | Kind::Summary)
}

fn names(families: &[&Family]) -> String {
    let name = |family: &&Family| format!("`{}`", family.definition.name());
    let names: Vec<String> = families.iter().map(name).collect();
    names.join(" and ")
}

fn duration_panel(family: &Family, scope: &Scope) -> Panel {
    let (quantile, expr) = scope.p95(family);
    Panel::time_series(format!("Duration ({quantile})"))
        .description(format!(
            "How long it takes: {quantile} of {}",
            names(&[family])
        ))
        .unit(unit::of(family.unit))
        .min(0.0)
        .query(expr, quantile)
}

fn saturation_panel(family: &Family, scope: &Scope) -> Panel {
    let name = names(&[family]);
    let panel = Panel::time_series("Saturation").min(0.0);
    let labels = promql::labels(family);
    match family.kind {
        Type::Gauge => panel
            .description(format!("How full it is, from {name}"))
            .unit(unit::of(family.unit))
            .query(
                scope.select(&family.name, ""),
                definitions::by_instance(&labels),
            ),
        Type::Counter => panel
            .description(format!("How much per second, from {name}"))
            .unit(unit::per_second(family.unit))
            .query(
                promql::sum_by(&labels, &scope.rate(&family.name, "")),
                promql::legend(&labels, &literal(family.definition.name())),
            ),
        Type::Histogram | Type::Summary => {
            let (quantile, expr) = scope.p95(family);
            panel
                .description(format!("How full it is: {quantile} of {name}"))
                .unit(unit::of(family.unit))
                .query(expr, quantile)
        }
    }
}

/// The gauge whose name says most clearly that it tells how full something is; else how long was
/// waited for something; else memory.
fn most_full<'f>(own: &[&'f Family]) -> Option<&'f Family> {
    let gauge = |word: &str| {
        let named = |family: &&&Family| {
            family.kind == Type::Gauge && family.name.to_ascii_lowercase().contains(word)
        };
        own.iter().copied().find(|family| named(&family))
    };
    let waited = |family: &&&Family| {
        let measurement = family.definition.measurement();
        family.kind == Type::Histogram && matches!(measurement, Some("queue_time" | "wait_time"))
    };
    FULL.into_iter()
        .find_map(gauge)
        .or_else(|| own.iter().copied().find(|family| waited(&family)))
        .or_else(|| gauge("memory"))
}
