//! [`Span`]: which part of a program the signals are about.

use telemetry_metrics::{Definition, Dimension};

use super::total::{Errors, Total, failure, has_tag};
use super::{Chosen, Signal, counts_events};
use crate::family::{Family, Type};

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

/// A span, and the definitions that are about its ends and nothing else.
#[derive(Debug)]
pub(super) struct Span<'f> {
    pub(super) name: &'f str,
    families: Vec<&'f Family>,
}

impl<'f> Span<'f> {
    /// The one that the definitions say most about; the first of them in a draw.
    pub(super) fn best(own: &[&'f Family], chosen: &Chosen<'_>) -> Option<Self> {
        let mut spans: Vec<Self> = Vec::new();
        for family in own {
            let mut ends = family
                .definition
                .events()
                .iter()
                .map(|event| end_of(event).0);
            let Some(name) = ends.next() else { continue };
            if !ends.all(|other| other == name) {
                continue;
            }
            match spans.iter_mut().find(|span| span.name == name) {
                Some(span) => span.families.push(family),
                None => spans.push(Self {
                    name,
                    families: vec![family],
                }),
            }
        }
        let mut best = None;
        for span in spans {
            let score = span.score(chosen);
            if score > best.as_ref().map_or(0, |(best, _)| *best) {
                best = Some((score, span));
            }
        }
        best.map(|(_, span)| span)
    }

    fn score(&self, chosen: &Chosen<'_>) -> u32 {
        let (errors, duration) = (self.errors(), self.duration());
        let is_span = self
            .families
            .iter()
            .any(|family| ends_by(family, End::Stop));
        if self.total(|_| true).is_none() || (!is_span && errors.is_none() && duration.is_none()) {
            return 0;
        }
        let is_chosen = self.families.iter().any(|family| {
            let mut chosen = chosen.iter().flatten();
            chosen.any(|chosen| std::ptr::eq(*chosen, *family))
        });
        let has_route = self.families.iter().any(|family| has_tag(family, "route"));
        1 + u32::from(has_route)
            + 2 * u32::from(is_span)
            + 2 * u32::from(errors.is_some())
            + 2 * u32::from(duration.is_some())
            + 100 * u32::from(is_chosen)
    }

    /// What together counts every end of the span once.
    pub(super) fn total(&self, fits: impl Fn(&Family) -> bool) -> Option<Total<'f>> {
        let ends = |family: &&&Family| {
            counts_events(family) && (ends_by(family, End::Stop) || ends_by(family, End::Event))
        };
        let main = self
            .families
            .iter()
            .filter(ends)
            .filter(|family| fits(family));
        let main = best(main, |family| {
            4 * u32::from(ends_by(family, End::Exception))
                + 2 * u32::from(failure(family).is_some())
                + u32::from(is_whole_time(&family.definition) || family.kind == Type::Counter)
        })?;
        let mut total = vec![main];
        if !ends_by(main, End::Exception) {
            total.extend(self.panics());
        }
        Some(Total(total))
    }

    fn panics(&self) -> Option<&'f Family> {
        let mut families = self.families.iter().copied();
        families.find(|family| counts_only_panics(family))
    }

    pub(super) fn errors(&self) -> Option<Errors<'f>> {
        let by_status = |family: &Family| failure(family).is_some();
        let all = self
            .total(|family| has_tag(family, "outcome"))
            // A status says nothing of panics, so better where they are counted apart.
            .or_else(|| self.total(|family| by_status(family) && !ends_by(family, End::Exception)))
            .or_else(|| self.total(by_status))
            // Without a word about how a span ended there are still the panics.
            .or_else(|| self.total(|_| true).filter(|total| total.0.len() > 1))?;
        let failed = all.0.iter().filter_map(|family| match failure(family) {
            _ if counts_only_panics(family) => Some((*family, None)),
            None => None,
            matcher => Some((*family, matcher)),
        });
        Some(Errors {
            failed: failed.collect(),
            all: Some(all),
        })
    }

    pub(super) fn duration(&self) -> Option<&'f Family> {
        let times = self.families.iter().filter(|family| {
            family.definition.dimension() == Dimension::Time && Signal::Duration.fits(family)
        });
        best(times, |family| {
            4 * u32::from(family.kind == Type::Histogram)
                + 8 * u32::from(is_whole_time(&family.definition))
                + u32::from(ends_by(family, End::Exception))
        })
    }
}

/// The first with the highest score.
fn best<'a, 'f: 'a>(
    families: impl Iterator<Item = &'a &'f Family>,
    score: impl Fn(&Family) -> u32,
) -> Option<&'f Family> {
    let mut best: Option<(u32, &Family)> = None;
    for family in families {
        let score = score(family);
        if best.is_none_or(|(best, _)| score > best) {
            best = Some((score, family));
        }
    }
    best.map(|(_, family)| family)
}

fn counts_only_panics(family: &Family) -> bool {
    let mut events = family.definition.events().iter();
    counts_events(family) && events.all(|event| end_of(event).1 == End::Exception)
}

fn ends_by(family: &Family, end: End) -> bool {
    let mut events = family.definition.events().iter();
    events.any(|event| end_of(event).1 == end)
}

/// Whether the measurement is how long all of it took, and not a part.
fn is_whole_time(definition: &Definition) -> bool {
    matches!(definition.measurement(), Some("duration" | "total_time"))
}
