//! The spans of a program that have golden signals of their own.

use telemetry_metrics::signals::SpanSignals;

use crate::family::Family;

/// Those about which it is said how many there are and how long they take: what answers requests
/// (with a tag `route`) first, then other spans, then events that stand for the whole of something and
/// say how it ended; within these, in the order of their definitions.
pub(crate) fn services<'f>(own: &[&'f Family]) -> Vec<SpanSignals<'f>> {
    let definitions: Vec<_> = own.iter().map(|family| &*family.definition).collect();
    let mut found: Vec<(Rank, SpanSignals<'_>)> = Vec::new();
    for name in names(own) {
        if let Some(signals) = SpanSignals::of(&definitions, name) {
            found.extend(rank(own, &signals).map(|rank| (rank, signals)));
        }
    }
    // Stable: what is equal stays in its order.
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, signals)| signals).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Server,
    Span,
    Event,
}

fn rank(own: &[&Family], signals: &SpanSignals<'_>) -> Option<Rank> {
    if !signals
        .duration
        .is_some_and(|place| is_whole_time(own[place]))
    {
        return None;
    }
    if is_server(own, signals) {
        return Some(Rank::Server);
    }
    let definitions = own.iter().map(|family| &family.definition);
    let mut events = definitions.flat_map(|definition| definition.events());
    let stop = format!("{}.stop", signals.span);
    if events.any(|event| *event == stop) {
        return Some(Rank::Span);
    }
    signals.errors.as_ref().map(|_| Rank::Event)
}

/// Whether the definition says how long all of it took, and not a part of it, or how late it was.
fn is_whole_time(family: &Family) -> bool {
    let measurement = family.definition.measurement();
    measurement.is_none_or(|known| matches!(known, "duration" | "total_time"))
}

/// Whether something that counts it tells routes apart.
pub(crate) fn is_server(own: &[&Family], signals: &SpanSignals<'_>) -> bool {
    let places = signals.all.iter().chain(&signals.duration);
    let mut tags = places.flat_map(|place| own[*place].definition.tags());
    tags.any(|tag| tag == "route" || tag == "http.route")
}

/// The names of everything that could be a span, each once.
fn names<'f>(own: &[&'f Family]) -> Vec<&'f str> {
    let mut names = Vec::new();
    for family in own {
        for event in family.definition.events() {
            let name = span_of(event);
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

/// The span that ends with the event.
pub(crate) fn span_of(event: &str) -> &str {
    let ended = [".stop", ".exception"];
    let span = ended.iter().find_map(|end| event.strip_suffix(end));
    span.unwrap_or(event)
}
