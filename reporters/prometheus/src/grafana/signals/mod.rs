//! The golden signals: how much is asked for, how much of that fails, how long it takes, and how
//! full the process is.
//!
//! They are about one span, whichever the definitions say most about: see [`SpanSignals`]. Which parts
//! of a program matter most is a guess, so every signal can be named.

mod saturation;
mod services;
mod total;

use telemetry_metrics::Kind;
use telemetry_metrics::signals::SpanSignals;

use crate::family::{Family, Type, option};
use crate::grafana::error::GrafanaError;
use crate::grafana::panel::{COLUMNS, Panel};
use crate::grafana::promql::{Scope, count_sample};
use crate::grafana::role;
use crate::grafana::unit;
pub(crate) use services::{is_server, services, span_of};
pub(crate) use total::{Errors, Total};

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
    let fits = |family: &Family| signal.fits(family);
    role::choose(families, name, signal.as_str(), signal.expected(), fits)
}

/// The golden signals of a part of a program.
#[derive(Debug)]
pub(crate) struct Golden<'f> {
    /// The span that most of them are about.
    pub(crate) span: Option<&'f str>,
    /// Whether that answers requests.
    pub(crate) is_server: bool,
    /// What counts everything.
    pub(crate) rate: Option<Total<'f>>,
    errors: Option<Errors<'f>>,
    duration: Option<&'f Family>,
    saturation: Option<&'f Family>,
}

impl<'f> Golden<'f> {
    /// Those of the span that the definitions say most about, and of those that were chosen.
    pub(crate) fn main(own: &[&'f Family], chosen: &Chosen<'f>) -> Self {
        let span = guess(own, chosen);
        let [rate, errors, duration, saturation] = *chosen;
        let found = span.as_ref().map(|span| Self::of(span, own));
        let mut golden = found.unwrap_or(Self {
            span: None,
            is_server: false,
            rate: None,
            errors: None,
            duration: None,
            saturation: None,
        });
        if let Some(family) = rate {
            golden.rate = Some(Total(vec![family]));
        }
        if let Some(family) = errors {
            let named = Total(vec![family]);
            golden.errors = Some(Errors::among(named, golden.rate.as_ref()));
        }
        golden.duration = duration.or(golden.duration);
        golden.saturation = saturation.or_else(|| saturation::most_full(own));
        golden
    }

    /// Those of a span.
    pub(crate) fn of(span: &SpanSignals<'f>, own: &[&'f Family]) -> Self {
        let at = |place: &usize| own[*place];
        let all = |places: &[usize]| Total(places.iter().map(at).collect());
        Self {
            span: Some(span.span),
            is_server: is_server(own, span),
            rate: Some(all(&span.all)),
            errors: span.errors.as_ref().map(|errors| Errors {
                failed: (errors.failed.iter())
                    .map(|(place, failure)| (at(place), failure.map(total::matcher)))
                    .collect(),
                all: Some(all(&errors.all)),
            }),
            duration: span.duration.as_ref().map(at),
            saturation: saturation::most_full_of(span.span, own),
        }
    }

    /// Which share fails, with this title.
    pub(crate) fn errors_panel(&self, title: &str, scope: &Scope) -> Option<Panel> {
        self.errors.as_ref()?.panel(title.to_owned(), scope)
    }

    /// The panels, with what is put before their titles.
    pub(crate) fn panels(&self, before: &str, own: &[&Family], scope: &Scope) -> Vec<Panel> {
        let title = |title: &str| match before {
            "" => title.to_owned(),
            _ => format!("{before}: {}", title.to_lowercase()),
        };
        let rate = self.rate.as_ref();
        let errors = self.errors.as_ref();
        let panels = [
            rate.and_then(|rate| rate.panel(title("Rate"), scope)),
            errors.and_then(|errors| errors.panel(title("Errors"), scope)),
            self.duration
                .map(|family| duration_panel(title("Duration"), family, scope)),
            self.saturation
                .map(|family| saturation::panel(title("Saturation"), family, own, scope)),
        ];
        let panels: Vec<Panel> = panels.into_iter().flatten().collect();
        // One, two, three or four of them fill a line.
        let width = COLUMNS / u32::try_from(panels.len().max(1)).unwrap_or(1);
        panels.into_iter().map(|panel| panel.width(width)).collect()
    }
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

/// Whether an objective brought it along: it counts a part of some events, chosen for the objective, and
/// is nothing to tell a span's signals from.
pub(crate) fn is_of_objective(family: &Family) -> bool {
    option(&family.definition, "nav") == Some("Objectives")
}

fn counts_events(family: &Family) -> bool {
    let kind = family.definition.kind();
    matches!(kind, Kind::Counter | Kind::Distribution | Kind::Summary)
}

pub(crate) fn names(families: &[&Family]) -> String {
    let name = |family: &&Family| format!("`{}`", family.definition.name());
    let names: Vec<String> = families.iter().map(name).collect();
    names.join(" and ")
}

fn duration_panel(title: String, family: &Family, scope: &Scope) -> Panel {
    let durations = scope.durations(family);
    let names_of: Vec<&str> = durations.iter().map(|(name, _)| name.as_str()).collect();
    let panel = Panel::time_series(title)
        .description(format!(
            "How long it takes: {} of {}",
            names_of.join(", "),
            names(&[family])
        ))
        .unit(unit::of(family.unit))
        .min(0.0);
    let panel = durations
        .into_iter()
        .fold(panel, |panel, (name, expr)| panel.query(expr, name));
    match family.kind {
        Type::Histogram => panel.exemplars(),
        _ => panel,
    }
}
