//! [`Total`] and [`Errors`]: what counts everything, and what counts the failures among it.

use telemetry_metrics::Kind;
use telemetry_metrics::signals::Failure;

use super::names;
use crate::family::Family;
use crate::grafana::panel::Panel;
use crate::grafana::promql::{Matcher, Scope, or_zero};
use crate::grafana::unit;
use crate::name::sanitise;

/// Families that together count something.
#[derive(Debug, Clone)]
pub(crate) struct Total<'f>(pub(super) Vec<&'f Family>);

impl Total<'_> {
    /// How many per second; nothing where there are no series yet, if they are of one family.
    fn expr(&self, scope: &Scope) -> Option<String> {
        sum(self.0.iter().map(|family| (*family, None)), scope)
    }

    /// How many per second, where there were any: for others to be divided by.
    pub(crate) fn divisor(&self, scope: &Scope) -> Option<String> {
        Some(format!("({} > 0)", self.expr(scope)?))
    }

    /// What counts them.
    pub(crate) fn names(&self) -> String {
        names(&self.0)
    }

    pub(super) fn panel(&self, title: String, scope: &Scope) -> Option<Panel> {
        let only_sum = |family: &&Family| family.definition.kind() == Kind::Sum;
        let unit = match self.0.iter().find(|family| only_sum(family)) {
            Some(family) => unit::per_second(family.unit),
            None => unit::REQUESTS.to_owned(),
        };
        let expr = match self.expr(scope)? {
            expr if self.0.len() == 1 => or_zero(&[], &expr),
            expr => expr,
        };
        let panel = Panel::time_series(title)
            .description(format!("How many per second, from {}", names(&self.0)))
            .unit(unit)
            .min(0.0)
            .query(expr, "all");
        Some(panel)
    }
}

/// Which part of a total are failures.
#[derive(Debug)]
pub(crate) struct Errors<'f> {
    pub(super) failed: Vec<(&'f Family, Option<Matcher>)>,
    pub(super) all: Option<Total<'f>>,
}

impl<'f> Errors<'f> {
    /// Of what was named: by how it ended, or else every one of them, as a share of the rate.
    pub(super) fn among(named: Total<'f>, rate: Option<&Total<'f>>) -> Self {
        let family = named.0[0];
        let matcher = Failure::of(&family.definition).map(matcher);
        let all = match matcher {
            Some(_) => Some(named),
            None => rate.map(|rate| Total(rate.0.clone())),
        };
        Self {
            failed: vec![(family, matcher)],
            all,
        }
    }

    /// Without a failure there is no series of failures, and without traffic there is nothing to fail:
    /// both are none.
    pub(crate) fn panel(&self, title: String, scope: &Scope) -> Option<Panel> {
        let failed = sum(self.failed.iter().copied(), scope)?;
        let families: Vec<&Family> = self.failed.iter().map(|(family, _)| *family).collect();
        let names = names(&families);
        let all = self.all.as_ref().and_then(|all| all.divisor(scope));
        let (what, unit, expr) = match all {
            Some(all) if self.failed.len() == 1 => (
                "Which share failed",
                unit::SHARE,
                format!("{failed} / {all}"),
            ),
            Some(all) => (
                "Which share failed",
                unit::SHARE,
                format!("({failed}) / {all}"),
            ),
            None => ("How many per second failed", unit::REQUESTS, failed),
        };
        let panel = Panel::time_series(title)
            .description(format!("{what}, from {names}"))
            .unit(unit)
            .min(0.0)
            .query(or_zero(&[], &expr), "errors");
        Some(panel)
    }
}

/// The families' rates, added. What has no series yet counts as zero if there are others.
fn sum<'f>(
    families: impl ExactSizeIterator<Item = (&'f Family, Option<Matcher>)>,
    scope: &Scope,
) -> Option<String> {
    let (one, mut parts) = (families.len() == 1, Vec::new());
    for (family, matcher) in families {
        let extra = matcher.map(|(label, values)| format!("{label}=~\"{values}\""));
        let rate = scope.total_rate(family, &extra.unwrap_or_default())?;
        parts.push(if one {
            rate
        } else {
            format!("({rate} or vector(0))")
        });
    }
    (!parts.is_empty()).then(|| parts.join(" + "))
}

/// Which of a family's series count failures.
pub(super) fn matcher(failure: Failure<'_>) -> Matcher {
    match failure {
        Failure::Status(tag) if sanitise(tag) == "status" => ("status", "5.."),
        Failure::Status(_) => ("status_code", "5.."),
        _ => ("outcome", "error|panic"),
    }
}
