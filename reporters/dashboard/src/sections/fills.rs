//! How full things are: pairs of last values of one event, such as `depth` and `capacity`.

use std::collections::HashMap;
use std::sync::Arc;

use telemetry_metrics::history::SeriesId;
use telemetry_metrics::{Definition, Kind};

use super::past::{Book, value};
use super::words::short;

/// What is used, and what limits it: measurements of one event.
const KNOWN: [(&str, &str); 12] = [
    ("depth", "capacity"),
    ("in_use", "max"),
    ("open", "limit"),
    ("in_flight", "limit"),
    ("running", "limit"),
    ("active", "limit"),
    ("active", "max"),
    ("used", "limit"),
    ("used", "capacity"),
    ("used", "total"),
    ("size", "capacity"),
    ("size", "limit"),
];

/// The pairs among some definitions, by their places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pairs(Vec<(usize, usize)>);

impl Pairs {
    pub(super) fn of(definitions: &[Arc<Definition>]) -> Self {
        let mut pairs: Vec<(usize, usize)> = Vec::new();
        for (used, one) in definitions.iter().enumerate() {
            let Some(key) = gauge(one) else { continue };
            let is_limit = |other: &Arc<Definition>| {
                let limit = gauge(other).unwrap_or_default();
                other.events() == one.events()
                    && other.tags() == one.tags()
                    && other.dimension() == one.dimension()
                    && limits(key, limit)
            };
            if let Some(limit) = definitions.iter().position(is_limit) {
                pairs.push((used, limit));
            }
        }
        Self(pairs)
    }

    pub(super) fn all(&self) -> &[(usize, usize)] {
        &self.0
    }

    pub(super) fn is_limit(&self, place: usize) -> bool {
        self.0.iter().any(|(_, limit)| *limit == place)
    }

    pub(super) fn limit_of(&self, place: usize) -> Option<usize> {
        let mut pairs = self.0.iter();
        pairs.find(|(used, _)| *used == place).map(|pair| pair.1)
    }
}

/// The measurement of a last value.
fn gauge(definition: &Definition) -> Option<&str> {
    let is_gauge = definition.kind() == Kind::LastValue;
    definition.measurement().filter(|_| is_gauge)
}

fn limits(used: &str, limit: &str) -> bool {
    let ends = ["_limit", "_max", "_capacity"];
    KNOWN.contains(&(used, limit))
        || ends.iter().any(|end| limit.strip_suffix(end) == Some(used))
        || limit.strip_prefix("max_") == Some(used)
}

/// Something that can be full, as it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fill {
    pub(super) label: String,
    /// The place of the definition that says how much is used.
    pub(super) place: usize,
    pub(super) series: SeriesId,
    pub(super) used: f64,
    pub(super) limit: f64,
}

impl Fill {
    /// All things that are there: a channel or pool each.
    pub(super) fn all(definitions: &[Arc<Definition>], pairs: &Pairs, book: &Book) -> Vec<Self> {
        let mut fills = Vec::new();
        for (place, limit) in pairs.all() {
            let (definition, limits) = (&definitions[*place], &definitions[*limit]);
            let limits: HashMap<_, _> = book
                .present(limits)
                .map(|limit| ((limit.is_overflow, &limit.tags), limit))
                .collect();
            for one in book.present(definition) {
                let limit = limits.get(&(one.is_overflow, &one.tags)).copied();
                let limit = limit.and_then(value).filter(|limit| *limit > 0.0);
                let (Some(used), Some(limit)) = (value(one), limit) else {
                    continue;
                };
                let texts: Vec<_> = one.tags().map(|(_, text)| text).collect();
                fills.push(Self {
                    label: label(definition, &texts.join(", ")),
                    place: *place,
                    series: one.id,
                    used,
                    limit,
                });
            }
        }
        fills
    }

    pub(super) fn share(&self) -> f64 {
        self.used / self.limit
    }
}

/// What it is called: `Channel emails`, `Pool shop.repo`, `Open files`, or else by its event.
pub(super) fn label(definition: &Definition, tags: &str) -> String {
    let event = definition.events().first().map_or("", String::as_str);
    let (prefix, last) = event.rsplit_once('.').unwrap_or(("", event));
    let name = if tags.is_empty() { prefix } else { tags };
    let label = match (last, definition.measurement()) {
        ("mailbox", _) => format!("Channel {name}"),
        ("pool", Some("waiting")) => format!("Waiting for a connection of {name}"),
        ("pool", _) => format!("Pool {name}"),
        ("queue", Some("depth")) => format!("Jobs that wait in {name}"),
        (_, Some("open_files")) => "Open files and sockets".to_owned(),
        (_, Some("total")) if last == "total_run_queue_lengths" => "Tokio's run queue".to_owned(),
        ("in_flight", Some("count")) => format!("In flight of {name}"),
        (_, Some(key)) if KNOWN.iter().any(|(used, _)| *used == key) => {
            format!("{event} {tags}").trim_end().to_owned()
        }
        _ => format!("{} {tags}", definition.name())
            .trim_end()
            .to_owned(),
    };
    short(&label)
}

#[cfg(test)]
mod tests {
    use telemetry_metrics::{Aggregator, Metric, counter, last_value};

    use super::*;

    fn definitions(metrics: impl IntoIterator<Item = Metric>) -> Vec<Arc<Definition>> {
        let metrics: Vec<_> = metrics.into_iter().map(Metric::unchecked).collect();
        let aggregator = Aggregator::builder().metrics(metrics).start().unwrap();
        aggregator.definitions().to_vec()
    }

    #[test]
    fn pairs_are_of_one_event_and_have_the_same_tags() {
        let all = definitions([
            last_value("fills.mailbox.capacity").tags(["name"]),
            last_value("fills.mailbox.depth").tags(["name"]),
            last_value("fills.other.depth"),
            last_value("fills.pool.in_use"),
            last_value("fills.pool.max").tags(["repo"]),
            last_value("fills.counts.open_files"),
            last_value("fills.counts.open_files_limit"),
            counter("fills.queue.depth"),
            last_value("fills.queue.capacity"),
        ]);
        let pairs = Pairs::of(&all);
        assert_eq!(pairs.all(), [(1, 0), (5, 6)]);
        assert!(pairs.is_limit(0) && !pairs.is_limit(1));
        assert_eq!((pairs.limit_of(5), pairs.limit_of(2)), (Some(6), None));
    }

    #[test]
    fn things_are_called_by_what_they_are() {
        let all = definitions([
            last_value("fills_label.mailbox.depth").tags(["name"]),
            last_value("fills_label.repo.pool.in_use"),
            last_value("fills_label.sockets.open"),
            last_value("fills_label.endpoint.in_flight.count"),
            last_value("fills_label.sockets.idle"),
        ]);
        assert_eq!(label(&all[0], "emails"), "Channel emails");
        assert_eq!(label(&all[1], ""), "Pool fills_label.repo");
        assert_eq!(label(&all[2], ""), "fills_label.sockets");
        assert_eq!(label(&all[2], "a"), "fills_label.sockets a");
        assert_eq!(label(&all[3], ""), "In flight of fills_label.endpoint");
        assert_eq!(label(&all[4], "a"), "fills_label.sockets.idle a");
    }
}
