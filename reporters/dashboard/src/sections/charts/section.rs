//! [`Section`]: the chart of one definition on the metrics page.

use std::sync::Arc;

use serde_json::{Value as Json, json};
use telemetry_metrics::{Definition, Kind};

use super::card::{CardChange, ChartCard};
use super::chosen::Chosen;
use super::figures::{Figures, ticks};
use super::label::{Labels, clean};
use super::number::Number;
use super::scale::Scale;
use super::spec::{Line, Of, Role, Spec};
use super::stat::{By, Stat};
use super::timing::Timing;
use crate::card::Card;
use crate::live::{Advance, Live};
use crate::moment::Moment;
use crate::sources::Sources;
use crate::view::ChartKey;

/// The id of its one card.
const CARD: &str = "chart";

/// A longer description is cut.
const LONGEST: usize = 500;

/// So is a longer name of what there is not.
const LONGEST_NAME: usize = 100;

pub(super) struct Section {
    key: ChartKey,
    definition: Arc<Definition>,
    stat: Stat,
    by: By,
    /// `None` if it is about all series together.
    chosen: Option<Chosen>,
    card: ChartCard,
    figures: Figures,
}

impl Section {
    pub(super) fn new(key: &ChartKey, definition: Arc<Definition>) -> Self {
        let stat = Stat::of(key, &definition);
        let by = By::of(key, stat, &definition);
        let all = Of::all(&definition);
        let needs_series = by == By::Series || !key.find.is_empty();
        let chosen = needs_series.then(|| Chosen::new(&key.find));
        let mut section = Self {
            key: key.clone(),
            stat,
            by,
            chosen,
            card: ChartCard::new(Spec::new(CARD, "", key.range)),
            figures: Figures::new(&all, key.range.time()),
            definition,
        };
        section.card = ChartCard::new(section.spec());
        section
    }

    /// What it shows of the series that are chosen.
    fn spec(&self) -> Spec {
        let mut spec = Spec::new(CARD, "", self.key.range)
            .set(
                "metric",
                describe(
                    self.key.definition,
                    &self.definition,
                    self.definition.tags(),
                ),
            )
            .set("stat", json!(self.stat.as_str()))
            .set("by", json!(self.by.as_str()))
            .unit(&Scale::of(&self.definition, &self.stat.number()).unit);
        spec.tells_reach = self.key.is_alone;
        let of = self.of();
        match self.stat {
            Stat::Heat => {
                spec.heat = true;
                spec.timing = Timing::of_columns(self.key.range);
                for (label, q) in [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)] {
                    spec = spec.line(quantile(label, &of, Number::Quantile(q)));
                }
            }
            Stat::Quantiles => {
                for (label, q) in [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)] {
                    spec = spec.line(quantile(label, &of, Number::Quantile(q)));
                }
                spec = spec.line(quantile("max", &of, Number::Max));
            }
            _ if self.by == By::Total => {
                let label = match self.stat {
                    Stat::Total => "total",
                    stat => stat.as_str(),
                };
                spec = spec.line(Line::new(
                    "total",
                    label,
                    Role::Total,
                    of,
                    self.stat.number(),
                ));
            }
            _ => spec = self.by_series(spec, of),
        }
        spec
    }

    fn by_series(&self, mut spec: Spec, of: Of) -> Spec {
        let Some(chosen) = &self.chosen else {
            return spec;
        };
        let shown: Vec<_> = chosen.shown.iter().collect();
        let Labels {
            labels,
            keys,
            shared,
            left_out,
        } = Labels::of(&shown);
        if !shared.is_empty() {
            let all = match left_out.iter().all(|tag| chosen.shared.contains(tag)) {
                true => "All have",
                // Others may have others.
                false => "All that are shown have",
            };
            spec = spec.set("more", json!(format!("{all} {shared}")));
        }
        if !shown.is_empty() {
            let metric = describe(self.key.definition, &self.definition, &keys);
            spec = spec.set("metric", metric);
        }
        // Values of different things are seldom worth adding up; and one alone is the total.
        let has_total = self.definition.kind() != Kind::LastValue && chosen.found.len() != 1;
        if has_total {
            let number = self.stat.number();
            spec = spec.line(Line::new("total", "total", Role::Total, of, number));
        }
        for (series, label) in shown.into_iter().zip(labels) {
            let of = Of::some(&self.definition, [series.id]);
            let key = format!("s{}", series.id.number());
            spec = spec.line(Line::new(
                &key,
                &label,
                Role::Series,
                of,
                self.stat.number(),
            ));
        }
        spec
    }

    /// All series that it is about.
    fn of(&self) -> Of {
        match &self.chosen {
            Some(chosen) if !chosen.is_of_all() => {
                Of::some(&self.definition, chosen.found.iter().copied())
            }
            _ => Of::all(&self.definition),
        }
    }

    /// Chooses series again if it is time, and what follows from that.
    fn choose(&mut self, moment: &Moment<'_>) {
        let history = &moment.sources.history;
        let newer = self.newer_definition(moment.sources);
        let mut is_news = newer.is_some();
        self.definition = newer.unwrap_or_else(|| self.definition.clone());
        if let Some(chosen) = &mut self.chosen {
            let tick = moment.tick.number();
            let begin = tick.saturating_sub(ticks(history, self.key.range.time()));
            let all = Of::all(&self.definition);
            is_news |= chosen.decide(history, &all, tick, begin, self.key.definition);
        }
        if !is_news {
            return;
        }
        let mut spec = self.spec();
        if let Some(chosen) = &self.chosen {
            spec = spec.set("all", json!(chosen.all));
            if !chosen.is_of_all() {
                self.figures = Figures::new(&self.of(), self.key.range.time());
            }
        }
        if let Some(figures) = self.card.field("figures") {
            spec = spec.set("figures", figures);
        }
        self.card.show(spec);
    }

    /// One that was added while the program runs gets another definition with another tag.
    fn newer_definition(&self, sources: &Sources) -> Option<Arc<Definition>> {
        self.key.definition.checked_sub(sources.definitions.len())?;
        let now = sources.charts.get(sources, self.key.definition)?;
        (!Arc::ptr_eq(&now, &self.definition)).then_some(now)
    }
}

impl Live for Section {
    fn advance(&mut self, moment: &Moment<'_>) -> Advance {
        self.choose(moment);
        let change = self.card.draw(moment);
        let figures = self.figures.make(moment, &self.card);
        self.card.set("figures", figures);
        match self.card.tell(change) {
            CardChange::Same => Advance::Same,
            CardChange::Delta(delta) => {
                Advance::Delta(json!({ "cards": { CARD: { "delta": delta } } }))
            }
            CardChange::Whole => Advance::Whole,
        }
    }

    fn whole(&self) -> Json {
        json!({ "cards": [self.card.whole()] })
    }
}

fn quantile(label: &str, of: &Of, number: Number) -> Line {
    Line::new(label, label, Role::Quantile, of.clone(), number)
}

/// What a chart says about its metric. Of its tags, those that are told.
fn describe(id: usize, definition: &Definition, tags: &[String]) -> Json {
    let mut metric = json!({
        "id": id,
        "name": definition.name(),
        "type": definition.kind().as_str(),
        "tags": tags,
        "events": definition.events(),
    });
    if let Some(text) = definition.description() {
        metric["description"] = json!(clean(text, LONGEST));
    }
    metric
}

/// Stands where a page names a chart of no definition.
pub(super) fn no_definition(name: &str) -> Card {
    let name = clean(name, LONGEST_NAME);
    let text = format!("`{name}` is no definition of this program's aggregator.");
    Card::text(CARD, &text)
}

/// Stands where a chart was asked for that there is not.
pub(super) fn nothing() -> Card {
    Card::text(CARD, "There is no such chart.")
}
