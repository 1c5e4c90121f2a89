//! How full everything is, as bars.

use serde_json::json;
use telemetry_metrics::{Definition, Dimension, Kind};

use crate::card::{Card, Status};
use crate::sections::fills::{Fill, Pairs, label};
use crate::sections::overview::wrong::{FULL, NEARLY_FULL};
use crate::sections::past::{Book, value};
use crate::sections::words::{list, many};
use crate::sources::Sources;

/// What has fewer places than this is full at times, and that says nothing.
const FEW: f64 = 5.0;
/// More bars than this are not shown: the fullest are.
const MOST: usize = 40;

/// Which definitions there are a bar of.
pub(super) struct Gauges {
    /// From 0 to 1.
    shares: Vec<(usize, &'static str)>,
    pairs: Pairs,
    /// What has no limit.
    others: Vec<(usize, Option<&'static str>)>,
    hint: Option<String>,
}

impl Gauges {
    pub(super) fn find(sources: &Sources) -> Self {
        let all = &sources.definitions;
        let named = |name: &str| all.iter().position(|one| one.name() == name);
        let shares = [
            ("vm.cpu.utilization", "Processors"),
            ("vm.tokio.utilization", "Tokio's workers"),
        ];
        let shares = shares
            .into_iter()
            .filter_map(|(name, label)| Some((named(name)?, label)))
            .collect();
        let pairs = Pairs::of(all);
        let memory = named("vm.memory.total").map(|place| (place, Some("Memory")));
        let waiting = (0..all.len()).filter(|place| {
            pairs.limit_of(*place).is_none() && !pairs.is_limit(*place) && is_backlog(&all[*place])
        });
        let others = memory.into_iter().chain(waiting.map(|place| (place, None)));
        let others = others.collect();
        let mut gauges = Self {
            shares,
            pairs,
            others,
            hint: None,
        };
        gauges.hint = gauges.missing(sources);
        gauges
    }

    /// For a [`Book`].
    pub(super) fn names(&self, sources: &Sources) -> Vec<String> {
        let shares = self.shares.iter().map(|(place, _)| *place);
        let pairs = self.pairs.all().iter();
        let pairs = pairs.flat_map(|(used, limit)| [*used, *limit]);
        let others = self.others.iter().map(|(place, _)| *place);
        shares
            .chain(pairs)
            .chain(others)
            .map(|place| sources.definitions[place].name().to_owned())
            .collect()
    }

    pub(super) fn card(&self, sources: &Sources, book: &Book) -> Card {
        let mut bars: Vec<Bar> = Vec::new();
        for (place, label) in &self.shares {
            let definition = &sources.definitions[*place];
            let now = book.present(definition).next().and_then(value);
            bars.extend(now.map(|now| Bar {
                label: (*label).to_owned(),
                value: now,
                limit: Some(1.0),
                unit: "ratio",
            }));
        }
        let mut fills = Fill::all(&sources.definitions, &self.pairs, book);
        // Those with the same label would be told apart by nothing.
        if fills.len() > MOST {
            fills.sort_by(|one, other| other.share().total_cmp(&one.share()));
        }
        bars.extend(fills.iter().map(|fill| Bar {
            label: fill.label.clone(),
            value: fill.used,
            limit: Some(fill.limit),
            unit: unit(&sources.definitions[fill.place]),
        }));
        for (place, name) in &self.others {
            let definition = &sources.definitions[*place];
            bars.extend(book.present(definition).filter_map(|one| {
                let texts: Vec<_> = one.tags().map(|(_, text)| text).collect();
                let named = name.map(ToOwned::to_owned);
                Some(Bar {
                    label: named.unwrap_or_else(|| label(definition, &texts.join(", "))),
                    value: value(one)?,
                    limit: None,
                    unit: unit(definition),
                })
            }));
        }
        self.of_bars(&bars)
    }

    fn of_bars(&self, bars: &[Bar]) -> Card {
        let mut card = Card::usage("usage").title("Saturation").wide();
        for bar in bars.iter().take(MOST) {
            card = card.bar(
                &bar.label,
                Some(bar.value),
                bar.limit,
                bar.unit,
                bar.status(),
            );
        }
        let more = bars.len().saturating_sub(MOST);
        let more =
            (more > 0).then(|| format!("{} not shown.", many(more as u64, "more is", "more are")));
        let nothing_yet = bars
            .is_empty()
            .then(|| "Nothing was measured yet.".to_owned());
        let hints: Vec<_> = [more, nothing_yet, self.hint.clone()]
            .into_iter()
            .flatten()
            .collect();
        if hints.is_empty() {
            return card;
        }
        card.set("hint", json!(hints.join(" ")))
    }

    /// What has no definition, and what to add.
    fn missing(&self, sources: &Sources) -> Option<String> {
        let has = |what: &str| {
            let mut definitions = sources.definitions.iter();
            definitions.any(|one| one.kind() == Kind::LastValue && one.name().contains(what))
        };
        let wanted = [
            (
                "vm.",
                "processors and memory",
                "`telemetry_poller::metrics()`",
            ),
            (
                ".pool.",
                "database pools",
                "`telemetry_sqlx::metrics(prefix)`",
            ),
            (
                ".mailbox.",
                "channels",
                "`telemetry_poller::mailbox_metrics(prefix)`",
            ),
        ];
        let missing: Vec<_> = wanted
            .into_iter()
            .filter(|(name, ..)| !has(name))
            .map(|(_, what, add)| format!("{what} ({add})"))
            .collect();
        (!missing.is_empty()).then(|| format!("Without a definition: {}.", list(&missing)))
    }
}

/// One bar.
#[derive(Debug, Clone, PartialEq)]
struct Bar {
    label: String,
    value: f64,
    limit: Option<f64>,
    unit: &'static str,
}

impl Bar {
    fn status(&self) -> Option<Status> {
        let limit = self.limit?;
        // A pool of one connection is full whenever it is used.
        if self.unit != "ratio" && limit < FEW {
            return None;
        }
        match self.value / limit {
            share if share >= FULL => Some(Status::Bad),
            share if share >= NEARLY_FULL => Some(Status::Warn),
            _ => Some(Status::Good),
        }
    }
}

/// Whether a last value tells how much waits or is under way, without a limit.
fn is_backlog(definition: &Definition) -> bool {
    let event = definition.events().first().map_or("", String::as_str);
    let Some(measurement) = definition.measurement() else {
        return false;
    };
    let is_named = ["depth", "waiting", "in_flight", "pending", "backlog"].contains(&measurement);
    let is_run_queue = event.ends_with("run_queue_lengths") && measurement == "total";
    let is_in_flight = event.ends_with(".in_flight") && measurement == "count";
    definition.kind() == Kind::LastValue && (is_named || is_run_queue || is_in_flight)
}

fn unit(definition: &Definition) -> &'static str {
    match definition.dimension() {
        Dimension::Time => "seconds",
        Dimension::Bytes => "bytes",
        _ => definition.unit().as_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(value: f64, limit: Option<f64>) -> Bar {
        Bar {
            label: "it".to_owned(),
            value,
            limit,
            unit: "",
        }
    }

    #[test]
    fn a_bar_is_marked_from_four_fifths_on() {
        assert_eq!(bar(79.0, Some(100.0)).status(), Some(Status::Good));
        assert_eq!(bar(80.0, Some(100.0)).status(), Some(Status::Warn));
        assert_eq!(bar(95.0, Some(100.0)).status(), Some(Status::Bad));
        assert_eq!(bar(95.0, None).status(), None);
        assert_eq!(bar(1.0, Some(1.0)).status(), None, "too few to say");
    }

    #[test]
    fn not_more_bars_are_shown_than_anybody_reads() {
        let gauges = Gauges {
            shares: Vec::new(),
            pairs: Pairs::of(&[]),
            others: Vec::new(),
            hint: Some("Without a definition: x.".to_owned()),
        };
        let card = gauges.of_bars(&vec![bar(1.0, None); MOST + 2]).whole();
        assert_eq!(card["usages"].as_array().unwrap().len(), MOST);
        assert_eq!(
            card["hint"],
            "2 more are not shown. Without a definition: x."
        );
        let card = gauges.of_bars(&[]).whole();
        assert_eq!(
            card["hint"],
            "Nothing was measured yet. Without a definition: x."
        );
    }
}
