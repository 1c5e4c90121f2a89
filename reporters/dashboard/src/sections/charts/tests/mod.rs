//! Charts over a history that samples a hundred times a second.

mod coarse;
mod index;
mod lines;
mod mixed;
mod quantiles;
mod series;
mod truth;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value as Json, json};
use telemetry_metrics::history::{History, Tick};
use telemetry_metrics::{Aggregator, AggregatorBuilder, Definition, Metric};

use super::Spec;
use super::card::{CardChange, ChartCard};
use crate::live::{Advance, Live};
use crate::moment::Moment;
use crate::sources::Sources;
use crate::view::{ChartKey, Range};

const INTERVAL: Duration = Duration::from_millis(10);
const PATIENCE: Duration = Duration::from_secs(20);

/// A program with a history.
struct Stage {
    aggregator: Aggregator,
    sources: Sources,
}

fn stage(metrics: impl IntoIterator<Item = Metric>) -> Stage {
    stage_of(Aggregator::builder().metrics(metrics))
}

fn stage_of(builder: AggregatorBuilder) -> Stage {
    let aggregator = builder.start().unwrap();
    stage_on(aggregator)
}

fn stage_on(aggregator: Aggregator) -> Stage {
    let history = History::builder(&aggregator).interval(INTERVAL).start();
    let sources = Sources::new(&aggregator, Arc::new(history.unwrap()));
    Stage {
        aggregator,
        sources,
    }
}

impl Stage {
    fn definition(&self, at: usize) -> Arc<Definition> {
        self.sources.definitions[at].clone()
    }

    fn newest(&self) -> u64 {
        self.sources.history.newest().number()
    }

    /// Waits until all that was emitted has been sampled, and so many ticks more have passed.
    fn wait(&self, ticks: u64) {
        let history = &self.sources.history;
        // The sample that comes next may have begun already.
        let next = history.wait_for(history.newest(), PATIENCE).number();
        let until = next + 1 + ticks;
        let mut newest = next;
        while newest < until {
            let now = history.wait_for(Tick::new(newest), PATIENCE).number();
            assert!(now > newest, "the history goes on");
            newest = now;
        }
    }

    fn moment(&self) -> Moment<'_> {
        Moment::new(&self.sources)
    }

    fn key(&self, definition: usize) -> ChartKey {
        assert!(self.sources.charts.get(&self.sources, definition).is_some());
        ChartKey {
            definition,
            range: Range(60),
            stat: None,
            by: None,
            find: String::new(),
            is_alone: false,
        }
    }

    fn open(&self, key: &ChartKey) -> Shown {
        Shown::new(super::chart(key, &self.sources))
    }
}

/// A spec with slots of so many ticks over so many.
fn short(mut spec: Spec, slot: u32, range: u32) -> Spec {
    spec.timing.step = INTERVAL * slot;
    spec.timing.range = INTERVAL * range;
    spec
}

/// A section as a browser sees it: what it was sent first, and whatever came since applied to it.
struct Shown {
    live: Box<dyn Live>,
    section: Json,
    wholes: usize,
    deltas: usize,
}

impl Shown {
    fn new(live: Box<dyn Live>) -> Self {
        Self {
            live,
            section: json!({}),
            wholes: 0,
            deltas: 0,
        }
    }

    fn advance(&mut self, stage: &Stage) -> &Json {
        match self.live.advance(&stage.moment()) {
            Advance::Same => {}
            Advance::Delta(delta) => {
                self.deltas += 1;
                apply_to_section(&mut self.section, &delta);
            }
            Advance::Whole => {
                self.wholes += 1;
                self.section = self.live.whole();
            }
        }
        assert!(self.wholes > 0, "it begins with all of it");
        &self.section["cards"][0]
    }

    /// Advances until something is so.
    fn until(&mut self, stage: &Stage, is_so: impl Fn(&Json) -> bool) -> Json {
        let begin = std::time::Instant::now();
        loop {
            let card = self.advance(stage).clone();
            if is_so(&card) {
                return card;
            }
            assert!(begin.elapsed() < PATIENCE, "{card:#}");
            stage.wait(0);
        }
    }
}

/// A chart alone, as a browser sees it.
struct Drawn {
    chart: ChartCard,
    card: Json,
}

impl Drawn {
    fn new(spec: Spec) -> Self {
        Self {
            chart: ChartCard::new(spec),
            card: Json::Null,
        }
    }

    fn advance(&mut self, moment: &Moment<'_>) {
        match self.chart.advance(moment) {
            CardChange::Same => {}
            CardChange::Delta(delta) => apply(&mut self.card, &delta),
            CardChange::Whole => self.card = self.chart.whole(),
        }
    }
}

/// As the contract between the two sides says.
fn apply_to_section(section: &mut Json, delta: &Json) {
    let mut cards: Vec<Json> = section["cards"].as_array().unwrap().clone();
    for (id, change) in delta["cards"].as_object().unwrap() {
        let at = cards.iter().position(|card| card["id"] == json!(id));
        match (change, at) {
            (Json::Null, Some(at)) => drop(cards.remove(at)),
            (Json::Null, None) => panic!("{id} was not there"),
            (change, Some(at)) if change.get("delta").is_some() => {
                apply(&mut cards[at], &change["delta"]);
            }
            (change, Some(at)) => cards[at] = change.clone(),
            (change, None) => cards.push(change.clone()),
        }
    }
    if let Some(order) = delta.get("order") {
        let place = |card: &Json| {
            let order = order.as_array().unwrap();
            order.iter().position(|id| *id == card["id"]).unwrap()
        };
        cards.sort_by_key(place);
    }
    section["cards"] = json!(cards);
}

fn apply(card: &mut Json, delta: &Json) {
    for (key, value) in delta["set"].as_object().into_iter().flatten() {
        card[key] = value.clone();
    }
    let Some(append) = delta.get("append") else {
        return;
    };
    let slots = card["slots"].as_u64().unwrap() as usize;
    let step = card["step"].as_u64().unwrap();
    let mut surplus = 0;
    // A chart without slots says where they would be.
    if card["lines"][0]["values"] == json!([]) {
        card["start"] = append["start"].clone();
    }
    for line in card["lines"].as_array_mut().unwrap() {
        let key = line["key"].as_str().unwrap().to_owned();
        let values = line["values"].as_array_mut().unwrap();
        values.extend(append["lines"][&key].as_array().unwrap().iter().cloned());
        surplus = values.len().saturating_sub(slots);
        values.drain(..surplus);
    }
    if let Some(columns) = append["columns"].as_array() {
        let all = card["heat"]["columns"].as_array_mut().unwrap();
        all.extend(columns.iter().cloned());
        all.drain(..surplus);
    }
    card["start"] = json!(card["start"].as_u64().unwrap() + surplus as u64 * step);
    // What was appended is where the data ended.
    let length = card["lines"][0]["values"].as_array().map_or(0, Vec::len) as u64;
    let count = append["lines"].as_object().unwrap().values().next();
    let count = count.and_then(Json::as_array).map_or(0, Vec::len) as u64;
    let end = card["start"].as_u64().unwrap() + length * step;
    assert_eq!(
        append["start"].as_u64().unwrap() + count.min(length) * step,
        end
    );
}

/// The values of a line.
fn line(card: &Json, key: &str) -> Vec<Option<f64>> {
    let lines = card["lines"].as_array().unwrap();
    let line = lines.iter().find(|line| line["key"] == json!(key));
    let line = line.unwrap_or_else(|| panic!("no {key} in {lines:?}"));
    let values = line["values"].as_array().unwrap();
    values.iter().map(Json::as_f64).collect()
}

/// The newest value of a line. Under load, a sample may be late, and its slot without any.
fn newest(card: &Json, key: &str) -> Option<f64> {
    line(card, key).into_iter().flatten().next_back()
}

fn labels(card: &Json) -> Vec<String> {
    let lines = card["lines"].as_array().unwrap().iter();
    lines
        .map(|line| line["label"].as_str().unwrap().to_owned())
        .collect()
}

/// The number of a figure.
fn figure(card: &Json, label: &str) -> Option<f64> {
    let figures = card["figures"].as_array().unwrap();
    let figure = figures
        .iter()
        .find(|figure| figure["label"] == json!(label));
    let value = &figure.unwrap_or_else(|| panic!("no {label} in {figures:?}"))["value"];
    value.as_f64().or_else(|| value["n"].as_f64())
}
