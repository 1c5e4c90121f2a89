//! [`Span`]: a part of a program that signals can be about.

use super::failure::{Failure, tag};
use super::{Errors, SpanSignals};
use crate::definition::Definition;
use crate::metric::Kind;
use crate::unit::Dimension;

/// How a span ends with an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Stop,
    Exception,
    /// The event is the whole of it.
    Event,
}

fn end_of(event: &str) -> (&str, End) {
    if let Some(span) = event.strip_suffix(".stop") {
        (span, End::Stop)
    } else if let Some(span) = event.strip_suffix(".exception") {
        (span, End::Exception)
    } else {
        (event, End::Event)
    }
}

/// A span, and the definitions that are about its ends and nothing else, by their places.
#[derive(Debug)]
pub(super) struct Span<'l, 'd> {
    pub(super) name: &'d str,
    definitions: &'l [&'d Definition],
    places: Vec<usize>,
}

impl<'l, 'd> Span<'l, 'd> {
    /// All that the definitions are about, in their order.
    pub(super) fn all(definitions: &'l [&'d Definition]) -> Vec<Self> {
        let mut spans: Vec<Self> = Vec::new();
        for (place, definition) in definitions.iter().enumerate() {
            let mut ends = definition.events().iter().map(|event| end_of(event).0);
            let Some(name) = ends.next() else { continue };
            if !ends.all(|other| other == name) {
                continue;
            }
            match spans.iter_mut().find(|span| span.name == name) {
                Some(span) => span.places.push(place),
                None => spans.push(Self {
                    name,
                    definitions,
                    places: vec![place],
                }),
            }
        }
        spans
    }

    pub(super) fn score(&self, preferred: &[usize]) -> u32 {
        let (errors, duration) = (self.errors(), self.duration());
        let is_span = self.any(|one| ends_by(one, End::Stop));
        if self.total(|_| true).is_none() || (!is_span && errors.is_none() && duration.is_none()) {
            return 0;
        }
        let is_preferred = self.places.iter().any(|place| preferred.contains(place));
        1 + u32::from(self.any(|one| tag(one, "route").is_some()))
            + 2 * u32::from(is_span)
            + 2 * u32::from(errors.is_some())
            + 2 * u32::from(duration.is_some())
            + 100 * u32::from(is_preferred)
    }

    pub(super) fn signals(&self) -> Option<SpanSignals<'d>> {
        Some(SpanSignals {
            span: self.name,
            all: self.total(|_| true)?,
            errors: self.errors(),
            duration: self.duration(),
        })
    }

    /// What together counts every end of the span once.
    fn total(&self, fits: impl Fn(&Definition) -> bool) -> Option<Vec<usize>> {
        let ends = |one: &Definition| {
            counts_events(one) && (ends_by(one, End::Stop) || ends_by(one, End::Event))
        };
        let main = self.best(
            |one| ends(one) && fits(one),
            |one| {
                4 * u32::from(ends_by(one, End::Exception))
                    + 2 * u32::from(Failure::of(one).is_some())
                    + u32::from(is_whole_time(one) || one.kind() == Kind::Counter)
            },
        )?;
        let mut total = vec![main];
        if !ends_by(self.definitions[main], End::Exception) {
            total.extend(self.best(counts_only_panics, |_| 0));
        }
        Some(total)
    }

    fn errors(&self) -> Option<Errors<'d>> {
        let by_status = |one: &Definition| Failure::of(one).is_some();
        let all = self
            .total(|one| tag(one, "outcome").is_some())
            // A status says nothing of panics, so better where they are counted apart.
            .or_else(|| self.total(|one| by_status(one) && !ends_by(one, End::Exception)))
            .or_else(|| self.total(by_status))
            // Without a word about how a span ended there are still the panics.
            .or_else(|| self.total(|_| true).filter(|total| total.len() > 1))?;
        let failed = all.iter().filter_map(|place| {
            let one = self.definitions[*place];
            match Failure::of(one) {
                _ if counts_only_panics(one) => Some((*place, None)),
                None => None,
                failure => Some((*place, failure)),
            }
        });
        Some(Errors {
            failed: failed.collect(),
            all,
        })
    }

    fn duration(&self) -> Option<usize> {
        self.best(
            |one| {
                let has_quantiles = matches!(one.kind(), Kind::Distribution | Kind::Summary);
                one.dimension() == Dimension::Time && has_quantiles
            },
            |one| {
                4 * u32::from(one.kind() == Kind::Distribution)
                    + 8 * u32::from(is_whole_time(one))
                    + u32::from(ends_by(one, End::Exception))
            },
        )
    }

    fn any(&self, fits: impl Fn(&Definition) -> bool) -> bool {
        self.places
            .iter()
            .any(|place| fits(self.definitions[*place]))
    }

    /// The first of those that fit with the highest score. What counts a part of the events, as those of
    /// objectives do, is taken only where nothing else is.
    fn best(
        &self,
        fits: impl Fn(&Definition) -> bool,
        score: impl Fn(&Definition) -> u32,
    ) -> Option<usize> {
        let mut best: Option<((bool, u32), usize)> = None;
        for place in &self.places {
            let one = self.definitions[*place];
            let score = (!one.is_filtered(), score(one));
            if fits(one) && best.is_none_or(|(best, _)| score > best) {
                best = Some((score, *place));
            }
        }
        best.map(|(_, place)| place)
    }
}

fn counts_events(definition: &Definition) -> bool {
    let kind = definition.kind();
    matches!(kind, Kind::Counter | Kind::Distribution | Kind::Summary)
}

fn counts_only_panics(definition: &Definition) -> bool {
    let mut events = definition.events().iter();
    counts_events(definition) && events.all(|event| end_of(event).1 == End::Exception)
}

fn ends_by(definition: &Definition, end: End) -> bool {
    let mut events = definition.events().iter();
    events.any(|event| end_of(event).1 == end)
}

/// Whether the measurement is how long all of it took, and not a part.
fn is_whole_time(definition: &Definition) -> bool {
    matches!(definition.measurement(), Some("duration" | "total_time"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::{Metric, counter, distribution, last_value, summary};
    use crate::resolve::resolve;

    fn signals(metrics: impl IntoIterator<Item = Metric>, of: Option<&str>) -> String {
        let (definitions, problems) = resolve(metrics.into_iter().collect(), &[]);
        assert_eq!(problems, []);
        let all: Vec<&Definition> = definitions.iter().collect();
        let found = match of {
            Some(span) => SpanSignals::of(&all, span),
            None => SpanSignals::guess(&all, &[]),
        };
        let Some(found) = found else {
            return "nothing".to_owned();
        };
        let failed = found.errors.map(|errors| errors.failed);
        let (span, all, duration) = (found.span, found.all, found.duration);
        format!("{span} {all:?} {failed:?} {duration:?}")
    }

    #[test]
    fn one_distribution_of_both_ends_gives_all_signals() {
        let metrics = [distribution("shop.endpoint.duration")
            .events(["shop.endpoint.stop", "shop.endpoint.exception"])
            .tags(["route", "outcome"])];
        assert_eq!(
            signals(metrics, None),
            "shop.endpoint [0] Some([(0, Some(Outcome(\"outcome\")))]) Some(0)"
        );
    }

    #[test]
    fn what_counts_a_part_of_the_events_is_the_last_choice() {
        let part = |metric: Metric| metric.keep(|event| event.metadata_is("route", "/"));
        let ends = ["shop.endpoint.stop", "shop.endpoint.exception"];
        let good = || {
            part(
                distribution("slo.site.duration")
                    .events(ends)
                    .tags(["outcome"]),
            )
        };
        let whole = counter("shop.endpoint.stop.count");
        assert_eq!(
            signals([good(), whole], None),
            "shop.endpoint [1] Some([(0, Some(Outcome(\"outcome\")))]) Some(0)"
        );
        assert!(signals([good()], None).starts_with("shop.endpoint [0]"));
    }

    #[test]
    fn counters_alone_give_rate_and_errors() {
        let metrics = [
            counter("shop.endpoint.stop.count").tags(["http.status", "status"]),
            counter("shop.endpoint.exception.count"),
        ];
        assert_eq!(
            signals(metrics, None),
            "shop.endpoint [0, 1] Some([(0, Some(Status(\"status\"))), (1, None)]) None"
        );
    }

    #[test]
    fn without_tags_only_panics_are_known_to_be_failures() {
        let duration = summary("shop.endpoint.stop.duration");
        assert_eq!(
            signals([duration.clone()], None),
            "shop.endpoint [0] None Some(0)"
        );
        let panics = counter("shop.endpoint.exception.count");
        assert_eq!(
            signals([duration, panics], None),
            "shop.endpoint [0, 1] Some([(1, None)]) Some(0)"
        );
    }

    #[test]
    fn a_span_that_is_named_comes_before_the_one_that_says_most() {
        let metrics = [
            distribution("shop.endpoint.stop.duration").tags(["route", "outcome"]),
            counter("shop.import.stop.count"),
            last_value("shop.queue.depth"),
        ];
        let found = |span| signals(metrics.clone(), span);
        assert!(found(None).starts_with("shop.endpoint "));
        assert!(found(Some("shop.import")).starts_with("shop.import [1] None None"));
        assert_eq!(found(Some("shop.queue")), "nothing");
        assert_eq!(found(Some("shop")), "nothing");
        assert_eq!(signals([last_value("shop.queue.depth")], None), "nothing");
    }
}
