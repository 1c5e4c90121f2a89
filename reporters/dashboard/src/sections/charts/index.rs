//! [`Index`]: all charts that there are, by group.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value as Json, json};
use telemetry_metrics::Definition;

use super::figures::ticks;
use super::group::{group_or_first, groups};
use super::label::clean;
use super::scale::Scale;
use super::stat::Stat;
use super::timing::Reach;
use crate::live::{Advance, Live};
use crate::moment::Moment;
use crate::view::Range;

/// The id of its one card.
const CARD: &str = "index";

/// How often it is looked what became of the numbers of series.
const EVERY: Duration = Duration::from_secs(5);

/// A longer description is cut.
const LONGEST: usize = 300;

pub(super) struct Index {
    /// The group that is shown, as asked for.
    asked: Option<String>,
    range: Range,
    shown: String,
    groups: Json,
    /// What there is to say of all charts.
    note: Option<String>,
    made: Option<u64>,
}

impl Index {
    pub(super) fn new(group: Option<&str>, range: Range) -> Self {
        Self {
            asked: group.map(ToOwned::to_owned),
            range,
            shown: String::new(),
            groups: json!([]),
            note: None,
            made: None,
        }
    }
}

impl Live for Index {
    fn advance(&mut self, moment: &Moment<'_>) -> Advance {
        let tick = moment.tick.number();
        let every = ticks(&moment.sources.history, EVERY);
        let made = self.made;
        if made.is_some_and(|made| tick.saturating_sub(made) < every) {
            return Advance::Same;
        }
        self.made = Some(tick);
        let groups = all(moment);
        let shown = group_or_first(moment.sources, self.asked.as_deref());
        let shown = shown.map(|group| group.name).unwrap_or_default();
        let note = Reach::of(&moment.sources.history).note(self.range);
        if made.is_some() && groups == self.groups && shown == self.shown && note == self.note {
            return Advance::Same;
        }
        (self.groups, self.shown, self.note) = (groups, shown, note);
        if made.is_none() {
            return Advance::Whole;
        }
        let set = json!({ "groups": self.groups, "group": self.shown, "note": self.note });
        Advance::Delta(json!({ "cards": { CARD: { "delta": { "set": set } } } }))
    }

    fn whole(&self) -> Json {
        json!({ "cards": [{
            "id": CARD,
            "kind": "groups",
            "groups": self.groups,
            "group": self.shown,
            "note": self.note,
        }] })
    }
}

fn all(moment: &Moment<'_>) -> Json {
    let history = &moment.sources.history;
    let counts: HashMap<_, _> = history
        .definitions()
        .into_iter()
        .map(|(definition, count)| (Arc::as_ptr(&definition), count))
        .collect();
    let groups = groups(moment.sources).into_iter().map(|group| {
        let charts = group.charts.iter().map(|(id, definition)| {
            let count = counts.get(&Arc::as_ptr(definition)).copied();
            entry(*id, definition, count.unwrap_or(0))
        });
        json!({ "name": group.name, "charts": charts.collect::<Vec<_>>() })
    });
    Json::Array(groups.collect())
}

fn entry(id: usize, definition: &Definition, series: usize) -> Json {
    let stats = Stat::of_kind(definition.kind());
    let first = stats.first().copied().unwrap_or(Stat::Rate);
    let mut entry = json!({
        "id": id,
        "section": format!("chart-{id}"),
        "name": definition.name(),
        "type": definition.kind().as_str(),
        "tags": definition.tags(),
        "unit": Scale::of(definition, &first.number()).unit,
        "series": series,
        "stats": stats.iter().map(|stat| stat.as_str()).collect::<Vec<_>>(),
    });
    if let Some(text) = definition.description() {
        entry["description"] = json!(clean(text, LONGEST));
    }
    entry
}
