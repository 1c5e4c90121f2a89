//! The signals as small charts.

use std::sync::Arc;

use telemetry_metrics::Definition;

use super::Roles;
use crate::sections::charts::{Line, Number, Of, Role, Spec};
use crate::sections::links;
use crate::sections::past::Book;
use crate::sources::Sources;
use crate::view::Range;

pub(super) fn specs(sources: &Sources, book: &Book, roles: &Roles, range: Range) -> Vec<Spec> {
    let charts = Charts {
        sources,
        book,
        roles,
        range,
    };
    let all = [
        charts.rate(),
        charts.errors(),
        charts.times(),
        charts.in_flight(),
    ];
    all.into_iter().flatten().collect()
}

struct Charts<'s> {
    sources: &'s Sources,
    book: &'s Book,
    roles: &'s Roles,
    range: Range,
}

impl Charts<'_> {
    fn begin(&self, id: &str, title: &str, place: usize) -> Spec {
        Spec::new(id, title, self.range)
            .compact()
            .href(&links::chart_over(self.sources, place, self.range))
    }

    fn definition(&self, place: usize) -> Option<&Arc<Definition>> {
        self.sources.definitions.get(place)
    }

    fn rate(&self) -> Option<Spec> {
        let mut spec = self.begin("rate", "Rate", *self.roles.all.first()?);
        for (at, place) in self.roles.all.iter().enumerate() {
            let of = Of::all(self.definition(*place)?);
            let (key, label) = if at == 0 {
                ("rate", "requests")
            } else {
                ("panics", "panics")
            };
            spec = spec.line(Line::new(key, label, Role::Total, of, Number::Rate));
        }
        Some(spec)
    }

    /// As a share where one definition counts all, else per second.
    fn errors(&self) -> Option<Spec> {
        let first = self.roles.failed.first()?;
        let mut spec = self.begin("errors", "Errors", first.place);
        let whole = match &self.roles.failed_of[..] {
            [place] => Some(Of::all(self.definition(*place)?)),
            _ => None,
        };
        for failed in &self.roles.failed {
            let definition = self.definition(failed.place)?;
            let of = if failed.is_all() {
                Of::all(definition)
            } else {
                Of::some(definition, failed.series(self.sources, self.book))
            };
            let number = match &whole {
                Some(whole) => Number::Share(whole.clone()),
                None => Number::Rate,
            };
            let (key, label) = if failed.is_all() {
                ("panics", "panics")
            } else {
                ("errors", "errors")
            };
            spec = spec.line(Line::new(key, label, Role::Total, of, number));
        }
        Some(spec)
    }

    fn times(&self) -> Option<Spec> {
        let place = self.roles.duration?;
        let definition = self.definition(place)?;
        let mut spec = self.begin("times", "Time", place);
        for (label, q) in [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)] {
            let of = Of::all(definition);
            let number = Number::Quantile(q);
            spec = spec.line(Line::new(label, label, Role::Quantile, of, number));
        }
        Some(spec)
    }

    fn in_flight(&self) -> Option<Spec> {
        let place = self.roles.in_flight?;
        let of = Of::all(self.definition(place)?);
        let line = Line::new("in_flight", "in flight", Role::Total, of, Number::Value);
        Some(self.begin("in-flight", "In flight", place).line(line))
    }
}
